"""The daemon while the light before its camera fails: it says so, says since when, and judges as before."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np

from edge.inference.bundle import load_bundle
from edge.inference.override import calibration_of, write_override
from edge.messaging.messages import Health, Message, Result
from tests.conftest import plate
from tests.edge.conftest import RunStation
from tests.edge.running_station import RunningStation, of_kind, read_until, until_stopping

SOUND, DARK, SOUND_AGAIN = 40, 35, 65
EACH = ("--mode", "hardware", "--wait-for-subscribers", "1")


def line(folder: Path, light_of: list[float]) -> Path:
    """Pictures of good parts, each in its light."""
    rng = np.random.default_rng(11)
    folder.mkdir()
    for number, light in enumerate(light_of):
        cv2.imwrite(str(folder / f"{number:03}.png"), (plate(rng) * light).astype(np.uint8))
    return folder


def drift_of(messages: list[Message]) -> list[Health]:
    return [health for health in of_kind(Health, messages) if health.component == "drift"]


def seen_to_the_end(station: RunningStation) -> list[Message]:
    with station.subscriber("") as reader:
        messages = until_stopping(reader)
    assert station.wait() == 0
    return messages


def test_a_failing_lamp_is_told_by_what_changed_and_since_when_and_so_is_its_repair(
    run_station: RunStation, tmp_path: Path
) -> None:
    began = datetime.now(UTC) - timedelta(minutes=1)  # the reason tells no seconds
    light = [1.0] * SOUND + [0.7] * DARK + [1.0] * SOUND_AGAIN
    station = run_station("--camera", str(line(tmp_path / "line", light)), *EACH)
    messages = seen_to_the_end(station)
    said = drift_of(messages)
    assert said[0].state == "degraded" and (said[-1].state, said[-1].reason) == ("ok", "")
    reason = next(health.reason for health in said if "brightness" in health.reason)
    percent, since = re.search(r"brightness -(\d+) %.*; since (.*) UTC$", reason).groups()  # type: ignore[union-attr]
    assert 25 <= int(percent) <= 35
    assert began <= datetime.strptime(since, "%Y-%m-%d %H:%M").replace(tzinfo=UTC) <= datetime.now(UTC)
    first = next(n for n, message in enumerate(messages) if isinstance(message, Health) and message in said)
    assert SOUND < len(of_kind(Result, messages[:first])) <= SOUND + DARK
    assert station.events("drift", 1)[0]["reason"] == said[0].reason and station.events("drift_over", 1)
    assert all(result.verdict != "unknown" for result in of_kind(Result, messages))


def test_sound_parts_are_no_drift(run_station: RunStation, tmp_path: Path) -> None:
    pictures = line(tmp_path / "line", [1.0] * 2 * SOUND)
    assert drift_of(seen_to_the_end(run_station("--camera", str(pictures), *EACH))) == []


def test_it_is_shown_in_status_and_a_new_calibration_ends_it(
    run_station: RunStation, own_bundle: Path, tmp_path: Path
) -> None:
    pictures = line(tmp_path / "line", [1.0] * SOUND + [0.7] * DARK)
    station = run_station("--camera", str(pictures), "--loop", *EACH, model=own_bundle)
    with station.subscriber("health/") as reader:
        read_until(reader, lambda message: isinstance(message, Health) and "brightness" in message.reason)
        shown = station.asker().ask("status", timeout_s=10)["status"]["cameras"]["camera"]["drift"]
        assert shown["kinds"]["brightness"] == "lower" and shown["kinds"]["right"] is None
        assert shown["parts"] > SOUND and shown["psi"] > 0.5 and shown["psi_by_chance"] > 0
        bundle = load_bundle(own_bundle)
        write_override(bundle, calibration_of(bundle).model_copy(update={"time": datetime.now(UTC)}))
        assert station.asker().ask("reload", timeout_s=20)["ok"]
        read_until(
            reader,
            lambda message: isinstance(message, Health) and (message.component, message.state) == ("drift", "ok"),
        )
