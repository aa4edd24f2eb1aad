from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
import typer
from typer.testing import CliRunner

from edge.cli import app
from edge.errors import PictureError, UsageError
from edge.pictures import read_picture
from tests.conftest import plates_in
from train.checkpoint import load_checkpoint
from train.commands.train import train


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


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"model": "padim", "resume": True}, "padim is fitted in one go; leave out --resume"),
        ({"model": "cae", "jitter": ["shift=0.02"]}, "--jitter is of copies, and none are fitted; give --augment"),
        ({"model": "cae", "backbone": "efficientnet-lite0"}, "cae has no backbone; leave out --backbone"),
        ({"model": "cae", "folds": 3}, "cae would be trained for each fold; leave out --folds"),
        ({"model": "cae", "image_size": "60"}, "multiples of 16, not 60x60; give --image-size 64x64"),
        ({"model": "cae", "texture_dir": Path("dtd")}, "--option texture_dir: .*; cae has: epochs"),
        ({"model": "vae", "option": ["batch=1"]}, "--option batch: .*greater than or equal to 4"),
        ({"model": "cae", "option": ["epochs=0"]}, "--option epochs: .*greater than or equal to 1"),
    ],
)
def test_what_a_model_cannot_do_is_one_line(
    given: dict[str, object], complaint: str, tiny_dataset: Path, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=complaint):
        train(tmp_path / "run", data=tiny_dataset, device="cpu", **{"image_size": "64", **given})  # type: ignore[arg-type]


def test_textures_that_cannot_be_used_are_named_before_the_training(tiny_dataset: Path, tmp_path: Path) -> None:
    textures, run = tmp_path / "dtd", tmp_path / "run"
    textures.mkdir()
    given = {"model": "sdc-ccm", "texture_dir": textures, "image_size": "64", "device": "cpu"}
    with pytest.raises(PictureError, match="no textures in .*dtd; give a folder of pictures"):
        train(run, data=tiny_dataset, **given)  # type: ignore[arg-type]
    cv2.imwrite(str(textures / "brick.png"), np.zeros((9, 9, 3), np.uint8))
    (textures / "woven.png").write_bytes((textures / "brick.png").read_bytes()[:40])
    with pytest.raises(PictureError, match="cannot decode .*woven.png"):
        train(run, data=tiny_dataset, **given)  # type: ignore[arg-type]
    assert not (run / "training.csv").exists()


def test_a_heap_of_defective_parts_among_the_good_is_said_of_a_trained_network_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of 60 pictures 12 are scored unseen: too few to tell two groups."""
    good = plates_in(tmp_path / "good", 60, seed=6)
    for path in sorted(good.iterdir())[:24]:
        spoilt = read_picture(path)
        spoilt[40:80, 50:90] = (40, 230, 240)
        cv2.imwrite(str(path), spoilt)
    options = ["epochs=1", "width=4", "top-share=1", "standardized=false", "smoothing-px=0"]
    train(tmp_path / "run", data=good, model="cae", image_size="64", option=options, device="cpu")
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
    assert running.returncode == 130, errors
    assert json.loads(words)["interrupted"] is True
    assert 3 <= len(log.read_text().splitlines()) < 31
    assert load_checkpoint(checkpoint)[1].setup.model == "cae"
    assert earlier.read_bytes() == b"of an earlier training"
    with pytest.raises(UsageError, match="holds a training that was interrupted; give --resume to go on with it"):
        train(paused, **given)  # type: ignore[arg-type]
    train(paused, resume=True, **given)  # type: ignore[arg-type]
    train(whole, **given)  # type: ignore[arg-type]
    assert len(log.read_text().splitlines()) == 31
    ours, theirs = (load_checkpoint(folder / "model.safetensors")[0].tensors() for folder in (paused, whole))
    assert all(torch.equal(value, theirs[name]) for name, value in ours.items())
    assert not checkpoint.exists()
    assert not (paused / "training.safetensors").exists()


def test_an_interruption_is_said_and_is_the_exit_code(
    tiny_dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @contextmanager
    def pressed_in_the_second_epoch() -> Iterator[Callable[[], bool]]:
        steps = count(1)
        yield lambda: next(steps) > 3

    monkeypatch.setattr("train.training.loop.stoppable", pressed_in_the_second_epoch)
    options = ["width=4", "epochs=9", "batch=8"]
    given = {"data": tiny_dataset, "model": "cae", "image_size": "64", "option": options, "device": "cpu"}
    with pytest.raises(typer.Exit) as ended:
        train(tmp_path / "run", **given)  # type: ignore[arg-type]
    assert ended.value.exit_code == 130
    words = "interrupted: this is what was learnt so far; the same command with --resume goes on"
    assert words in capsys.readouterr().out


def test_a_seed_that_torch_cannot_take_is_refused() -> None:
    result = CliRunner().invoke(app, ["train", "--output", "run", "--seed", str(2**63)])
    assert result.exit_code == 2
    assert "'--seed': Input should be less than or equal" in result.output
