from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from edge.errors import PictureError
from train.data.dataset import Box
from train.data.mvtec import read_mvtec

WritePictures = Callable[..., list[Path]]
HEADER = "defect,image,min_row,min_col,max_row,max_col\n"


@pytest.fixture
def root(tmp_path: Path, write_pictures: WritePictures) -> Path:
    root = tmp_path / "bottle"
    write_pictures(root / "train" / "good", 4)
    write_pictures(root / "test" / "good", 2)
    write_pictures(root / "test" / "crack", 3)
    write_pictures(root / "test" / "poke", 1)
    return root


def _write_masks(root: Path, defect: str, count: int, write_pictures: WritePictures) -> None:
    for path in write_pictures(root / "ground_truth" / defect, count):
        path.rename(path.with_stem(f"{path.stem}_mask"))


def test_roles_labels_and_masks(root: Path, write_pictures: WritePictures) -> None:
    _write_masks(root, "crack", 3, write_pictures)
    dataset = read_mvtec(root)
    assert dataset.name == "bottle"
    assert dataset.train == tuple(root / "train" / "good" / f"{n:03}.png" for n in range(4))
    assert [(s.defect, s.label) for s in dataset.test] == [("crack", 1)] * 3 + [("good", 0)] * 2 + [("poke", 1)]
    assert [s.mask and s.mask.name for s in dataset.test][:4] == [
        "000_mask.png",
        "001_mask.png",
        "002_mask.png",
        None,
    ]


def test_training_pictures_alone_are_a_data_set(tmp_path: Path, write_pictures: WritePictures) -> None:
    write_pictures(tmp_path / "train" / "good", 2)
    dataset = read_mvtec(tmp_path)
    assert (len(dataset.train), dataset.test) == (2, ())


def test_boxes_reach_their_picture(root: Path) -> None:
    rows = "crack,001.png,1,2,3,4\npoke,000.png,0,0,0,0\ncrack,001.png,5,6,7,8\n"
    (root / "boxes.csv").write_text(HEADER + rows)
    boxes = {(s.defect, s.path.name): s.boxes for s in read_mvtec(root).test if s.boxes}
    assert boxes == {
        ("crack", "001.png"): (Box(1, 2, 3, 4), Box(5, 6, 7, 8)),
        ("poke", "000.png"): (Box(0, 0, 0, 0),),
    }


def test_a_gap_among_masks_is_refused(root: Path, write_pictures: WritePictures) -> None:
    _write_masks(root, "crack", 2, write_pictures)
    with pytest.raises(PictureError, match=r"no mask .*002_mask\.png"):
        read_mvtec(root)


def test_a_defect_without_pictures_is_refused(root: Path) -> None:
    (root / "test" / "scratch").mkdir()
    with pytest.raises(PictureError, match=r"no pictures in .*scratch"):
        read_mvtec(root)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("defect,image,min_row,min_col,max_row\n", "no column max_col"),
        ("", "no column defect"),
        (HEADER + "crack,000.png,1,2,x,4\n", "line 2: a box needs four whole numbers"),
        (HEADER + "crack,000.png,1,2,3\n", "line 2: a box needs four whole numbers"),
        (HEADER + "crack,000.png,1,2,3,4\ncrack,000.png,3,2,1,4\n", "line 3: the box ends before it begins"),
        (HEADER + "crack,000.png,-1,2,1,4\n", "line 2: the box ends before it begins, or is negative"),
        (HEADER + "crack,009.png,1,2,3,4\n", "names test/crack/009.png, which is not there"),
        (HEADER + "good,000.png,1,2,3,4\n", "names test/good/000.png, which is not there"),
    ],
)
def test_wrong_boxes_are_refused_with_their_line(root: Path, text: str, message: str) -> None:
    (root / "boxes.csv").write_text(text)
    with pytest.raises(PictureError, match=message):
        read_mvtec(root)


def test_boxes_that_are_not_text_are_refused(root: Path) -> None:
    (root / "boxes.csv").write_bytes(b"\xff\xfe\x00defect")
    with pytest.raises(PictureError, match=r"cannot read .*boxes\.csv"):
        read_mvtec(root)
