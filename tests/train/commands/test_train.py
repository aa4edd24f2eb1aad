from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from edge.cli import app
from edge.errors import CheckpointError, UsageError
from edge.pictures import read_picture
from tests.conftest import plates_in
from tests.full_disk import files_up_to
from train.checkpoint import load_checkpoint
from train.commands.train import train


def pressed_after(most: int) -> Callable[[], AbstractContextManager[Callable[[], bool]]]:
    """In place of ``stoppable``: Ctrl-C after so many steps."""

    @contextmanager
    def pressed() -> Iterator[Callable[[], bool]]:
        steps = count(1)
        yield lambda: next(steps) > most

    return pressed


def test_an_output_that_cannot_be_written_is_found_before_the_work(tiny_dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UsageError, match="cannot write to .*file/runs"):
        train(tmp_path / "file" / "runs", data=tiny_dataset, device="no device: nothing is fitted for this")


def test_a_kind_is_fitted_with_the_copies_that_are_best_for_it_unless_another_number_is_given(
    tmp_path: Path,
) -> None:
    good = plates_in(tmp_path / "good", 8, seed=6)
    options = {"data": good, "image_size": "32", "device": "cpu", "folds": 0}
    train(tmp_path / "run", **options, jitter=["brightness=0.2"])
    assert (found := load_checkpoint(tmp_path / "run" / "model.safetensors")[1].jitter) is not None
    assert (found.copies, found.brightness) == (2, 0.2)
    train(tmp_path / "none", **options, augment=0)
    assert load_checkpoint(tmp_path / "none" / "model.safetensors")[1].jitter is None
    with pytest.raises(UsageError, match="--jitter 'brightness' has no value; for example: --jitter shift=0.02"):
        train(tmp_path / "none", **options, jitter=["brightness"])


def test_the_words_say_what_few_pictures_promise_and_name_suspects(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = plates_in(tmp_path / "good", 24, seed=6)
    spoilt = read_picture(good / "003.png")
    spoilt[20:100, 30:110] = (40, 230, 240)
    cv2.imwrite(str(good / "003.png"), spoilt)
    train(tmp_path / "run", data=good, image_size="64", device="cpu")
    words = capsys.readouterr().out
    assert "padim for good, fitted on 24 pictures\n" in words
    assert " from 24 pictures in 10 folds: about 5 % false alarms (" in words
    assert f"warning: look at these, they may show defects: {good / '003.png'}\n" in words


@pytest.mark.parametrize("as_json", [False, True])
def test_what_is_left_out_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str], as_json: bool) -> None:
    good = plates_in(tmp_path / "good", 8, seed=6)
    (good / "8.png").write_bytes((good / "000.png").read_bytes())
    (good / "9.png").symlink_to(good / "000.png")
    (good / "x.png").write_text("damaged")
    (good / "more").mkdir()
    train(tmp_path / "run", data=good, image_size="32", augment=0, device="cpu", as_json=as_json)
    words = capsys.readouterr().out
    if as_json:
        told = json.loads(words)
        assert told["skipped"] == [str(good / "x.png")]
        assert (told["copies"], told["folders"]) == (
            [str(good / "8.png"), str(good / "9.png")],
            [str(good / "more")],
        )
    else:
        assert "fitted on 8 pictures\n" in words
        assert "left out 2 copies of other pictures: a copy is no other part\n" in words
        assert f"subfolders of {good} (1) are not looked into\n" in words


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"model": "padim", "resume": True}, "padim is fitted in one go; leave out --resume"),
        ({"model": "cae", "jitter": ["shift=0.02"]}, "--jitter is of copies, and none are fitted; give --augment"),
        ({"model": "cae", "backbone": "efficientnet-lite0"}, "cae has no backbone; leave out --backbone"),
        ({"model": "cae", "folds": 3}, "cae would be trained for each fold; leave out --folds"),
        ({"model": "cae", "image_size": "60"}, "multiples of 16, not 60x60; give --image-size 64x64"),
        (
            {"model": "cae", "texture_dir": Path("dtd")},
            "cae takes no --texture-dir: only sdc-ccm learns by t.*; leave",
        ),
        (
            {"model": "cae", "option": ["texture-dir=dtd"]},
            "--option texture_dir: cae has no such option; cae has: e",
        ),
        ({"model": "vae", "option": ["batch=1"]}, "--option batch: must be at least 4, not 1"),
        ({"model": "cae", "option": ["epochs=0"]}, "--option epochs: must be at least 1, not 0"),
        ({"model": "inception-cae", "option": ["width=18"]}, "--option width: must be a multiple of 4, not 18"),
    ],
)
def test_what_a_model_cannot_do_is_one_line(
    given: dict[str, object], complaint: str, tiny_dataset: Path, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=complaint):
        train(tmp_path / "run", data=tiny_dataset, device="cpu", **{"image_size": "64", **given})  # type: ignore[arg-type]


NETWORK = ["epochs=1", "width=4", "top-share=1", "standardized=false", "smoothing-px=0"]


