from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from torch import nn

from calibration import conformal
from edge.errors import TrainingError, UsageError
from edge.pictures import read_picture, short_digest
from tests.conftest import plates_in
from tests.full_disk import files_up_to
from train.checkpoint import load_checkpoint
from train.data.find import find_dataset
from train.data.split import split_for_calibration
from train.fit import Trained, find_device, train
from train.models.model import Model, prepared
from train.models.registry import KINDS, find_kind
from train.models.setup import Setup


def setup(**changes: object) -> Setup:
    fields = {"model": "padim", "height": 64, "width": 64, "backbone": "efficientnet-lite0", "seed": 0}
    return Setup.model_validate(fields | changes)


def fitted(folder: Path, output: Path, **changes: object) -> Trained:
    return train(find_dataset(folder), setup(**changes), output, false_alarm_rate=0.05, folds=0, device="cpu")


@pytest.fixture
def few(tmp_path: Path) -> Path:
    """Twelve good parts."""
    return plates_in(tmp_path / "good", 12, seed=5)


def test_the_same_seed_gives_the_same_model(tiny_checkpoint: Path, tiny_dataset: Path, tmp_path: Path) -> None:
    first, header = load_checkpoint(tiny_checkpoint)
    options = {"false_alarm_rate": 0.05, "folds": 0, "device": "cpu"}
    again = train(find_dataset(tiny_dataset), header.setup, tmp_path, **options)
    pictures = [read_picture(path) for path in sorted((tiny_dataset / "test").glob("*/*.png"))]
    (ours, theirs) = (
        np.concatenate([batch.scores for batch in model.predict(pictures)]) for model in (first, again.model)
    )
    np.testing.assert_allclose(theirs, ours, rtol=1e-5)
    assert again.header.training == header.training
    assert again.header.calibration.threshold == pytest.approx(header.calibration.threshold, rel=1e-5)


def test_a_threshold_rests_on_pictures_that_were_not_fitted_on(tiny_checkpoint: Path, tiny_dataset: Path) -> None:
    model, header = load_checkpoint(tiny_checkpoint)
    good = find_dataset(tiny_dataset).train
    split = split_for_calibration(good, seed=0)
    aside = {short_digest(path) for path in split.calibration}
    assert set(header.training.fitted) == {short_digest(path) for path in good} - aside
    assert (header.training.pictures, header.calibration.pictures) == (19, 5)
    scored = list(model.predict([read_picture(path) for path in split.calibration]))
    scores = np.concatenate([batch.scores for batch in scored])
    peaks = np.concatenate([batch.maps.max(axis=(1, 2)) for batch in scored])
    calibration = header.calibration
    assert calibration.false_alarm_rate == pytest.approx(1 / 6)  # five pictures cannot promise 5 %
    assert calibration.threshold == pytest.approx(conformal.threshold(scores, 1 / 6), rel=1e-5)
    assert calibration.pixel_threshold == pytest.approx(conformal.threshold(peaks, 1 / 6), rel=1e-5)


def test_another_seed_sets_other_pictures_aside_and_is_written_down(few: Path, tmp_path: Path) -> None:
    first, second = (fitted(few, tmp_path / str(seed), seed=seed) for seed in (0, 1))
    assert set(first.header.training.fitted) != set(second.header.training.fitted)
    assert (first.header.training.seed, second.header.training.seed) == (0, 1)
    assert first.header.calibration.threshold != second.header.calibration.threshold


def test_an_unknown_backbone_is_found_before_any_picture_is_read(few: Path, tmp_path: Path) -> None:
    dataset = find_dataset(few)
    shutil.rmtree(few)
    with pytest.raises(UsageError, match="unknown backbone 'resnet18'"):
        train(dataset, setup(backbone="resnet18"), tmp_path, false_alarm_rate=0.05, augment=2, device="cpu")


