"""The README's changeover section, typed word by word on real photographs of solar cells."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from export.demo.data import installed_cells, lay_out, split
from export.demo.folder import DemoFolder
from tests.edge.command_line import edge_ad

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def commands() -> list[list[str]]:
    """Of the block that needs no camera."""
    section = README.split("## Changeover: teach, look, activate\n")[1].split("\n## ")[0]
    block = re.findall(r"```\n(.*?)```", section, re.S)[-1]
    return [shlex.split(line)[1:] for line in block.splitlines()]


@pytest.mark.long
@pytest.mark.timeout(600)
def test_what_is_typed_word_by_word_teaches_looks_and_activates(tmp_path: Path) -> None:
    lay_out(split(installed_cells()), DemoFolder(tmp_path / "demo-output"))
    environ = {"XDG_STATE_HOME": str(tmp_path / "state")}
    said = {}
    for command in commands():
        done = edge_ad(*command, environ=environ, cwd=tmp_path, timeout_s=300)
        assert done.returncode == 0, f"{command}: {done.stderr}"
        said[command[0]] = done.stdout
    assert list(said) == ["export-backbone", "teach", "threshold", "models", "run"]
    assert "taught with 120 pictures" in said["teach"]
    found, defects = map(int, re.search(r"all defects\s+(\d+) of (\d+) found", said["threshold"]).groups())  # type: ignore[union-attr]
    assert found > 0.7 * defects
