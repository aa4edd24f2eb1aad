"""The daemon while the light before its camera fails: it says so, says since when, and judges as before."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np

from edge.messaging.messages import Health, Message
from tests.conftest import plate
from tests.edge.conftest import RunStation
from tests.edge.running_station import of_kind, until_stopping

SOUND, DARK, SOUND_AGAIN = 60, 40, 70


def line(folder: Path, light_of: list[float]) -> Path:
    """Pictures of good parts, each in its light."""
    rng = np.random.default_rng(11)
    folder.mkdir()
    for number, light in enumerate(light_of):
        cv2.imwrite(str(folder / f"{number:03}.png"), (plate(rng) * light).astype(np.uint8))
    return folder


def drift_of(messages: list[Message]) -> list[Health]:
    return [health for health in of_kind(Health, messages) if health.component == "drift"]


def watched(run_station: RunStation, pictures: Path) -> list[Message]:
    station = run_station("--camera", str(pictures), "--mode", "hardware", "--wait-for-subscribers", "1")
    with station.subscriber("") as reader:
        messages = until_stopping(reader)
    assert station.wait() == 0
    return messages


def test_a_failing_lamp_is_told_by_what_changed_since_when_and_its_repair_too(
    run_station: RunStation, tmp_path: Path
) -> None:
    light = [1.0] * SOUND + [0.7] * DARK + [1.0] * SOUND_AGAIN
    began = datetime.now(UTC)
    said = drift_of(watched(run_station, line(tmp_path / "line", light)))
    assert [health.state for health in said][0] == "degraded" and said[-1].state == "ok"
    reasons = " ".join(health.reason for health in said)
    percent = re.search(r"brightness -(\d+) %", reasons)
    assert percent and 25 <= int(percent[1]) <= 35
    since = re.search(r"since (\d{4}-\d\d-\d\d \d\d:\d\d) UTC", reasons)
    assert since
    told = datetime.strptime(since[1], "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    assert began - timedelta(minutes=1) <= told <= datetime.now(UTC)


def test_sound_parts_are_no_drift(run_station: RunStation, tmp_path: Path) -> None:
    messages = watched(run_station, line(tmp_path / "line", [1.0] * (SOUND + SOUND_AGAIN)))
    assert drift_of(messages) == []
