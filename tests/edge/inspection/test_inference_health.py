"""Heat and lost devices, as readers of a real publisher hear of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge.health.thermal import OVER_AFTER
from edge.inspection.inference_health import InferenceHealth
from edge.messaging.outbox import Outbox
from edge.messaging.publisher import Publisher

ANY_PORT = "tcp://127.0.0.1:*"
HOT = "the processor slows down for heat"


@pytest.fixture
def publisher(tmp_path: Path) -> Iterator[Publisher]:
    with (
        closing(Outbox(tmp_path / "state")) as outbox,
        Publisher(station="s", outbox=outbox, events=ANY_PORT, heatmaps=ANY_PORT) as publisher,
    ):
        yield publisher


def said(publisher: Publisher) -> list[tuple[str, str]]:
    return [
        (message.state, message.reason) for message in publisher.health_now if message.component == "inference"
    ]


def throttle(sys: Path, count: int) -> None:
    folder = sys / "devices" / "system" / "cpu" / "cpu0" / "thermal_throttle"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package_throttle_count").write_text(f"{count}\n", encoding="ascii")


def test_a_sound_computer_says_nothing(publisher: Publisher, tmp_path: Path) -> None:
    health = InferenceHealth(tmp_path)
    health.serve(publisher)
    health.look()
    assert said(publisher) == []


def test_heat_is_said_and_is_over_after_a_minute(publisher: Publisher, tmp_path: Path) -> None:
    throttle(tmp_path, 1)
    health = InferenceHealth(tmp_path)
    health.serve(publisher)
    throttle(tmp_path, 2)
    health.look()
    assert said(publisher) == [("degraded", HOT)]
    for _ in range(OVER_AFTER):
        health.look()
    assert said(publisher) == [("ok", "")]


def test_a_lost_device_is_said_at_once_and_is_worse_than_heat(publisher: Publisher, tmp_path: Path) -> None:
    throttle(tmp_path, 1)
    health = InferenceHealth(tmp_path)
    health.device_changed("degraded", "GPU was lost, the CPU goes on")
    health.serve(publisher)
    assert said(publisher) == [("degraded", "GPU was lost, the CPU goes on")]
    throttle(tmp_path, 2)
    health.look()
    assert said(publisher) == [("degraded", "GPU was lost, the CPU goes on")]
