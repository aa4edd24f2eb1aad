"""The MVTec layout.

train/good/*                          good pictures to train on
test/good/*, test/<defect>/*          pictures to evaluate with (optional)
ground_truth/<defect>/<stem>_mask.png where the defect is (optional, for each defect as a whole)
boxes.csv                             defect,image,min_row,min_col,max_row,max_col (optional), inclusive pixels
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from edge.errors import PictureError
from edge.pictures import find_pictures, folders_in
from train.data.dataset import GOOD, Box, Dataset, Sample, good

COLUMNS = ("defect", "image", "min_row", "min_col", "max_row", "max_col")

Boxes = dict[tuple[str, str], tuple[Box, ...]]


def read_mvtec(root: Path) -> Dataset:
    """Reads a data set in the MVTec layout; without ``test`` it has training pictures only.

    Raises:
        PictureError: a folder is empty, a mask is missing beside others, or ``boxes.csv`` is wrong.
    """
    train = find_pictures(root / "train" / GOOD)
    boxes = _read_boxes(root / "boxes.csv")
    test: list[Sample] = []
    for folder in folders_in(root / "test") if (root / "test").is_dir() else []:
        pictures = find_pictures(folder)
        test += good(pictures) if folder.name == GOOD else _defective(root, folder.name, pictures, boxes)
    _refuse_unknown(boxes, test, root)
    return Dataset(root, root.resolve().name, tuple(train), tuple(test))


def _defective(root: Path, defect: str, pictures: list[Path], boxes: Boxes) -> list[Sample]:
    masks = root / "ground_truth" / defect
    return [
        Sample(path, 1, defect, _mask_of(path, masks), boxes.get((defect, path.name), ())) for path in pictures
    ]


def _mask_of(picture: Path, masks: Path) -> Path | None:
    """The mask of a picture. A folder of masks must be complete: a gap would quietly flatter a model."""
    if not masks.is_dir():
        return None
    mask = masks / f"{picture.stem}_mask.png"
    if not mask.is_file():
        raise PictureError(
            f"no mask {mask} for {picture}", hint=f"add it, or remove {masks} to evaluate without masks"
        )
    return mask


def _read_boxes(path: Path) -> Boxes:
    if not path.is_file():
        return {}
    found: defaultdict[tuple[str, str], list[Box]] = defaultdict(list)
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file)
            if missing := set(COLUMNS) - set(rows.fieldnames or ()):
                raise PictureError(
                    f"{path} has no column {sorted(missing)[0]}", hint="it needs " + ",".join(COLUMNS)
                )
            for row in rows:
                found[row["defect"], row["image"]].append(_box(row, f"{path} line {rows.line_num}"))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise PictureError(f"cannot read {path}: {error}") from error
    return {key: tuple(boxes) for key, boxes in found.items()}


def _box(row: dict[str, str], where: str) -> Box:
    try:
        box = Box(*(int(row[column]) for column in COLUMNS[2:]))
    except (TypeError, ValueError) as error:
        raise PictureError(
            f"{where}: a box needs four whole numbers", hint="pixels, both ends included"
        ) from error
    if not (0 <= box.min_row <= box.max_row and 0 <= box.min_col <= box.max_col):
        raise PictureError(f"{where}: the box ends before it begins, or is negative", hint="min_ must be <= max_")
    return box


def _refuse_unknown(boxes: Boxes, test: Iterable[Sample], root: Path) -> None:
    known = {(sample.defect, sample.path.name) for sample in test if sample.label}
    for defect, image in sorted(boxes.keys() - known):
        raise PictureError(f"{root / 'boxes.csv'} names test/{defect}/{image}, which is not there")
