from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

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


def test_ctrl_c_leaves_a_checkpoint_that_is_used_and_a_training_that_goes_on(
    tiny_dataset: Path, tmp_path: Path
) -> None:
    """A real process, interrupted once the log has its second epoch."""
    sizes = ["--image-size", "64", "--option", "width=4", "--option", "patience=0", "--device", "cpu"]
    command = [sys.executable, "-c", "from edge.cli import main; main()", "train", "--data", str(tiny_dataset)]
    command += ["--model", "cae", "--output", str(tmp_path), *sizes]
    log, checkpoint = tmp_path / "training.csv", tmp_path / "interrupted.safetensors"
    earlier = tmp_path / "model.safetensors"
    earlier.write_bytes(b"of an earlier training")
    running = subprocess.Popen(
        [*command, "--option", "epochs=100000"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 120
    while not (log.is_file() and len(log.read_text().splitlines()) > 2) and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(running.pid, signal.SIGINT)
    words, errors = running.communicate(timeout=60)
    assert running.returncode == 130, errors
    assert "interrupted: this is what was learnt so far; the same command with --resume goes on" in words
    done = len(log.read_text().splitlines()) - 1
    assert load_checkpoint(checkpoint)[1].setup.model == "cae"
    assert earlier.read_bytes() == b"of an earlier training"
    assert (tmp_path / "training.safetensors").is_file()
    again = [*command, "--option", f"epochs={done + 1}", "--resume"]
    went_on = subprocess.run(again, capture_output=True, text=True, check=False)
    assert went_on.returncode == 0, went_on.stderr
    assert len(log.read_text().splitlines()) - 1 == done + 1
    assert load_checkpoint(earlier)[1].setup.model == "cae"
    assert not checkpoint.exists()
    assert not (tmp_path / "training.safetensors").exists()
