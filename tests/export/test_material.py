from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.errors import PictureError, UsageError
from edge.pictures import short_digest
from export.material import gather
from tests.conftest import plate, plates_in
from tests.damaged import damaged_aside
from train.checkpoint import Header, load_checkpoint
from train.data.find import find_dataset
from train.data.split import split_for_calibration
from train.fit import train
from train.models.setup import Setup


@pytest.fixture
def header(tiny_checkpoint: Path) -> Header:
    return load_checkpoint(tiny_checkpoint)[1]


@pytest.fixture
def others(tmp_path: Path) -> Path:
    return plates_in(tmp_path / "others", 10, seed=77)


def test_the_pictures_of_the_training_are_found_where_they_were(header: Header, tiny_dataset: Path) -> None:
    material = gather(header, None, None, refit=False)
    assert {short_digest(path) for path, _ in material.fit} == set(header.training.fitted)
    assert material.training == header.training
    assert {path for path, _ in material.fit}.isdisjoint(path for path, _ in material.calibration)
    assert all(pixels.shape == (96, 96, 3) for _, pixels in (*material.fit, *material.calibration))
    assert (len(material.fit), len(material.calibration), material.labels) == (19, 5, {})


def test_a_data_set_brings_its_labels(header: Header, tiny_dataset: Path) -> None:
    for data, test in (
        (tiny_dataset, None),
        (None, tiny_dataset),
        (tiny_dataset / "train" / "good", tiny_dataset),
    ):
        material = gather(header, data, test, refit=False)
        assert sorted(material.labels.values()) == [0] * 6 + [1] * 12
        assert [path for path, _ in material.labelled] == list(material.labels)


def test_renamed_and_moved_pictures_are_the_same_pictures(
    header: Header, tiny_dataset: Path, tmp_path: Path
) -> None:
    moved = tmp_path / "moved"
    moved.mkdir()
    for number, path in enumerate(sorted((tiny_dataset / "train" / "good").iterdir(), reverse=True)):
        shutil.copy(path, moved / f"part-{number:02}.png")
    material = gather(header, moved, None, refit=False)
    assert {short_digest(path) for path, _ in material.fit} == set(header.training.fitted)


def test_other_pictures_are_refused_unless_a_refit_is_wanted(header: Header, others: Path) -> None:
    with pytest.raises(
        UsageError, match=f"{others} does not hold the good pictures this model was trained on; .*--refit"
    ):
        gather(header, others, None, refit=False)
    material = gather(header, others, None, refit=True, folds=0)
    assert material.training.listing_sha256 != header.training.listing_sha256
    assert set(material.training.fitted) == {short_digest(path) for path, _ in material.fit}
    assert material.training.pictures == len(material.fit) == 8


def test_a_model_that_is_its_network_is_told_to_be_trained_again_not_refitted(
    header: Header, others: Path
) -> None:
    trained = header.model_copy(update={"setup": header.setup.model_copy(update={"model": "cae"})})
    with pytest.raises(UsageError, match="not hold the good pictures") as refused:
        gather(trained, others, None, refit=False)
    hint = refused.value.hint or ""
    assert "train on these: a cae model is its network" in hint and "--refit" not in hint


def test_one_picture_more_is_another_set(header: Header, tiny_dataset: Path, tmp_path: Path) -> None:
    more = tmp_path / "more"
    shutil.copytree(tiny_dataset / "train" / "good", more)
    cv2.imwrite(str(more / "new.png"), plate(np.random.default_rng(1)))
    with pytest.raises(UsageError, match="--refit"):
        gather(header, more, None, refit=False)


def test_layouts_that_held_pictures_out_of_the_training_are_recognized(
    header: Header, tiny_dataset: Path, tmp_path: Path
) -> None:
    """A class folder holds the training pictures and those held out for testing; export reads the same folder."""
    shutil.copytree(tiny_dataset / "train" / "good", tmp_path / "parts" / "plate")
    shutil.copytree(tiny_dataset / "test" / "blob", tmp_path / "parts" / "stained")
    trained = find_dataset(tmp_path / "parts", normal_class="plate")
    split = split_for_calibration(trained.train, seed=0)
    training = header.training.model_copy(update={"listing_sha256": split.listing_sha256})
    classes = header.model_copy(update={"training": training, "data": str(tmp_path / "parts" / "plate")})
    material = gather(classes, None, None, refit=False)
    assert [path.name for path, _ in material.fit] == [path.name for path in split.fit]
    tested = {short_digest(sample.path) for sample in trained.test if not sample.label}
    assert tested.isdisjoint(material.training.fitted)
    assert tested.isdisjoint(short_digest(path) for path, _ in material.calibration)


def test_too_few_pictures_that_can_be_decoded_are_refused(header: Header, others: Path) -> None:
    for number, path in enumerate(sorted(others.iterdir())[7:]):
        path.write_text(f"damaged {number}")
    for folds in (0, None):
        with pytest.raises(
            PictureError, match=r"3 of 10 pictures cannot be decoded, too few .*: 007\.png, .*least 8"
        ):
            gather(header, others, None, refit=True, folds=folds)


def test_a_threshold_without_pictures_names_those_kept_aside(header: Header, others: Path) -> None:
    damaged_aside(others, ("a.png", "b.png"))
    with pytest.raises(PictureError, match=r"none of the pictures kept aside .*: a\.png, b\.png; remove them"):
        gather(header, others, None, refit=True, folds=0)
    assert len(gather(header, others, None, refit=True).fit) == 10


def test_the_folds_of_a_training_are_made_again_without_what_cannot_be_decoded(
    others: Path, tmp_path: Path
) -> None:
    (others / "000.png").write_text("damaged")
    setup = Setup(model="padim", height=32, width=32, backbone="efficientnet-lite0", seed=0)
    trained = train(find_dataset(others), setup, tmp_path / "run", false_alarm_rate=0.4, device="cpu").header
    material = gather(trained, others, None, refit=False)
    assert sorted(material.folds) == list(range(9))
    assert (material.fold_count, material.training) == (trained.calibration.folds, trained.training)


def test_damaged_pictures_are_left_out_and_named(header: Header, others: Path) -> None:
    broken = split_for_calibration(find_dataset(others).train, seed=0).fit[0]
    broken.write_bytes(broken.read_bytes()[:300])
    material = gather(header, others, None, refit=True)
    assert material.skipped == (broken,)
    assert short_digest(broken) not in material.training.fitted
