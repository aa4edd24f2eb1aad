"""Which of the pictures given count: what is damaged, a copy or in a subfolder is left out and named."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.errors import PictureError
from edge.pictures import read_picture, short_digest
from tests.conftest import plates_in
from tests.damaged import damaged_aside
from tests.train.test_fit import cae, fitted, setup
from train.checkpoint import load_checkpoint
from train.data.find import find_dataset
from train.data.split import split_for_calibration
from train.fit import train


@pytest.fixture
def few(tmp_path: Path) -> Path:
    """Twelve good parts."""
    return plates_in(tmp_path / "good", 12, seed=5)


def test_damaged_pictures_are_skipped_and_named_and_odd_formats_are_taken(few: Path, tmp_path: Path) -> None:
    names = sorted(path.name for path in few.iterdir())
    split = split_for_calibration(find_dataset(few).train, seed=0)
    deep, grey, clear, cut = (few / split.fit[number].name for number in range(4))
    cv2.imwrite(str(deep), read_picture(deep).astype(np.uint16) * 257)
    cv2.imwrite(str(grey), cv2.cvtColor(read_picture(grey), cv2.COLOR_BGR2GRAY))
    cv2.imwrite(str(clear), cv2.cvtColor(read_picture(clear), cv2.COLOR_BGR2BGRA))
    cut.write_bytes(cut.read_bytes()[:500])
    trained = fitted(few, tmp_path / "run")
    assert trained.skipped == (cut,)
    counted = trained.header.training.pictures + trained.header.calibration.pictures
    assert counted == len(names) - 1
    assert short_digest(cut) not in trained.header.training.fitted
    assert len(trained.header.training.fitted) == trained.header.training.pictures
    assert load_checkpoint(trained.checkpoint)[1] == trained.header


def test_fewer_than_8_different_pictures_are_refused(few: Path, tmp_path: Path) -> None:
    for path in sorted(few.iterdir())[7:]:
        path.unlink()
    for number, path in enumerate(sorted(few.iterdir())):
        shutil.copy(path, few / f"copy-{number}.png")
    with pytest.raises(PictureError, match="7 files are too few to train on, and copies"):
        fitted(few, tmp_path / "run")


def test_pictures_that_are_nearly_all_damaged_are_refused(few: Path, tmp_path: Path) -> None:
    for number, path in enumerate(sorted(few.iterdir())[:9]):
        path.write_text(f"damaged {number}")
    with pytest.raises(PictureError, match=r"9 of 12 pictures cannot be decoded, too .*: 000.png, .* \.\.\.; at"):
        fitted(few, tmp_path / "run")
    assert not (tmp_path / "run" / "model.safetensors").exists()


@pytest.mark.parametrize("folds", [None, 0])
def test_files_that_cannot_be_decoded_do_not_make_up_the_8_pictures(
    few: Path, tmp_path: Path, folds: int | None
) -> None:
    for number, path in enumerate(sorted(few.iterdir())[7:]):
        path.write_text(f"damaged {number}")
    with pytest.raises(PictureError, match="5 of 12 pictures cannot be decoded, too few .*; at least 8"):
        train(find_dataset(few), setup(), tmp_path, false_alarm_rate=0.05, folds=folds, augment=2, device="cpu")


def test_too_few_pictures_beside_folders_of_them_are_said(few: Path, tmp_path: Path) -> None:
    (few / "more").mkdir()
    for path in sorted(few.iterdir())[7:12]:
        path.rename(few / "more" / path.name)
    with pytest.raises(
        PictureError, match=rf"7 files are too few .*; subfolders of {few} \(1\) are not looked into"
    ):
        fitted(few, tmp_path / "run")


def test_too_few_pictures_are_found_before_a_network_is_trained(few: Path, tmp_path: Path) -> None:
    for number, path in enumerate(sorted(few.iterdir())[7:]):
        path.write_text(f"damaged {number}")
    with pytest.raises(PictureError, match="5 of 12 pictures cannot be decoded"):
        cae(few, tmp_path / "run")
    assert not (tmp_path / "run" / "training.csv").exists()


def test_a_threshold_without_pictures_is_found_before_a_network_is_trained(tmp_path: Path) -> None:
    """The way out that is named works."""
    good = plates_in(tmp_path / "good", 10, seed=5)
    damaged_aside(good, ("a.png", "b.png"))
    with pytest.raises(
        PictureError, match="none of the pictures kept aside .* decoded: a.png, b.png; remove them, and others"
    ):
        cae(good, tmp_path / "run")
    assert not list(tmp_path.glob("run/*"))
    for name in ("a.png", "b.png"):
        (good / name).unlink()
    assert cae(good, tmp_path / "run").header.training.pictures == 8


def test_eight_pictures_that_can_be_decoded_are_enough_and_are_the_folds(few: Path, tmp_path: Path) -> None:
    broken = sorted(few.iterdir())[:4]
    for path in broken:
        path.write_text(f"damaged {path.name}")
    for folds in (None, 0):
        trained = train(find_dataset(few), setup(), tmp_path, false_alarm_rate=0.4, folds=folds, device="cpu")
        assert sorted(trained.skipped) == broken
        assert trained.header.calibration.folds == (8 if folds is None else None)


def test_copies_of_pictures_promise_nothing(few: Path, tmp_path: Path) -> None:
    plain = train(find_dataset(few), setup(), tmp_path, false_alarm_rate=0.1, device="cpu")
    copies = tuple(few / f"copy-{path.name}" for path in sorted(few.iterdir()))
    for path, copy in zip(sorted(few.iterdir()), copies, strict=True):
        shutil.copy(path, copy)
    (few / "more").mkdir()
    trained = train(find_dataset(few), setup(), tmp_path, false_alarm_rate=0.1, device="cpu")
    assert (trained.copies, trained.folders) == (copies, (few / "more",))
    assert trained.header.training == plain.header.training
    assert trained.header.calibration.promised == plain.header.calibration.promised
    assert trained.header.calibration.threshold == pytest.approx(plain.header.calibration.threshold)