@pytest.mark.parametrize(("model", "option"), [("cae", NETWORK), ("shallow", [])])
def test_a_heap_of_defective_parts_among_the_good_is_seen_in_what_was_fitted(
    model: str, option: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of 60 pictures 12 are scored unseen: too few to tell two groups."""
    good = plates_in(tmp_path / "good", 60, seed=6)
    places = np.random.default_rng(6).integers(10, 80, (18, 2))
    for path, (row, column) in zip(sorted(good.iterdir()), places, strict=False):
        spoilt = read_picture(path)
        spoilt[row : row + 40, column : column + 40] = (40, 230, 240)
        cv2.imwrite(str(path), spoilt)
    train(
        tmp_path / "run", data=good, model=model, image_size="64", option=option, folds=0, augment=0, device="cpu"
    )
    assert "warning: scores fall into two groups" in capsys.readouterr().out


def test_ctrl_c_leaves_a_checkpoint_that_is_used_and_a_training_that_ends_as_one_without_a_pause(
    tiny_dataset: Path, tmp_path: Path
) -> None:
    """A real process, interrupted once the log has its second epoch."""
    paused, whole = tmp_path / "paused", tmp_path / "whole"
    options = ["width=4", "patience=0", "epochs=30"]
    given = {"data": tiny_dataset, "model": "cae", "image_size": "64", "option": options, "device": "cpu"}
    command = [sys.executable, "-c", "from edge.cli import main; main()", "train", "--data", str(tiny_dataset)]
    command += ["--model", "cae", "--output", str(paused), "--image-size", "64", "--device", "cpu", "--json"]
    log, checkpoint = paused / "training.csv", paused / "interrupted.safetensors"
    earlier = paused / "model.safetensors"
    paused.mkdir()
    earlier.write_bytes(b"of an earlier training")
    running = subprocess.Popen(
        [*command, *(word for option in options for word in ("--option", option))],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 120
    while not (log.is_file() and len(log.read_text().splitlines()) > 2) and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(running.pid, signal.SIGINT)
    words, errors = running.communicate(timeout=60)
    assert running.returncode == 130 and "error" not in errors, errors
    assert json.loads(words)["interrupted"] is True
    assert 3 <= len(log.read_text().splitlines()) < 31
    assert load_checkpoint(checkpoint)[1].setup.model == "cae"
    assert earlier.read_bytes() == b"of an earlier training"
    with pytest.raises(UsageError, match="that was interrupted; give its own command --resume to go on with it"):
        train(paused, **given)  # type: ignore[arg-type]
    train(paused, resume=True, **given)  # type: ignore[arg-type]
    train(whole, **given)  # type: ignore[arg-type]
    assert len(log.read_text().splitlines()) == 31
    ours, theirs = (load_checkpoint(folder / "model.safetensors")[0].tensors() for folder in (paused, whole))
    assert all(torch.equal(value, theirs[name]) for name, value in ours.items())
    assert not checkpoint.exists()
    assert not (paused / "training.safetensors").exists()


def interrupted(data: Path, output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A training that meets Ctrl-C in its first epochs."""
    monkeypatch.setattr("train.training.loop.stoppable", pressed_after(3))
    options = ["width=4", "epochs=9", "batch=8"]
    train(output, data=data, model="cae", image_size="64", option=options, device="cpu")


def test_an_interruption_is_said_and_is_the_exit_code(
    tiny_dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        interrupted(tiny_dataset, tmp_path / "run", monkeypatch)
    assert ended.value.code == 130
    words = "interrupted: this is what was learnt so far; the same command with --resume goes on"
    assert words in capsys.readouterr().out


def test_an_interruption_on_a_full_disk_does_not_promise_to_go_on(
    tiny_dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The state is several times the model, and has no room."""
    with files_up_to(250_000), pytest.raises(SystemExit):
        interrupted(tiny_dataset, tmp_path / "run", monkeypatch)
    said = capsys.readouterr()
    assert "interrupted: this is what was learnt so far; it cannot be resumed" in said.out
    assert "warning: cannot write " in said.err
    assert load_checkpoint(tmp_path / "run" / "interrupted.safetensors")[1].setup.model == "cae"


def test_a_training_goes_on_from_another_folder_and_not_with_other_textures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two steps in each of two epochs; it is interrupted after the first."""
    good = plates_in(tmp_path / "good", 12, seed=5)
    (tmp_path / "dtd" / "woven").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    cv2.imwrite(str(tmp_path / "dtd" / "woven" / "1.png"), np.zeros((9, 9, 3), np.uint8))
    options = ["width=4", "epochs=2", "batch=5"]
    given = {"data": good, "model": "sdc-ccm", "image_size": "32", "option": options, "device": "cpu"}
    monkeypatch.setattr("train.training.loop.stoppable", pressed_after(3))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        train(tmp_path / "run", texture_dir=Path("dtd"), **given)  # type: ignore[arg-type]
    monkeypatch.setattr("train.training.loop.stoppable", pressed_after(99))
    monkeypatch.chdir(tmp_path / "elsewhere")
    extra = tmp_path / "dtd" / "woven" / "2.png"
    cv2.imwrite(str(extra), np.zeros((9, 9, 3), np.uint8))
    with pytest.raises(CheckpointError, match="is another one: the textures were others; give what it had"):
        train(tmp_path / "run", texture_dir=Path("../dtd"), resume=True, **given)  # type: ignore[arg-type]
    extra.unlink()
    train(tmp_path / "run", texture_dir=Path("../dtd"), resume=True, **given)  # type: ignore[arg-type]
    assert not (tmp_path / "run" / "training.safetensors").exists()


def test_a_seed_that_torch_cannot_take_is_refused() -> None:
    result = CliRunner().invoke(app, ["train", "--output", "run", "--seed", str(2**63)])
    assert result.exit_code == 2
    assert "'--seed': Input should be less than or equal" in result.output
