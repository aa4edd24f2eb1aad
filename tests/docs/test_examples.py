"""The example without any code of edge-ad hears what a station says."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from edge.errors import BusError
from edge.messaging.outbox import Outbox
from edge.messaging.publisher import Publisher
from edge.verdict import Verdict
from tests.edge.messaging.conftest import ANY_PORT, Inspect
from tests.edge.messaging.conftest import inspect as inspect

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "alerts.js"

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    store = Outbox(tmp_path / "state")
    yield store
    store.close()


@pytest.fixture
def node() -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    running: list[subprocess.Popen[str]] = []

    def start(address: str) -> subprocess.Popen[str]:
        parts = urlsplit(address)
        command = ["node", str(EXAMPLE), str(parts.hostname), str(parts.port)]
        running.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.communicate()


def start_publisher(outbox: Outbox, events: str) -> Publisher:
    """A publisher; the address of one that was just closed is free only after a moment."""
    for _ in range(50):
        try:
            return Publisher(station="line-3", outbox=outbox, events=events, heatmaps=ANY_PORT, heartbeat_s=0.2)
        except BusError:
            time.sleep(0.05)
    raise AssertionError(f"{events} stays in use")


def test_it_shows_alerts_answers_pings_and_comes_back_after_a_restart(
    outbox: Outbox, inspect: Inspect, node: Callable[[str], subprocess.Popen[str]]
) -> None:
    with start_publisher(outbox, ANY_PORT) as publisher:
        events = publisher.events
        reader = node(events)
        assert reader.stdout is not None
        publisher.wait_for_subscribers(1, 10)
        publisher.publish(inspect(0, Verdict.ANOMALOUS, 5.0))
        assert reader.stdout.readline() == "1 top raised 5\n"
        # A frozen peer is thrown out after 3 s: one that answers PING is not.
        time.sleep(4.0)
        publisher.publish(inspect(1, Verdict.ANOMALOUS, 6.0))
        assert reader.stdout.readline() == "2 top raised 6\n"
    with start_publisher(outbox, events) as publisher:
        publisher.wait_for_subscribers(1, 10)
        publisher.publish(inspect(0, Verdict.ANOMALOUS, 7.0))
        assert reader.stdout.readline() == "3 top raised 7\n"
