"""What ``edge-ad export`` says of the pictures that it fits on."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import cv2
import pytest

from edge.pictures import read_picture
from export.commands.export import Precision, export
from tests.conftest import plates_in


@pytest.mark.parametrize("as_json", [False, True])
def test_a_refit_names_suspects_and_what_it_left_out_as_a_training_does(
    tiny_checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    good = plates_in(tmp_path / "good", 24, seed=6)
    spoilt = read_picture(good / "003.png")
    spoilt[20:100, 30:110] = (40, 230, 240)
    cv2.imwrite(str(good / "003.png"), spoilt)
    (good / "copy.png").write_bytes((good / "000.png").read_bytes())
    (good / "more").mkdir()
    output = tmp_path / "plate.xml"
    export(tiny_checkpoint, output, Precision.FP32, data=good, refit=True, as_json=as_json)
    words = capsys.readouterr().out
    if as_json:
        told = json.loads(words)
        assert (told["suspects"], told["doubt"]) == ([str(good / "003.png")], "")
        assert (told["copies"], told["folders"]) == ([str(good / "copy.png")], [str(good / "more")])
    else:
        assert "left out 1 copies of other pictures: a copy is no other part\n" in words
        assert f"subfolders of {good} (1) are not looked into\n" in words
        assert f"warning: look at these, they may show defects: {good / '003.png'}\n" in words


def test_of_the_pictures_of_the_training_nothing_is_said_again(
    tiny_checkpoint: Path, tiny_dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    same = tmp_path / "same"
    shutil.copytree(tiny_dataset / "train" / "good", same)
    shutil.copy(same / "000.png", same / "copy.png")
    (same / "more").mkdir()
    export(tiny_checkpoint, tmp_path / "plate.xml", Precision.FP32, data=same)
    words = capsys.readouterr().out
    assert "next: edge-ad run" in words
    assert not any(word in words for word in ("left out", "subfolders", "warning"))
