"""The whole demo, on the real cells, as a user runs it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

pytest.importorskip("elpv_dataset", reason="needs the demo extra")


@pytest.mark.long
@pytest.mark.timeout(900)
def test_the_demo_reaches_what_it_promises(tmp_path):
    root = tmp_path / "out"
    command = [sys.executable, "-m", "edge", "demo", "--output", str(root), "--json"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=850)
    assert ran.returncode == 0, ran.stderr
    summary = json.loads(ran.stdout)
    assert summary["complaints"] == []
    assert summary["accuracy"]["image_auroc"] >= 0.95
    line = summary["line"]
    assert line["alerts"] == line["anomalous"] > 0
    assert line["heatmaps"] == len(list((root / "heatmaps").iterdir())) > 0
    assert json.loads((root / "summary.json").read_text()) == summary
    assert "data:image/svg+xml" in (root / "report" / "report.html").read_text()
    for command_line in ("train", "export", "calibrate", "evaluate", "run", "subscribe"):
        assert f"$ edge-ad {command_line} " in ran.stderr
