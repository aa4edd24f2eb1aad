from __future__ import annotations

import csv
import json
from itertools import count
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from edge.errors import CheckpointError, TrainingError, UsageError
from edge.version import VERSION
from tests.full_disk import files_up_to
from tests.train.training.grey import GREY, PICTURES, Grey, Interrupting, learnt, lesson, options, same
from train.training.loop import Course, learn
from train.training.state import KEY, NAME, clear, way_out
from train.training.work import Work


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_a_training_that_goes_on_after_ctrl_c_ends_as_one_without_a_pause(optimizer: str, tmp_path: Path) -> None:
    """In the middle of the fourth epoch of six: three steps each."""
    whole, paused, resumed = Grey(), Interrupting(11), Grey()
    history = learnt(whole, optimizer=optimizer, patience=4).epochs
    first = learnt(paused, Work(folder=tmp_path), optimizer=optimizer, patience=4)
    assert first.interrupted
    assert len(first.epochs) == 3
    second = learnt(resumed, Work(folder=tmp_path, resume=True), optimizer=optimizer, patience=4)
    assert not second.interrupted
    assert [line.loss for line in second.epochs] == [line.loss for line in history]
    assert same(resumed, whole)
    with (tmp_path / "training.csv").open() as file:
        assert [int(line["epoch"]) for line in csv.DictReader(file)] == [1, 2, 3, 4, 5, 6]


def test_a_training_that_is_done_stays_until_its_model_is_saved(tmp_path: Path) -> None:
    """What comes after it, such as scores for a threshold, may fail: only that is done again."""
    network, again = Grey(), Grey()
    learnt(network, Work(folder=tmp_path), patience=2)
    lines = learnt(again, Work(folder=tmp_path, resume=True), patience=2)
    assert (lines.interrupted, same(network, again)) == (False, True)
    clear(tmp_path)
    assert not (tmp_path / NAME).exists()


def test_a_training_that_was_interrupted_is_not_written_over(tmp_path: Path) -> None:
    learnt(Interrupting(8), Work(folder=tmp_path))
    before = (tmp_path / NAME).read_bytes()
    with pytest.raises(
        UsageError, match="a training that was interrupted; give its own command --resume to go on with it"
    ):
        learnt(Grey(), Work(folder=tmp_path))
    assert (tmp_path / NAME).read_bytes() == before


@pytest.mark.parametrize("first", [20, 0])
def test_going_on_with_another_patience_is_refused(first: int, tmp_path: Path) -> None:
    learnt(Interrupting(8), Work(folder=tmp_path), patience=first)
    with pytest.raises(
        CheckpointError, match=f"another one: --option patience was {first}, not {20 - first}; give "
    ):
        learnt(Grey(), Work(folder=tmp_path, resume=True), patience=20 - first)


def test_only_a_training_of_constant_learning_rate_goes_on_for_more_epochs(tmp_path: Path) -> None:
    whole, longer = Grey(), Grey()
    learnt(whole, schedule="constant", epochs=8)
    learnt(Interrupting(8), Work(folder=tmp_path), schedule="constant")
    with pytest.raises(CheckpointError, match=r"one of 6 epochs, .* only be raised, .*; give --option epochs=6,"):
        learnt(Grey(), Work(folder=tmp_path, resume=True), schedule="constant", epochs=5)
    learnt(longer, Work(folder=tmp_path, resume=True), schedule="constant", epochs=8)
    assert same(whole, longer)
    clear(tmp_path)
    learnt(Interrupting(8), Work(folder=tmp_path))
    with pytest.raises(CheckpointError, match="only with a constant learning rate"):
        learnt(Grey(), Work(folder=tmp_path, resume=True), epochs=8)


