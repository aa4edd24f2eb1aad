"""What a reader knows when it comes, when it comes again, and when it is too slow."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from edge.errors import BusError, StoreError
from edge.messaging.control import Control
from edge.messaging.messages import Alert, Health
from edge.messaging.outbox import Outbox
from edge.messaging.publisher import Publisher
from edge.messaging.subscriber import Subscriber
from edge.verdict import Verdict

ANY_PORT = "tcp://127.0.0.1:0"

READER = """
import sys
from pathlib import Path
from edge.messaging.messages import Alert
from edge.messaging.subscriber import Subscriber

events, control, bookmark = sys.argv[1:]
with Subscriber(events, topics=("alert/",), control=control, since_seq=0, bookmark=Path(bookmark)) as station:
    for alert in station:
        print(alert.seq, flush=True)
"""


class Telling:
    """A station that answers with the health its publisher knows."""

    publisher: Publisher

    def status(self) -> Mapping[str, object]:
        return {"health": [message.model_dump(mode="json") for message in self.publisher.health_now]}

    def pause(self, camera: str | None) -> None: ...

    def resume(self, camera: str | None) -> None: ...


@pytest.fixture
def telling() -> Telling:
    return Telling()


@pytest.fixture
def control(outbox: Outbox, telling: Telling) -> Iterator[Control]:
    with Control(address=ANY_PORT, station=telling, outbox=outbox) as running:
        yield running


def test_a_late_reader_knows_state_and_alerts_within_half_a_second(station, telling, control, outbox, alerts):
    telling.publisher = station(heartbeat_s=60)
    telling.publisher.health("disk", "ok")
    telling.publisher.health("camera", "failed", "unplugged", camera="top")
    outbox.append(alerts(1, 3))
    time.sleep(0.1)  # the only heartbeat is over
    began_s = time.monotonic()
    options = {"topics": ("health/", "alert/"), "control": control.address, "since_seq": 1}
    with Subscriber(telling.publisher.events, **options) as reader:
        came = [reader.receive(1) for _ in range(4)]
        assert time.monotonic() - began_s < 0.5
        assert [(m.component, m.state) for m in came if isinstance(m, Health)] == [
            ("disk", "ok"),
            ("camera", "failed"),
        ]
        assert [m.seq for m in came if isinstance(m, Alert)] == [2, 3]
        telling.publisher.health("camera", "ok", camera="top")
        back = reader.receive(2)
        assert isinstance(back, Health) and (back.component, back.state) == ("camera", "ok")
        assert reader.receive(0.3) is None  # what the first live message made it ask for was heard before
        assert len(reader.status["health"]) == 2


def test_state_that_was_told_before_a_restart_is_told_anew(station, telling, control, inspect, tmp_path):
    address = f"ipc://{tmp_path}/events"  # nobody else takes it in between, as happens to a port
    telling.publisher = first = station(events=address, heartbeat_s=0.1)
    with Subscriber(first.events, topics=("health/",), control=control.address) as reader:
        first.health("camera", "failed", "unplugged", camera="top")
        assert reader.receive(2).state == "failed"
        first.close()
        telling.publisher = second = station(events=address, heartbeat_s=0.1)
        second.health("camera", "failed", "unplugged", camera="top")
        again = reader.receive(3)
        assert isinstance(again, Health) and again.boot_id == second.boot_id


def test_a_reader_that_is_killed_goes_on_where_it_was(station, telling, control, inspect, outbox, tmp_path):
    telling.publisher = publisher = station(heartbeat_s=0.1)
    printed: list[int] = []
    for life in range(4):
        for seq in range(5):
            publisher.publish(inspect(5 * life + seq, Verdict.ANOMALOUS, 5.0))
        command = [sys.executable, "-c", READER, publisher.events, control.address, str(tmp_path / "position")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as reader:
            assert reader.stdout is not None
            while 5 * (life + 1) not in printed:
                printed.append(int(reader.stdout.readline()))
            time.sleep(0.3 if life % 2 else 0.0)
            reader.kill()
    assert list(dict.fromkeys(printed)) == list(range(1, 21))
    assert len(printed) <= 20 + 2 * 5  # again only what came in the last moments before a kill


def test_what_was_not_dealt_with_comes_again(station, telling, control, outbox, alerts, tmp_path):
    outbox.append(alerts(1, 3))
    telling.publisher = station(heartbeat_s=0.1)
    options = {
        "topics": ("alert/",),
        "control": control.address,
        "since_seq": 0,
        "bookmark": tmp_path / "position",
    }
    with (
        pytest.raises(RuntimeError, match="in the middle of it"),
        Subscriber(telling.publisher.events, **options) as one,
    ):
        assert (one.receive(2).seq, one.last_seq) == (1, 1)
        assert one.receive(2).seq == 2
        raise RuntimeError("in the middle of it")
    with Subscriber(telling.publisher.events, **options) as two:
        first = two.receive(2).seq
        assert first in (1, 2)  # 2 was not dealt with; 1 may come again
        while first < 3:
            first = two.receive(2).seq
    assert (tmp_path / "position").read_text() == "3\n"
    assert list(tmp_path.glob("*.new")) == []


def test_a_bookmark_that_cannot_be_read_or_written_is_one_line(tmp_path: Path):
    (tmp_path / "position").write_text("three")
    with pytest.raises(StoreError, match="position does not hold the number of an alert"):
        Subscriber(ANY_PORT.replace(":0", ":1"), bookmark=tmp_path / "position")


def test_a_reader_that_falls_behind_gives_up_with_one_line(station, inspect):
    publisher = station(heartbeat_s=0.05)
    with Subscriber(publisher.events, behind_limit_s=0.5) as reader:
        for _ in range(5):
            assert reader.receive(1) is not None
        time.sleep(0.9)
        with pytest.raises(BusError, match=r"this reader is \d\.\d s behind tcp://127.0.0.1:\d+; read faster"):
            while True:
                reader.receive(1)


def test_a_reader_in_time_is_never_called_late_whatever_the_clocks_of_both_sides_say(station, monkeypatch):
    publisher = station(heartbeat_s=0.05)
    monotonic_ns = time.monotonic_ns
    monkeypatch.setattr("edge.messaging.subscriber.time.monotonic_ns", lambda: monotonic_ns() + 10**15)
    with Subscriber(publisher.events, behind_limit_s=0.5) as reader:
        for _ in range(10):
            assert reader.receive(1) is not None


def test_in_a_terminal_a_reader_that_was_held_up_ends_with_one_line(station):
    publisher = station(heartbeat_s=0.05)
    options = ("--behind-limit-s", "0.5", "--topic", "heartbeat/", "--json")
    command = [sys.executable, "-m", "edge", "subscribe", publisher.events, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as reader:
        assert reader.stdout is not None and "heartbeat" in reader.stdout.readline()
        reader.send_signal(signal.SIGSTOP)
        time.sleep(0.9)
        reader.send_signal(signal.SIGCONT)
        _, errors = reader.communicate(timeout=10)
    assert reader.returncode == 1
    assert errors.count("\n") == 1 and "s behind" in errors
