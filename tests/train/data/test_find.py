from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from edge.errors import PictureError, UsageError
from train.data.find import find_dataset
from train.data.folders import read_classes, read_folders, read_good
from train.data.mvtec import read_mvtec

WritePictures = Callable[..., list[Path]]


def test_each_layout_is_recognised(tmp_path: Path, write_pictures: WritePictures) -> None:
    mvtec, classes = tmp_path / "bottle", tmp_path / "land"
    write_pictures(mvtec / "train" / "good", 3)
    write_pictures(mvtec / "test" / "crack", 3)
    write_pictures(classes / "forest", 5)
    write_pictures(classes / "lake", 5)
    forest, lake = classes / "forest", classes / "lake"
    assert find_dataset(mvtec) == read_mvtec(mvtec)
    assert find_dataset(forest) == find_dataset(None, normal=forest) == read_good(forest)
    assert find_dataset(None, normal=forest, abnormal=lake) == read_folders(forest, lake)
    assert find_dataset(classes, normal_class="lake") == read_classes(classes, "lake")


def test_nothing_found_says_what_was_looked_for(tmp_path: Path, write_pictures: WritePictures) -> None:
    with pytest.raises(PictureError, match="neither train/good nor pictures directly inside; put pictures"):
        find_dataset(tmp_path)
    write_pictures(tmp_path / "forest", 2)
    write_pictures(tmp_path / "lake", 2)
    with pytest.raises(PictureError, match=r"--normal-class forest \| lake"):
        find_dataset(tmp_path)
    with pytest.raises(PictureError, match="no such folder"):
        find_dataset(tmp_path / "gone")


@pytest.mark.parametrize(
    "options",
    [
        {"data": None},
        {"data": None, "abnormal": Path("bad")},
        {"data": Path("bottle"), "normal": Path("good")},
        {"data": None, "normal": Path("good"), "normal_class": "forest"},
        {"data": None, "normal_class": "forest"},
    ],
)
def test_options_that_do_not_go_together_are_wrong_usage(options: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        find_dataset(**options)  # type: ignore[arg-type]
