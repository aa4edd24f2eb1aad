from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.errors import PictureError, UsageError
from train.data.dataset import Dataset
from train.data.folders import read_classes, read_folders, read_good

WritePictures = Callable[..., list[Path]]


def _counts(dataset: Dataset) -> Counter[tuple[str, int]]:
    return Counter((sample.defect, sample.label) for sample in dataset.test)


def test_a_fifth_of_the_good_pictures_is_held_out_of_training(
    tmp_path: Path, write_pictures: WritePictures
) -> None:
    normal = write_pictures(tmp_path / "ok", 20)
    write_pictures(tmp_path / "nok", 3)
    dataset = read_folders(tmp_path / "ok", tmp_path / "nok")
    assert _counts(dataset) == {("good", 0): 4, ("nok", 1): 3}
    held_out = [sample.path for sample in dataset.test if not sample.label]
    assert sorted([*dataset.train, *held_out]) == normal


def test_folders_inside_the_abnormal_one_are_defects(tmp_path: Path, write_pictures: WritePictures) -> None:
    write_pictures(tmp_path / "ok", 5)
    write_pictures(tmp_path / "nok" / "scratch", 3)
    write_pictures(tmp_path / "nok" / "dent", 2)
    dataset = read_folders(tmp_path / "ok", tmp_path / "nok")
    assert _counts(dataset) == {("good", 0): 1, ("dent", 1): 2, ("scratch", 1): 3}


def test_bad_folders_are_refused(tmp_path: Path, write_pictures: WritePictures) -> None:
    write_pictures(tmp_path / "ok", 5)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="both"):
        read_folders(tmp_path / "ok", tmp_path / "ok")
    with pytest.raises(PictureError, match="no pictures in .*empty"):
        read_folders(tmp_path / "ok", tmp_path / "empty")
    with pytest.raises(PictureError, match="no such folder: .*gone"):
        read_folders(tmp_path / "ok", tmp_path / "gone")
    with pytest.raises(PictureError, match="no such folder: .*gone"):
        read_good(tmp_path / "gone")


def test_all_classes_but_the_normal_one_are_anomalies(tmp_path: Path, write_pictures: WritePictures) -> None:
    for name, count in (("forest", 10), ("lake", 3), ("town", 2)):
        write_pictures(tmp_path / name, count)
    dataset = read_classes(tmp_path, "forest")
    assert _counts(dataset) == {("good", 0): 2, ("lake", 1): 3, ("town", 1): 2}
    assert len(dataset.train) == 8
    assert {path.parent.name for path in dataset.train} == {"forest"}


def test_classes_with_a_test_part_of_their_own_hold_nothing_out(
    tmp_path: Path, write_pictures: WritePictures
) -> None:
    for part, count in (("train", 6), ("test", 2)):
        for name in ("forest", "lake"):
            write_pictures(tmp_path / part / name, count)
    dataset = read_classes(tmp_path, "lake")
    assert dataset.train == tuple(sorted((tmp_path / "train" / "lake").iterdir()))
    assert _counts(dataset) == {("good", 0): 2, ("forest", 1): 2}
    assert all("test" in sample.path.parts for sample in dataset.test)


def test_wrong_classes_are_refused(tmp_path: Path, write_pictures: WritePictures) -> None:
    write_pictures(tmp_path / "forest", 5)
    with pytest.raises(PictureError, match="no class besides 'forest'"):
        read_classes(tmp_path, "forest")
    write_pictures(tmp_path / "lake", 5)
    with pytest.raises(UsageError, match=r"no class 'wood'.*forest, lake"):
        read_classes(tmp_path, "wood")
    with pytest.raises(PictureError, match="no such folder"):
        read_classes(tmp_path / "gone", "forest")
