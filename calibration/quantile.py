"""The plain quantile of good scores as threshold: what most software does, and why it alarms too often.

Interpolated between ranks of n scores it lies below the conformal threshold, so that new parts exceed it more
often than the rate says; the fewer scores, the more so. It promises nothing.

Source: Hyndman and Fan, "Sample quantiles in statistical packages", 1996, type 7.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from calibration import conformal
from calibration.scores import checked
from calibration.threshold import Threshold


def set_threshold(scores: ArrayLike, false_alarm_rate: float) -> Threshold:
    """The score at the share 1 - ``false_alarm_rate`` of good parts, interpolated.

    The interval is that of both ranks it lies between, the confidence that of the lower one.

    Raises:
        ScoresError: no score, or one that is not finite.
    """
    conformal.check_rate(false_alarm_rate)
    values = checked(scores)
    pictures = len(values)
    place = 1 + (pictures - 1) * (1.0 - false_alarm_rate)  # counted from 1
    below, above = math.floor(place), math.ceil(place)
    expected = 1.0 - place / (pictures + 1)
    return Threshold(
        value=float(np.quantile(values, 1.0 - false_alarm_rate)),
        method="quantile",
        rate=false_alarm_rate,
        promised=None,
        pictures=pictures,
        confidence=conformal.confidence(pictures, below, false_alarm_rate),
        interval=(conformal.band(pictures, above)[0], conformal.band(pictures, below)[1]),
        warning=f"a plain quantile of {pictures} good parts is exceeded by about {expected:.2g} of new ones",
    )
