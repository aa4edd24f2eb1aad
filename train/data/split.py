"""Splitting good pictures by their content, so that a threshold never rests on a picture that was fitted on.

A picture's place is decided by sha256(seed, sha256 of the file): renaming, reordering or moving the files
changes nothing, and exact copies of a picture always stay together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from calibration import cross_conformal
from edge.errors import PictureError, UsageError
from edge.pictures import digest

FEWEST_GOOD = 8  # below this a fit says nothing and one calibration picture even less
HELD_OUT_SEED = -1  # fixed: training and evaluation must agree on it whatever seed the user gives


@dataclass(frozen=True, slots=True)
class Split:
    """Good pictures in two parts that share no content, or all of them in folds; each in the order given.

    Attributes:
        fit: pictures that the model is fitted on.
        calibration: pictures that the threshold rests on; none where that rests on the folds.
        listing_sha256: sha256 over the sorted digests of both parts, 64 hexadecimal digits.
        folds: of each picture in ``fit``, 0 to K - 1; empty where some were set aside instead.
    """

    fit: tuple[Path, ...]
    calibration: tuple[Path, ...]
    listing_sha256: str
    folds: tuple[int, ...] = ()

    @property
    def count(self) -> int | None:
        """K; None where there are no folds."""
        return max(self.folds) + 1 if self.folds else None

    @property
    def fold_of(self) -> dict[Path, int]:
        """The fold of each picture."""
        return dict(zip(self.fit, self.folds, strict=True)) if self.folds else {}


def divide(paths: Sequence[Path], *, folds: int | None, seed: int) -> Split:
    """Decides which good pictures the model is fitted on and which the threshold rests on.

    Args:
        paths: good pictures; whether they can be decoded is not checked here.
        folds: 0 sets a fifth aside. From 2 on all are fitted on, and the threshold rests on models of so many
            folds, see ``calibration.cross_conformal``. None takes folds where there are few different pictures.
        seed: another seed gives another division.

    Raises:
        PictureError: a file cannot be read, or fewer than 8 different pictures are given.
        UsageError: one fold, or fewer than none.
    """
    if folds is not None and (folds < 0 or folds == 1):
        raise UsageError(f"{folds} folds cannot be made", hint="at least 2; 0 sets a fifth of the pictures aside")
    digests = _digests(paths)
    different = _enough(digests, paths)
    if folds is None:
        folds = cross_conformal.FOLDS if different <= cross_conformal.MOST_PICTURES else 0
    if folds == 0:
        return split_for_calibration(paths, seed=seed)
    return Split(
        fit=tuple(paths),
        calibration=(),
        listing_sha256=_listing(digests),
        folds=cross_conformal.assign(digests, folds=folds, seed=seed),
    )


def split_for_calibration(paths: Sequence[Path], *, fraction: float = 0.2, seed: int) -> Split:
    """Sets part of the good pictures aside for calibration.

    Args:
        paths: good pictures; whether they can be decoded is not checked here.
        fraction: share of the different pictures to set aside, above 0 and below 1; at least one is taken.
        seed: another seed gives another split.

    Raises:
        PictureError: a file cannot be read, or fewer than 8 different pictures are given.
        UsageError: the fraction is out of range.
    """
    digests = _digests(paths)
    _enough(digests, paths)
    aside = _drawn(digests, fraction, seed)
    chosen = list(zip(paths, digests, strict=True))
    return Split(
        fit=tuple(path for path, name in chosen if name not in aside),
        calibration=tuple(path for path, name in chosen if name in aside),
        listing_sha256=_listing(digests),
    )


def hold_out(paths: Sequence[Path], *, fraction: float = 0.2) -> tuple[list[Path], list[Path]]:
    """Splits good pictures into (train, test) for layouts that do not say which are for testing.

    The seed is fixed, so that a later evaluation holds out the same pictures as the training did.

    Raises:
        PictureError: a file cannot be read, or there are no two different pictures.
    """
    digests = _digests(paths)
    if len(set(digests)) < 2:
        raise PictureError(
            f"one good picture in {paths[0].parent} cannot serve both training and testing",
            hint=f"at least {FEWEST_GOOD} are needed",
        )
    aside = _drawn(digests, fraction, HELD_OUT_SEED)
    chosen = list(zip(paths, digests, strict=True))
    return [p for p, d in chosen if d not in aside], [p for p, d in chosen if d in aside]


def listing_sha256(paths: Sequence[Path]) -> str:
    """Names a set of pictures by content: sha256 over their sorted digests, 64 hexadecimal digits.

    Raises:
        PictureError: a file cannot be read.
    """
    return _listing(_digests(paths))


def _enough(digests: Sequence[str], paths: Sequence[Path]) -> int:
    """How many pictures are different, if they are enough."""
    different = len(set(digests))
    if different < FEWEST_GOOD:
        raise PictureError(
            f"{different} different good pictures in {len(paths)} files are too few to train on",
            hint=f"at least {FEWEST_GOOD} are needed, 50 or more are better",
        )
    return different


def _digests(paths: Sequence[Path]) -> list[str]:
    return [digest(path) for path in paths]


def _drawn(digests: Iterable[str], fraction: float, seed: int) -> set[str]:
    """The digests that rank first; copies count once, so a much copied picture weighs no more than another."""
    if not 0 < fraction < 1:
        raise UsageError(f"a share of {fraction} cannot be set aside", hint="give a number above 0 and below 1")
    ranked = sorted(set(digests), key=lambda name: hashlib.sha256(f"{seed} {name}".encode()).digest())
    count = min(max(1, round(fraction * len(ranked))), len(ranked) - 1)
    return set(ranked[:count])


def _listing(digests: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(sorted(digests)).encode()).hexdigest()
