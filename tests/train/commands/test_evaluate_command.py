"""``edge-ad evaluate`` as its user meets it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from edge.errors import CheckpointError, PictureError, UsageError
from tests.edge.command_line import edge_ad
from train.commands.evaluate import evaluate


@pytest.fixture
def one_torn(tiny_dataset: Path, tmp_path: Path) -> tuple[Path, Path]:
    """(data set, the one of its test pictures that cannot be decoded)"""
    own = tmp_path / "plate"
    shutil.copytree(tiny_dataset, own)
    broken = own / "test" / "blob" / "002.png"
    broken.write_bytes(broken.read_bytes()[:300])
    return own, broken


def test_a_person_reads_the_figures_what_was_skipped_and_where_the_report_is(
    tiny_bundle_fp32: Path, one_torn: tuple[Path, Path], tmp_path: Path
) -> None:
    """Whatever the file is called: names from an old computer are not UTF-8, and few terminals print them."""
    report = tmp_path / "new" / "report"
    data, broken = one_torn
    broken = broken.rename(data / "test" / "good" / os.fsdecode(b"gepr\xfcft.png"))
    arguments = ("--model", tiny_bundle_fp32, "--data", data, "--output", report)
    done = edge_ad("evaluate", *arguments, environ={"PYTHONIOENCODING": "utf-8:strict"})
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    figures = json.loads((report / "metrics.json").read_text())
    assert f"threshold          {figures['threshold']:.4f}" in lines
    assert "box_hit_rate       -" in lines
    assert "  blob                        5 pictures, 100% found" in lines
    assert lines[-2] == f"skipped 1 pictures that cannot be decoded: {broken.parent}/gepr\\udcfcft.png"
    assert lines[-1] == f"written: {report / 'report.html'} and {report / 'metrics.json'}"
    assert "18/18" in done.stderr  # the bar ends full, with what was skipped
    assert "judging test pictures" not in done.stdout


def test_machines_read_the_figures_and_people_the_skipped_pictures(
    tiny_bundle_fp32: Path, one_torn: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, broken = one_torn
    evaluate(tmp_path / "report", model=tiny_bundle_fp32, data=data, device="CPU", as_json=True)
    done = capsys.readouterr()
    assert json.loads(done.out) == json.loads((tmp_path / "report" / "metrics.json").read_text())
    assert f"skipped 1 pictures that cannot be decoded: {broken}" in done.err


def test_folders_of_good_and_bad_parts_can_be_given_apart(
    tiny_checkpoint: Path, tiny_dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    normal, abnormal = tiny_dataset / "test" / "good", tiny_dataset / "test" / "blob"
    evaluate(
        tmp_path / "report",
        checkpoint=tiny_checkpoint,
        normal=normal,
        abnormal=abnormal,
        device="cpu",
        as_json=True,
    )
    figures = json.loads(capsys.readouterr().out)
    assert {name: each["count"] for name, each in figures["per_defect"].items()} == {"blob": 6}
    assert figures["pixel_auroc"] is None


def test_one_of_checkpoint_and_model_is_asked_for_before_anything_is_read(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    with pytest.raises(UsageError, match="nothing to evaluate was given; give --checkpoint or --model"):
        evaluate(tmp_path, data=gone)
    with pytest.raises(UsageError, match="exclude each other"):
        evaluate(tmp_path, checkpoint=gone, model=gone, data=gone)


def test_an_output_that_cannot_be_written_is_found_before_the_work(tiny_dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UsageError, match="cannot write to .*file/report"):
        evaluate(tmp_path / "file" / "report", model=tmp_path / "gone.xml", data=tiny_dataset)


def test_good_pictures_alone_are_refused_before_the_model_is_read(tiny_dataset: Path, tmp_path: Path) -> None:
    for model in ({"model": tmp_path / "gone.xml"}, {"checkpoint": tmp_path / "gone.safetensors"}):
        with pytest.raises(PictureError, match="has no labelled pictures to evaluate with"):
            evaluate(tmp_path, data=tiny_dataset / "train" / "good", **model)


def test_a_bundle_given_as_a_checkpoint_names_the_right_option(
    tiny_bundle_fp32: Path, tiny_dataset: Path, tmp_path: Path
) -> None:
    with pytest.raises(
        CheckpointError, match=r"plate\.xml is not a checkpoint; .* takes the \.xml .* with --model"
    ):
        evaluate(tmp_path, checkpoint=tiny_bundle_fp32, data=tiny_dataset)
