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


def expected(pictures: int, false_alarm_rate: float) -> float:
    """The share of good parts to come above the quantile for a rate, on average over calibrations with n parts."""
    return 1.0 - _place(pictures, false_alarm_rate) / (pictures + 1)


def _place(pictures: int, false_alarm_rate: float) -> float:
    """Between which ranks the quantile lies, counted from 1."""
    return 1 + (pictures - 1) * (1.0 - false_alarm_rate)


def set_threshold(scores: ArrayLike, false_alarm_rate: float) -> Threshold:
    """The score at the share 1 - ``false_alarm_rate`` of good parts, interpolated.

    The interval is that of both ranks it lies between, the confidence that of the lower one.

    Raises:
        ScoresError: no score, or one that is not finite.
    """
    conformal.check_rate(false_alarm_rate)
    values = checked(scores)
    pictures = len(values)
    place = _place(pictures, false_alarm_rate)
    below, above = math.floor(place), math.ceil(place)
    exceeded = expected(pictures, false_alarm_rate)
    return Threshold(
        value=float(np.quantile(values, 1.0 - false_alarm_rate)),
        method="quantile",
        rate=false_alarm_rate,
        promised=None,
        pictures=pictures,
        confidence=conformal.confidence(pictures, below, false_alarm_rate),
        interval=(conformal.band(pictures, above)[0], conformal.band(pictures, below)[1]),
        warning=f"a plain quantile of {pictures} good parts is exceeded by about {exceeded:.2g} of new ones",
    )
