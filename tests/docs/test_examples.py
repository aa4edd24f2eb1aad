"""The examples for HMI authors hear what a station says, and those that replay miss nothing."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from edge.errors import BusError
from edge.messaging.control import Control
from edge.messaging.outbox import Outbox
from edge.messaging.publisher import Publisher
from edge.security.authenticator import Authenticator
from edge.security.folder import KeyFolder
from edge.security.role import Role
from edge.verdict import Verdict
from tests.edge.messaging.conftest import ANY_PORT, Inspect
from tests.edge.messaging.conftest import inspect as inspect
from tests.faults.publishing import Answers

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
HMI = (sys.executable, str(EXAMPLES / "hmi.py"))
WITH_KEYS = ("node", str(EXAMPLES / "alerts-with-keys.js"))

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")


def knows_zeromq() -> bool:
    """Whether node finds the package, e.g. by NODE_PATH."""
    look = ["node", "-e", "require('zeromq')"]
    return (
        shutil.which("node") is not None and subprocess.run(look, capture_output=True, check=False).returncode == 0
    )


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
        command = ["node", str(EXAMPLES / "alerts.js"), str(parts.hostname), str(parts.port)]
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


@needs_node
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


@dataclass
class Secured:
    """A station with keys; what it publishes is kept."""

    publisher: Publisher
    control: Control
    key: Path

    def reader(self, example: tuple[str, ...]) -> subprocess.Popen[str]:
        """The example, started in the folder of the key, where it keeps its position."""
        events, control = (
            str(urlsplit(address).port) for address in (self.publisher.events, self.control.address)
        )
        ports = [str(self.key), "127.0.0.1", events, control]
        if example[: len(HMI)] == HMI:
            ports = ["127.0.0.1", "--events", events, "--control", control, "--keys", str(self.key)]
        command, folder = [*example, *ports], self.key.parent
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder)


@pytest.fixture
def secured(outbox: Outbox, tmp_path: Path) -> Iterator[Secured]:
    folder = KeyFolder(tmp_path / "keys")
    folder.create("hmi-1", Role.OPERATE, tmp_path / "hmi-1.key")
    options = {"station": "line-3", "events": ANY_PORT, "heatmaps": ANY_PORT, "heartbeat_s": 0.2}
    with (
        Authenticator(folder) as access,
        Publisher(outbox=outbox, access=access, **options) as publisher,  # type: ignore[arg-type]
        Control(address=ANY_PORT, station=Answers(publisher), outbox=outbox, access=access) as control,
    ):
        yield Secured(publisher, control, tmp_path / "hmi-1.key")


def alerts_in(lines: Iterable[str]) -> list[int]:
    """The numbers of the alerts that were shown."""
    return [int(line.split()[0]) for line in lines if " top raised " in line]


@pytest.mark.parametrize(
    "example",
    [
        pytest.param(HMI, id="python"),
        pytest.param(WITH_KEYS, id="javascript", marks=pytest.mark.skipif(not knows_zeromq(), reason="no zeromq")),
    ],
)
def test_with_keys_it_replays_what_it_missed_and_goes_on_where_it_was(
    secured: Secured, inspect: Inspect, example: tuple[str, ...]
) -> None:
    publish = secured.publisher.publish
    for seq in range(3):
        publish(inspect(seq, Verdict.ANOMALOUS, 5.0))
    shown: list[int] = []
    for wanted in (4, 7):
        with secured.reader(example) as reader:
            assert reader.stdout is not None
            while len(shown) < wanted - 1:
                shown += alerts_in([reader.stdout.readline()])
            publish(inspect(wanted, Verdict.ANOMALOUS, 5.0))
            while len(shown) < wanted:
                shown += alerts_in([reader.stdout.readline()])
            time.sleep(0.3)  # the position is written after the alert was shown
            reader.kill()
        for seq in range(2):
            publish(inspect(seq, Verdict.ANOMALOUS, 5.0))
    assert shown == list(range(1, 8))


def test_the_hmi_says_what_a_person_thinks_of_an_alarm(secured: Secured, inspect: Inspect, outbox: Outbox) -> None:
    secured.publisher.publish(inspect(0, Verdict.ANOMALOUS, 5.0))
    while not (texts := outbox.since(0, 1)):
        time.sleep(0.01)
    alert_id = json.loads(texts[0])["alert_id"]
    for alert, judgement in ((alert_id, "false_alarm"), ("1", "true_alarm")):
        with secured.reader((*HMI, "--acknowledge", alert, judgement, "--by", "Ada")) as reader:
            assert reader.wait(20) == 0
        assert outbox.judgements() == {alert_id: judgement}
    for alert in ("2", "two"):
        with secured.reader((*HMI, "--acknowledge", alert, "true_alarm")) as reader:
            out, err = reader.communicate(timeout=20)
        assert (reader.returncode, out, err.count("\n")) == (1, "", 1)
        assert f"no alert {alert}" in err.replace("'", "")
