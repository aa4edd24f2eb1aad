"""``edge-ad doctor`` as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path


def doctor(*options: str, state: Path) -> subprocess.CompletedProcess[str]:
    environ = {name: text for name, text in os.environ.items() if not name.startswith("EDGE_AD_")}
    command = [sys.executable, "-m", "edge", "doctor", *options]
    environ["STATE_DIRECTORY"] = str(state)
    return subprocess.run(command, capture_output=True, text=True, env=environ, timeout=60, check=False)


def test_every_check_is_in_the_json_and_the_exit_code_follows_them(tmp_path: Path) -> None:
    done = doctor("--json", state=tmp_path)
    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert {"python", "packages", "device CPU", "clock", "settings", "state folder", "model"} <= set(checks)
    assert checks["state folder"]["found"].startswith(str(tmp_path))
    assert done.returncode == int(any(check["status"] == "fail" for check in checks.values()))
    assert done.stderr == ""


def test_a_failure_is_in_the_table_with_its_mend_and_gives_exit_code_1(tmp_path: Path) -> None:
    config = tmp_path / "line-3.toml"
    config.write_text('devise = "CPU"\n', encoding="utf-8")
    done = doctor("--config", str(config), "--model", str(tmp_path / "bottle.xml"), state=tmp_path)
    assert done.returncode == 1
    rows = [line.rstrip() for line in done.stdout.splitlines()]
    found = next(number for number, row in enumerate(rows) if row.endswith(f"{config}:1: devise: unknown key"))
    assert rows[found].split()[:2] == ["fail", "settings"]
    assert rows[found + 1].strip() == "-> did you mean device?"
    assert any(row.split()[:2] == ["fail", "model"] for row in rows)
