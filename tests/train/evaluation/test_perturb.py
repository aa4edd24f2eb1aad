"""On the tiny plate, by the daemon's own path."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from edge.errors import UsageError
from edge.pictures import read_picture
from train.commands.evaluate import evaluate
from train.evaluation.perturb_levels import CHANGES, GRID, Level


@pytest.fixture(scope="module")
def told(
    tiny_bundle_fp32: Path, tiny_dataset: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, Any], str]:
    """(metrics.json, report.html) of five test pictures, one of them torn."""
    folder = tmp_path_factory.mktemp("perturbed")
    data = folder / "plate"
    for name in ("train/good/000.png", "test/good/000.png", "test/good/001.png", "test/good/002.png"):
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(tiny_dataset / name, data / name)
    (data / "test/blob").mkdir()
    for name in ("000.png", "001.png"):
        shutil.copy(tiny_dataset / "test/blob" / name, data / "test/blob" / name)
    torn = data / "test/good/001.png"
    torn.write_bytes(torn.read_bytes()[:300])
    evaluate(folder / "report", model=tiny_bundle_fp32, data=data, device="CPU", perturb=True)
    return json.loads((folder / "report/metrics.json").read_text()), (folder / "report/report.html").read_text()


def test_unchanged_pictures_have_the_figures_of_the_evaluation(told: tuple[dict[str, Any], str]) -> None:
    figures, _ = told
    unchanged = figures["perturbed"]["unchanged"]
    assert unchanged["image_auroc"] == figures["image_auroc"] == 1.0
    assert unchanged["missed"] == 1 - figures["recall"] == 0.0
    assert unchanged["borne"] is True


def test_strong_changes_are_not_borne_and_weak_ones_are(told: tuple[dict[str, Any], str]) -> None:
    """The plate's own noise is 8 grey levels, so 2 more are nothing, and its light varies by a tenth."""
    changes = told[0]["perturbed"]["changes"]
    assert list(changes) == [change.name for change in CHANGES]
    levels = {name: {row["level"]: row for row in changes[name]["levels"]} for name in changes}
    assert levels["shift"][5.0]["false_alarms"] == 1.0
    assert levels["noise"][20.0]["borne"] is False
    assert levels["noise"][2.0]["borne"] is True
    assert changes["shift"]["bears"][1] < 5.0


def test_the_report_says_what_is_borne_with_curves_and_every_level(told: tuple[dict[str, Any], str]) -> None:
    figures, page = told
    assert figures["perturbed"]["sentence"].startswith("bears: ")
    assert figures["perturbed"]["sentence"] in page
    assert page.count("<td>lamp</td>") == len(CHANGES[0].levels)
    assert 'alt="False alarms and missed pictures over the strength of each change"' in page


def test_a_person_reads_a_table(
    tiny_bundle_fp32: Path, tiny_dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("train/good/000.png", "test/good/000.png"):
        (tmp_path / name).parent.mkdir(parents=True)
        shutil.copy(tiny_dataset / name, tmp_path / name)
    evaluate(tmp_path / "report", model=tiny_bundle_fp32, data=tmp_path, device="CPU", perturb=True)
    shown = capsys.readouterr().out
    assert shown.count("JPEG quality") == len(CHANGES[-1].levels) + 1  # and once in the sentence
    assert "bears: " in shown


def test_a_picture_is_changed_alike_every_time_and_each_in_its_own_direction(tiny_dataset: Path) -> None:
    first, second = (read_picture(tiny_dataset / "test/good" / name) for name in ("000.png", "001.png"))
    (shift,) = (level for level in GRID if level.change.name == "shift" and level.value == 5.0)
    assert (shift.of(first) == shift.of(first)).all()
    assert isinstance(shift, Level)
    assert (shift.of(first) != first).any()
    assert (shift.of(second) != second).any()


def test_a_checkpoint_cannot_be_perturbed(tiny_checkpoint: Path, tiny_dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="shows what a station will bear; give an exported model with --model"):
        evaluate(tmp_path, checkpoint=tiny_checkpoint, data=tiny_dataset, perturb=True)
