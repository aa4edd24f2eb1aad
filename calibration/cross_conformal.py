"""Cross-conformal threshold: every good part serves both the fit and the threshold, where good parts are few.

The parts are divided into K folds. A part is scored by a model that was fitted without its fold, and the threshold
is the conformal rank of these out-of-fold scores.

What that promises. If a new part were compared with each score under the model of that score's own fold (CV+), at
most 2 alpha + min{2 (1 - 1/K) / (n/K + 1), (1 - K/n) / (K + 1)} of good parts would be called anomalous, whatever
the distribution: Barber, Candes, Ramdas, Tibshirani, "Predictive inference with the jackknife+", Annals of
Statistics 2021, theorem 4; about alpha is what is met in practice. What runs is one model fitted on all parts. The
bound carries over as long as that model gives a new good part no higher score than the models of the folds do,
which saw fewer parts: then its alarms are among theirs. That is what more good parts do to a model as a rule, and
not a theorem, so the record promises the bound and not alpha.

Further source: Vovk, "Cross-conformal predictors", Annals of Mathematics and Artificial Intelligence 2015.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Sequence

from numpy.typing import ArrayLike

from calibration import conformal
from calibration.scores import ScoresError, checked
from calibration.threshold import Threshold

FOLDS = 10
MOST_PICTURES = 100  # up to here a fifth set aside is too few for the threshold and missed in the fit


def assign(keys: Sequence[Hashable], *, folds: int, seed: int) -> tuple[int, ...]:
    """The fold of each part, 0 to ``folds`` - 1, decided by its key and the seed alone.

    Args:
        keys: one for each part, e.g. the digest of its picture. Parts of one key share a fold, so that copies of a
            picture never judge each other.
        folds: K, at least 2; fewer are used where there are fewer different keys.
        seed: another seed gives another division.

    Raises:
        ScoresError: fewer than two folds, or fewer than two different keys.
    """
    different = sorted(
        {str(key) for key in keys}, key=lambda key: hashlib.sha256(f"{seed} {key}".encode()).digest()
    )
    if folds < 2 or len(different) < 2:
        raise ScoresError(f"{len(different)} different parts in {folds} folds: both must be at least 2")
    fold_of = {key: place % folds for place, key in enumerate(different)}
    return tuple(fold_of[str(key)] for key in keys)


def bound(pictures: int, folds: int, false_alarm_rate: float) -> float:
    """What CV+ proves of the false-alarm rate, see above; 1 at most."""
    each = pictures / folds
    slack = min(2 * (1 - 1 / folds) / (each + 1), (1 - folds / pictures) / (folds + 1))
    return min(1.0, 2 * false_alarm_rate + slack)


def set_threshold(scores: ArrayLike, false_alarm_rate: float, *, folds: int) -> Threshold:
    """The conformal rank of out-of-fold scores.

    Args:
        scores: [n] of good parts, each by a model fitted without the part's fold.
        false_alarm_rate: alpha in (0, 1).
        folds: K that the parts were divided into.

    Raises:
        ScoresError: too few scores for the rate, scores that are not finite, or fewer than two folds.
    """
    if folds < 2:
        raise ScoresError(f"cross-conformal scores come from at least 2 folds, not {folds}")
    value = conformal.threshold(scores, false_alarm_rate)
    pictures = int(checked(scores).size)
    return Threshold(
        value=value,
        method="cross-conformal",
        rate=false_alarm_rate,
        promised=bound(pictures, min(folds, pictures), false_alarm_rate),
        pictures=pictures,
    )