def test_patchcore_keeps_its_coreset_and_comes_back(few: Path, tmp_path: Path) -> None:
    trained = fitted(few, tmp_path, model="patchcore", options={"coreset": 64, "neighbours": 3})
    again, _ = load_checkpoint(trained.checkpoint)
    pictures = [read_picture(path) for path in sorted(few.iterdir())]
    expected, found = (
        np.concatenate([batch.scores for batch in model.predict(pictures)]) for model in (trained.model, again)
    )
    assert len(found) == 12
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert trained.model.scorer.arrays()["memory"].shape[0] == 64


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"model": "padin"}, "unknown model 'padin'"),
        ({"options": {"averag": 3}}, "--option averag"),
        ({"backbone": "no-such-net"}, "unknown backbone 'no-such-net'"),
    ],
)
def test_a_setup_that_does_not_exist_is_one_line(
    few: Path, tmp_path: Path, changes: dict[str, object], complaint: str
) -> None:
    with pytest.raises(UsageError, match=complaint):
        fitted(few, tmp_path / "run", **changes)


def test_devices_of_training_are_checked() -> None:
    assert find_device("cpu") == "cpu"
    with pytest.raises(UsageError, match="no training device 'tpu'; this computer has: auto .*cpu"):
        find_device("tpu")


def test_the_seed_chooses_the_coreset_too() -> None:
    rng = np.random.default_rng(7)
    features = [[rng.normal(size=(8, 12, 4, 4)).astype(np.float32)]]
    kind = find_kind("patchcore")
    options = kind.options(coreset=20)
    scorers = [kind.fit(features, (64, 64), options, seed, lambda done: None) for seed in (0, 0, 1)]
    first, again, other = (scorer.arrays()["memory"] + scorer.arrays()["centre"] for scorer in scorers)
    np.testing.assert_array_equal(first, again)
    assert {tuple(row) for row in first} != {tuple(row) for row in other}


def test_few_pictures_are_all_fitted_on_and_the_threshold_rests_on_folds(tmp_path: Path) -> None:
    good = plates_in(tmp_path / "good", 24, seed=6)
    spoilt = read_picture(good / "003.png")
    spoilt[20:100, 30:110] = (40, 230, 240)
    cv2.imwrite(str(good / "003.png"), spoilt)
    trained = train(find_dataset(good), setup(), tmp_path / "run", false_alarm_rate=0.1, device="cpu")
    training, calibration = trained.header.training, trained.header.calibration
    assert set(training.fitted) == {short_digest(path) for path in good.iterdir()}
    assert (training.pictures, calibration.pictures, calibration.folds) == (24, 24, 10)
    assert (calibration.method, calibration.by) == ("cross-conformal", "train")
    assert calibration.promised is not None and calibration.promised > 0.1 == calibration.false_alarm_rate
    assert [path.name for path in trained.suspects] == ["003.png"]
    own = np.concatenate([batch.scores for batch in trained.model.predict([spoilt])])
    assert calibration.quantiles[-1] > 1.5 * own[0]  # by a model that had not seen it
    assert load_checkpoint(trained.checkpoint)[1] == trained.header


def test_copies_are_fitted_and_no_threshold_rests_on_them(few: Path, tmp_path: Path) -> None:
    data = find_dataset(few)
    options = {"false_alarm_rate": 0.05, "folds": 0, "device": "cpu"}
    plain = train(data, setup(), tmp_path / "plain", **options)
    trained = train(data, setup(), tmp_path / "run", augment=2, ranges={"shift": "0.02"}, **options)
    header = load_checkpoint(trained.checkpoint)[1]
    assert (header.jitter.copies, header.jitter.shift, plain.header.jitter) == (2, 0.02, None)
    assert header.training.pictures == plain.header.training.pictures  # copies are no pictures
    aside = [read_picture(path) for path in split_for_calibration(data.train, seed=0).calibration]
    scores = np.concatenate([batch.scores for batch in trained.model.predict(aside)])
    rate = header.calibration.false_alarm_rate
    assert header.calibration.threshold == pytest.approx(conformal.threshold(scores, rate), rel=1e-5)

    def rise(model: Model) -> float:
        """How much a lamp at nine tenths raises the scores."""
        darker = [(pixels * 0.9).astype(np.uint8) for pixels in aside]
        before, after = (np.concatenate([b.scores for b in model.predict(shown)]) for shown in (aside, darker))
        return float(np.median(after / before))

    assert rise(trained.model) < rise(plain.model)


def cae(folder: Path, output: Path, *, resume: bool = False, **changes: object) -> Trained:
    options = {"epochs": 2, "width": 4, **changes}
    asked = setup(model="cae", backbone=None, options=options)
    return train(find_dataset(folder), asked, output, false_alarm_rate=0.05, device="cpu", resume=resume)


