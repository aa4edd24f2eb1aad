"""What a data set is, whatever its layout on disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

GOOD = "good"


@dataclass(frozen=True, slots=True)
class Box:
    """Where a defect is, in pixels of the picture; all four ends are inside the box."""

    min_row: int
    min_col: int
    max_row: int
    max_col: int


@dataclass(frozen=True, slots=True)
class Sample:
    """One labelled picture for evaluation.

    Attributes:
        path: the picture.
        label: 0 for good, 1 for anomalous.
        defect: "good", or the name of the folder that the defect's pictures lie in.
        mask: picture of the same size, above 127 where the defect is; None where there is none.
        boxes: where the defects are, for data sets that have boxes instead of masks.
    """

    path: Path
    label: int
    defect: str
    mask: Path | None = None
    boxes: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True)
class Dataset:
    """Good pictures to train on and labelled ones to evaluate with; no picture is in both.

    Attributes:
        root: folder that the data set was read from.
        name: the folder's name.
        train: good pictures, for fitting and calibration.
        test: labelled pictures; empty where only good pictures were given.
    """

    root: Path
    name: str
    train: tuple[Path, ...]
    test: tuple[Sample, ...] = ()


def good(paths: list[Path]) -> list[Sample]:
    """Labels pictures as good."""
    return [Sample(path, 0, GOOD) for path in paths]