def test_a_training_that_fails_after_its_state_was_kept_says_how_to_begin_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the smaller rate or batch of the hint it is another training, and the state is in its way."""
    monkeypatch.setattr("train.training.loop.KEEP_EVERY_S", -1.0)
    steps = count(1)

    def soon_broken(network: nn.Module, pictures: Tensor, rng: np.random.Generator) -> Tensor:
        return lesson(network, pictures, rng) * (float("nan") if next(steps) > 9 else 1)

    given = Course(Grey(), soon_broken, PICTURES, options(), 3, GREY)
    hint = f"learning-rate=...; that begins anew, so give another --output too, or remove {tmp_path / NAME}$"
    with pytest.raises(TrainingError, match=hint), way_out(tmp_path):
        learn(given, Work(folder=tmp_path))
    (tmp_path / NAME).unlink()
    with pytest.raises(TrainingError, match=r"learning-rate=\.\.\.$"), way_out(tmp_path):
        learn(given, Work(folder=tmp_path))


def test_a_state_of_another_task_is_refused_and_what_differs_is_named(tmp_path: Path) -> None:
    going_on = Work(folder=tmp_path, resume=True)
    with pytest.raises(CheckpointError, match="no interrupted training in .*; leave out --resume"):
        learnt(Grey(), going_on)
    learnt(Interrupting(8), Work(folder=tmp_path))
    with pytest.raises(
        CheckpointError, match=f"in {tmp_path} is another one: --model was grey, not other; give what"
    ):
        learnt(Grey(), going_on, task="other")
    with pytest.raises(
        CheckpointError, match=r"another one: --option learning_rate was 0\.02, not 0\.01, --option held"
    ):
        learnt(Grey(), going_on, learning_rate=0.01, held_out=0.2)
    with pytest.raises(CheckpointError, match="another one: the good pictures were others; give what it had"):
        learn(Course(Grey(), lesson, PICTURES[1:], options(), 3, GREY), going_on)


def test_a_state_that_is_damaged_or_of_another_version_is_refused(tmp_path: Path) -> None:
    learnt(Interrupting(8), Work(folder=tmp_path))
    whole = (tmp_path / NAME).read_bytes()
    (tmp_path / NAME).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CheckpointError, match="cannot go on from .*; remove it and leave out"):
        learnt(Grey(), Work(folder=tmp_path, resume=True))
    digest_alone = {"task": "0" * 64, "planned": 6, "epochs": [], "best": 0}
    save_file({"network.weight": torch.zeros(1)}, tmp_path / NAME, metadata={KEY: json.dumps(digest_alone)})
    with pytest.raises(
        CheckpointError, match="cannot go on from .*: another version of edge-ad wrote it; go on with"
    ):
        learnt(Grey(), Work(folder=tmp_path, resume=True))


def test_other_versions_go_on_with_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("train.training.state.VERSION", "0.0.9")
    learnt(Interrupting(8), Work(folder=tmp_path))
    monkeypatch.undo()
    capsys.readouterr()
    assert not learnt(Grey(), Work(folder=tmp_path, resume=True)).interrupted
    assert f"warning: edge-ad was 0.0.9 and is {VERSION}: the weights may not be those" in capsys.readouterr().err


def test_another_device_and_precision_go_on_with_a_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    learnt(Interrupting(8), Work(folder=tmp_path))
    with safe_open(tmp_path / NAME, framework="pt") as file:
        record = json.loads(file.metadata()[KEY])
    here = record["versions"]["precision"]
    assert (record["versions"]["device"], here in ("float32", "mixed with bfloat16")) == ("cpu", True)
    record["versions"] |= {"device": "cuda", "precision": "of another computer"}
    save_file(load_file(tmp_path / NAME), tmp_path / NAME, metadata={KEY: json.dumps(record)})
    capsys.readouterr()
    assert not learnt(Grey(), Work(folder=tmp_path, resume=True)).interrupted
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("warning: ")]
    assert [line.split(":")[1].strip() for line in said] == [
        "device was cuda and is cpu",
        f"precision was of another computer and is {here}",
    ]


def test_a_disk_that_refuses_stops_no_training_and_leaves_no_part_of_a_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("train.training.loop.KEEP_EVERY_S", -1.0)
    (tmp_path / f"{NAME}.partial").write_bytes(b"of a training that was killed")
    whole, refused = Grey(), Grey()
    learnt(whole)
    with files_up_to(100):
        went = learnt(refused, Work(folder=tmp_path))
    assert (len(went.epochs), went.interrupted, same(whole, refused)) == (6, False, True)
    assert list(tmp_path.iterdir()) == []
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("warning: cannot write ")]
    assert [Path(line.split(": ")[1].removeprefix("cannot write ")).name for line in said] == [
        "training.csv",
        "training.safetensors",
        "training.svg",
    ]


def test_a_state_that_cannot_be_written_again_leaves_the_one_before(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, resumed = Grey(), Grey()
    learnt(whole)
    learnt(Interrupting(8), Work(folder=tmp_path))
    before = (tmp_path / NAME).read_bytes()
    with files_up_to(1000):
        assert len(learnt(Interrupting(8), Work(folder=tmp_path, resume=True)).epochs) == 4
    assert "--resume cannot have what is learnt from here on" in capsys.readouterr().err
    assert (tmp_path / NAME).read_bytes() == before
    learnt(resumed, Work(folder=tmp_path, resume=True))
    assert same(whole, resumed)
