from __future__ import annotations

from pathlib import Path

import cv2
import pytest

from edge.errors import UsageError
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
