"""A second demo begins afresh, and nothing is removed that no demo made."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.errors import DemoError, UsageError
from export.demo.folder import DemoFolder


def test_a_foreign_folder_is_refused_and_left_alone(tmp_path):
    treasure = tmp_path / "data" / "thesis.txt"
    treasure.parent.mkdir()
    treasure.write_text("years of work")
    with pytest.raises(UsageError, match="is not empty and was not made by a demo; give --output another folder"):
        DemoFolder(tmp_path).clear()
    assert treasure.read_text() == "years of work"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data"]


def test_an_empty_or_absent_folder_is_taken(tmp_path):
    for root in (tmp_path, tmp_path / "a" / "b"):
        DemoFolder(root).clear()
        DemoFolder(root).clear()


def test_a_second_demo_removes_what_the_first_made_and_nothing_else(tmp_path):
    folder = DemoFolder(tmp_path / "out")
    folder.clear()
    old = [
        folder.dataset / "train/good/cell.png",
        folder.calibration / "cell.png",
        folder.line / "01-good-cell.png",
        folder.training / "model.safetensors",
        folder.model,
        folder.model.with_suffix(".bin"),
        folder.model.with_suffix(".calibration.json"),
        folder.report / "report.html",
        folder.heatmaps / "01-good-cell.png",
        folder.state / "alerts.sqlite",
        folder.log,
        folder.summary,
    ]
    note = folder.root / "my notes.txt"
    for path in (*old, note):
        folder.write(path, b"old")
    folder.clear()
    assert [path for path in old if path.exists()] == []
    assert note.read_bytes() == b"old"


def test_a_link_in_the_place_of_a_folder_is_removed_and_not_what_it_leads_to(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "thesis.txt").write_text("years of work")
    folder = DemoFolder(tmp_path / "out")
    folder.clear()
    (folder.root / "data").symlink_to(elsewhere)
    folder.clear()
    assert not (folder.root / "data").is_symlink()
    assert (elsewhere / "thesis.txt").exists()


def test_a_file_in_the_place_of_the_folder_is_one_line(tmp_path):
    root = tmp_path / "out"
    root.write_text("")
    with pytest.raises(UsageError, match="cannot prepare .*out: File exists; give --output another folder"):
        DemoFolder(root).clear()


def test_a_full_disk_is_one_line(tmp_path, monkeypatch):
    def refuse(self: Path, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", refuse)
    folder = DemoFolder(tmp_path)
    with pytest.raises(DemoError, match=r"cannot write .*summary\.json: No space left on device; check the disk"):
        folder.write(folder.summary, b"{}")
