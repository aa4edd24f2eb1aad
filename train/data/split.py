"""Splitting good pictures by their content, so that a threshold never rests on a picture that was fitted on.

A picture's place is decided by sha256(seed, sha256 of the file): renaming, reordering or moving the files
changes nothing, and exact copies of a picture always stay together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.errors import PictureError, UsageError
from edge.pictures import digest

FEWEST_GOOD = 8  # below this a fit says nothing and one calibration picture even less
HELD_OUT_SEED = -1  # fixed: training and evaluation must agree on it whatever seed the user gives


@dataclass(frozen=True, slots=True)
class Split:
    """Good pictures in two parts that share no content, each in the order given.

    Attributes:
        fit: pictures that the model is fitted on.
        calibration: pictures that the threshold rests on.
        listing_sha256: sha256 over the sorted digests of both parts, 64 hexadecimal digits.
    """

    fit: tuple[Path, ...]
    calibration: tuple[Path, ...]
    listing_sha256: str


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
    different = len(set(digests))
    if different < FEWEST_GOOD:
        raise PictureError(
            f"{different} different good pictures in {len(paths)} files are too few to train on",
            hint=f"at least {FEWEST_GOOD} are needed, 50 or more are better",
        )
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
