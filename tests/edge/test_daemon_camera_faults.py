"""The daemon with a camera that is at fault for a while: no verdict, no alert, one message at each end."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.messaging.messages import Alert, Health, Result
from edge.pictures import Picture
from tests.conftest import plate, with_blob
from tests.edge.conftest import RunStation
from tests.edge.running_station import of_kind, until_stopping

SOUND, STAINED, BLACK, MOVED = "sound", "stained", "black", "moved"
SHIFT = [SOUND] * 6 + [BLACK, SOUND, BLACK, BLACK] + [SOUND] * 6 + [STAINED] + [MOVED] * 3 + [SOUND] * 6


def shown(kind: str, rng: np.random.Generator) -> Picture:
    part = plate(rng)
    if kind == STAINED:
        return with_blob(part, rng)[0]
    if kind == MOVED:
        return np.roll(part, 12, axis=1)
    return (part // 20).astype(np.uint8) if kind == BLACK else part


@pytest.fixture
def line(tmp_path: Path) -> Path:
    """Pictures in the order of ``SHIFT``, named after what they show."""
    rng, folder = np.random.default_rng(3), tmp_path / "line"
    folder.mkdir()
    for number, kind in enumerate(SHIFT):
        cv2.imwrite(str(folder / f"{number:02}-{kind}.png"), shown(kind, rng))
    return folder


def test_camera_faults_are_told_from_a_stained_part(run_station: RunStation, line: Path) -> None:
    station = run_station("--camera", str(line), "--wait-for-subscribers", "1")
    with station.subscriber("") as reader:
        messages = until_stopping(reader)
    assert station.wait() == 0
    kinds = {str(result.picture).split("-")[1][:-4]: result for result in of_kind(Result, messages)}
    results = of_kind(Result, messages)
    assert len(results) == len(SHIFT)
    at_fault = {f"{number:02}-{kind}.png" for number, kind in enumerate(SHIFT) if kind in (BLACK, MOVED)}
    assert {result.picture for result in results if result.verdict == "unknown"} == at_fault
    assert kinds[BLACK].reason == "black picture"
    assert kinds[MOVED].reason.startswith("the view is shifted by 1")
    assert kinds[STAINED].verdict == "anomalous" and kinds[STAINED].reason == ""
    assert {alert.result.picture for alert in of_kind(Alert, messages)}.isdisjoint(at_fault)
    said = [health for health in of_kind(Health, messages) if health.component == "camera"]
    assert [(health.state, health.reason[:13]) for health in said] == [
        ("degraded", "black picture"),
        ("ok", ""),
        ("degraded", "the view is s"),
        ("ok", ""),
    ]
