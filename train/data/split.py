"""Splitting good pictures by their content, so that a threshold never rests on a picture that was fitted on.

A picture's place is decided by sha256(seed, sha256 of the file): renaming, reordering or moving the files
changes nothing. Of exact copies the first alone is taken: a copy is no other part, and promises nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from calibration import cross_conformal
from edge.errors import PictureError, UsageError
from edge.pictures import SHORT, digest, passed_over

FEWEST_GOOD = 8  # below this a fit says nothing and one calibration picture even less
HELD_OUT_SEED = -1  # fixed: training and evaluation must agree on it whatever seed the user gives


@dataclass(frozen=True, slots=True)
class Split:
    """Different good pictures in two parts, or all of them for folds; each in the order given.

    Attributes:
        fit: pictures that the model is fitted on.
        calibration: pictures that the threshold rests on; none where that rests on the folds.
        copies: files that are left out, as one before is the same.
        digests: sha256 of each picture of both parts, 64 hexadecimal digits.
        folds: wanted number of folds, at least 2; 0 where some were set aside instead.
        seed: of the folds.
    """

    fit: tuple[Path, ...]
    calibration: tuple[Path, ...]
    copies: tuple[Path, ...]
    digests: Mapping[Path, str]
    folds: int
    seed: int

    @property
    def listing_sha256(self) -> str:
        """Sha256 over the sorted digests of both parts, 64 hexadecimal digits."""
        return _listing(self.digests.values())

    def folds_of(self, paths: Sequence[Path]) -> tuple[int, ...]:
        """The fold of each of those pictures of ``fit`` that could be decoded, 0 to K - 1; empty without folds."""
        keys = [self.digests[path] for path in paths]
        return cross_conformal.assign(keys, folds=self.folds, seed=self.seed) if self.folds else ()

    def listed(self, paths: Iterable[Path]) -> tuple[str, ...]:
        """Those pictures that a model was fitted on, as its card lists them, so that no threshold rests on one."""
        return tuple(sorted(self.digests[path][:SHORT] for path in paths))


def divide(paths: Sequence[Path], *, folds: int | None, seed: int) -> Split:
    """Decides which good pictures the model is fitted on and which the threshold rests on.

    Args:
        paths: good pictures; whether they can be decoded is not checked here.
        folds: 0 sets a fifth aside. From 2 on all are fitted on, and the threshold rests on models of so many
            folds, see ``calibration.cross_conformal``. None takes folds where there are few different pictures.
        seed: another seed gives another division.

    Raises:
        PictureError: a file cannot be read, or fewer than 8 different files are given.
        UsageError: one fold, or fewer than none.
    """
    if folds is not None and (folds < 0 or folds == 1):
        raise UsageError(f"{folds} folds cannot be made", hint="at least 2; 0 sets a fifth of the pictures aside")
    digests = _different(paths)
    if folds is None:
        folds = cross_conformal.FOLDS if len(digests) <= cross_conformal.MOST_PICTURES else 0
    aside = set() if folds else _drawn(digests.values(), 0.2, seed)
    return _split(paths, digests, aside, folds, seed)


def split_for_calibration(paths: Sequence[Path], *, fraction: float = 0.2, seed: int) -> Split:
    """Sets part of the good pictures aside for calibration.

    Args:
        paths: good pictures; whether they can be decoded is not checked here.
        fraction: share of the different pictures to set aside, above 0 and below 1; at least one is taken.
        seed: another seed gives another split.

    Raises:
        PictureError: a file cannot be read, or fewer than 8 different files are given.
        UsageError: the fraction is out of range.
    """
    digests = _different(paths)
    return _split(paths, digests, _drawn(digests.values(), fraction, seed), 0, seed)


def too_few(skipped: Sequence[Path], given: Collection[Path]) -> PictureError:
    """The error where fewer than 8 good pictures are left, as some of the files cannot be decoded."""
    what = f"{len(skipped)} of {len(given)} pictures cannot be decoded, too few are left to train on"
    return PictureError(f"{what}: {_named(skipped)}", hint=_needed(skipped[0].parent))


def none_aside(split: Split) -> PictureError:
    """The error where enough good pictures are left to train on, and the threshold has none to rest on."""
    return PictureError(
        f"none of the pictures kept aside for the threshold can be decoded: {_named(split.calibration)}",
        hint="remove them, and others are kept aside",
    )


def _named(paths: Sequence[Path]) -> str:
    return ", ".join(path.name for path in paths[:3]) + (" ..." if len(paths) > 3 else "")


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
    """Names a set of pictures by content: sha256 over their sorted digests, each once, 64 hexadecimal digits.

    Raises:
        PictureError: a file cannot be read.
    """
    return _listing(_digests(paths))


def _different(paths: Sequence[Path]) -> dict[Path, str]:
    """The first file of each content with its digest, if they are enough."""
    first: dict[str, Path] = {}
    for path in paths:
        first.setdefault(digest(path), path)
    if len(first) < FEWEST_GOOD:
        copies = len(paths) - len(first)
        more = f", and copies of them ({copies}) do not count" if copies else ""
        raise PictureError(f"{len(first)} files are too few to train on{more}", hint=_needed(paths[0].parent))
    return {path: name for name, path in first.items()}


def _needed(folder: Path) -> str:
    return f"at least {FEWEST_GOOD} different pictures are needed, 50 or more are better{passed_over(folder)}"


def _split(paths: Sequence[Path], digests: Mapping[Path, str], aside: Set[str], folds: int, seed: int) -> Split:
    return Split(
        fit=tuple(path for path, name in digests.items() if name not in aside),
        calibration=tuple(path for path, name in digests.items() if name in aside),
        copies=tuple(path for path in paths if path not in digests),
        digests=digests,
        folds=folds,
        seed=seed,
    )


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
    return hashlib.sha256("\n".join(sorted(set(digests))).encode()).hexdigest()