def test_a_training_outlives_a_checkpoint_that_cannot_be_written(few: Path, tmp_path: Path) -> None:
    blocked = tmp_path / "run" / "model.safetensors"
    blocked.mkdir(parents=True)
    with pytest.raises(UsageError, match="cannot write .*model.safetensors"):
        cae(few, tmp_path / "run")
    log = (tmp_path / "run" / "training.csv").read_bytes()
    blocked.rmdir()
    trained = cae(few, tmp_path / "run", resume=True)
    assert (tmp_path / "run" / "training.csv").read_bytes() == log  # with its seconds: no epoch was learnt again
    assert load_checkpoint(trained.checkpoint)[1].setup.model == "cae"
    assert not (tmp_path / "run" / "training.safetensors").exists()


def test_a_training_that_would_be_lost_is_found_before_any_picture_is_read(few: Path, tmp_path: Path) -> None:
    (tmp_path / "training.safetensors").touch()
    for path in few.iterdir():
        path.write_text(f"broken {path.name}")
    with pytest.raises(UsageError, match="holds a training that was interrupted"):
        cae(few, tmp_path)


def test_no_model_of_another_kind_takes_the_place_of_an_interrupted_training(few: Path, tmp_path: Path) -> None:
    left = [tmp_path / name for name in ("training.safetensors", "interrupted.safetensors", "training.csv")]
    for path in left:
        path.touch()
    with pytest.raises(
        UsageError, match=r"interrupted; give its own command --resume .* or remove .*/training\.saf"
    ):
        fitted(few, tmp_path)
    assert all(path.exists() for path in left)
    left[0].unlink()
    fitted(few, tmp_path)
    assert [path.exists() for path in left] == [False, True, False]  # the log would seem to be the new model's


def test_a_disk_with_room_for_the_model_alone_loses_no_training(
    few: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with files_up_to(250_000):
        trained = cae(few, tmp_path)
    assert load_checkpoint(trained.checkpoint)[1].setup.model == "cae"
    assert not list(tmp_path.glob("training.safetensors*"))
    assert "warning: cannot write " in capsys.readouterr().err


def test_the_log_says_what_an_evaluation_of_the_trained_model_says(tiny_dataset: Path, tmp_path: Path) -> None:
    """How far good and defective pictures are apart, by the network of the last epoch."""
    learnt = cae(tiny_dataset, tmp_path, patience=0).model
    dataset = find_dataset(tiny_dataset)
    pictures = [read_picture(sample.path) for sample in dataset.test]
    scores = np.concatenate([scored.scores for scored in learnt.predict(pictures)])
    labels = np.array([sample.label for sample in dataset.test])
    assert learnt.learnt is not None
    assert learnt.learnt.epochs[-1].separation == pytest.approx(
        scores[labels == 1].mean() / scores[labels == 0].mean(), rel=1e-3
    )


def test_labelled_pictures_that_cannot_be_decoded_stop_no_training(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    plates_in(tmp_path / "train" / "good", 12, seed=5)
    for name in ("good", "defective"):
        (tmp_path / "test" / name).mkdir(parents=True)
        (tmp_path / "test" / name / "0.png").write_text(f"broken {name}")
    trained = cae(tmp_path, tmp_path / "run")
    assert trained.model.learnt is not None
    assert [line.separation for line in trained.model.learnt.epochs] == [None, None]


def test_a_network_too_large_for_the_memory_is_one_line(
    few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    huge = replace(find_kind("cae"), network=lambda setup, options, pretrained: nn.Linear(1 << 30, 1 << 28))
    monkeypatch.setitem(KINDS, "cae", huge)
    with pytest.raises(TrainingError, match="cpu has too little memory for a model of 64 x 64"):
        cae(few, tmp_path / "run")


def test_an_array_of_pictures_is_learnt_without_another_copy(few: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = prepared([read_picture(path) for path in sorted(few.iterdir())], (64, 64))
    monkeypatch.setattr("train.models.model.prepared", None)
    Model.fit(setup(model="cae", backbone=None, options={"epochs": 1, "width": 4}), pictures)
