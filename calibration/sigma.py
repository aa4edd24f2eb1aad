"""Mean and standard deviations of good scores as threshold: right for normal scores, which scores hardly ever are.

The number of standard deviations is that of the rate in a normal distribution, 3 for 0.00135. Scores of anomaly
models are maxima of many distances and lean to the right, so that more good parts lie above than the rate says.

Source: Shewhart, "Economic Control of Quality of Manufactured Product", 1931.
"""

from __future__ import annotations

from statistics import NormalDist

from numpy.typing import ArrayLike

from calibration import conformal
from calibration.scores import ScoresError, checked
from calibration.threshold import Threshold

FEWEST = 2


def set_threshold(scores: ArrayLike, false_alarm_rate: float) -> Threshold:
    """The mean plus as many standard deviations as the rate takes in a normal distribution.

    Raises:
        ScoresError: fewer than two scores, or one that is not finite.
    """
    conformal.check_rate(false_alarm_rate)
    values = checked(scores)
    if len(values) < FEWEST:
        raise ScoresError(f"a standard deviation needs {FEWEST} good parts, there is {len(values)}")
    deviations = NormalDist().inv_cdf(1.0 - false_alarm_rate)
    return Threshold(
        value=float(values.mean() + deviations * values.std(ddof=1)),
        method="sigma",
        rate=false_alarm_rate,
        promised=None,
        pictures=len(values),
        warning="the rate holds for many scores of a normal distribution only",
    )
