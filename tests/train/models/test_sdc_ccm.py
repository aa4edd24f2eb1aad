from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from edge.errors import PictureError
from train.models.sdc_ccm import KIND, Restorer, SdcCcmOptions
from train.models.setup import Setup
from train.training.lesson import Lesson


def lesson(textures: Path) -> Lesson:
    assert KIND.lesson is not None
    setup = Setup(model=KIND.name, height=32, width=32, seed=1)
    return KIND.lesson(setup, SdcCcmOptions(texture_dir=str(textures)))


def test_textures_that_cannot_be_decoded_are_skipped_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "woven").mkdir()
    cv2.imwrite(str(tmp_path / "woven" / "whole.png"), np.zeros((9, 9, 3), np.uint8))
    cut = tmp_path / "woven" / "cut.png"
    cut.write_bytes((tmp_path / "woven" / "whole.png").read_bytes()[:40])
    (tmp_path / "empty.jpg").touch()
    learnt = lesson(tmp_path)
    words = f"skipped 2 textures that cannot be decoded: {tmp_path / 'empty.jpg'}, {cut}\n"
    assert words in capsys.readouterr().err
    shown = torch.zeros((16, 32, 32, 3), dtype=torch.uint8)
    assert learnt(Restorer(4), shown, np.random.default_rng(0)).item() > 0  # none of the two is drawn


def test_textures_stop_a_training_only_where_none_is_left(tmp_path: Path) -> None:
    folder = tmp_path / "dtd"
    with pytest.raises(PictureError, match="no such folder: .*dtd; give a folder of pictures, or leave out"):
        lesson(folder)
    folder.mkdir()
    with pytest.raises(PictureError, match="no textures in .*dtd; give a folder of pictures, or leave out"):
        lesson(folder)
    (folder / "cut.png").write_bytes(b"\x89PNG")
    with pytest.raises(PictureError, match="none of the 1 textures in .*dtd can be decoded; give a folder"):
        lesson(folder)
