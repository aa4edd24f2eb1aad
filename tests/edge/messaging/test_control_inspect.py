"""The handshake of a trigger over a real ROUTER: one reply per request, whoever answers and whenever."""

from __future__ import annotations

import json
import random
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing

import pytest
import zmq

from edge.errors import BusyError, CameraError, DeviceError, EdgeAdError, UsageError
from edge.messaging.compose import Composer
from edge.messaging.control import Control
from edge.messaging.messages import Result, read_message
from edge.messaging.outbox import Outbox
from edge.messaging.pending import MOST_PENDING
from edge.messaging.requests import Inspect
from edge.verdict import Verdict

ANY_PORT = "tcp://127.0.0.1:0"
Answer = Callable[[Result | EdgeAdError], None]
Client = zmq.Socket[bytes]


class Line:
    """A daemon as control sees it: what it is asked is answered by the test, or by ``react``."""

    def __init__(self) -> None:
        self.react: Callable[[Inspect, Answer], None] = lambda asked, answer: None
        self.asked: dict[str, Answer] = {}
        self._changed = threading.Condition()

    def status(self) -> Mapping[str, object]:
        return {}

    def pause(self, camera: str | None) -> None: ...

    def resume(self, camera: str | None) -> None: ...

    def inspect(self, asked: Inspect, answer: Answer) -> None:
        with self._changed:
            self.asked[asked.part_id] = answer
            self._changed.notify_all()
        self.react(asked, answer)

    def answer_of(self, part_id: str) -> Answer:
        """What answers about a part, once it was asked about."""
        with self._changed:
            assert self._changed.wait_for(lambda: part_id in self.asked, 5)
            return self.asked[part_id]


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def control(outbox: Outbox, line: Line) -> Iterator[Control]:
    with Control(address=ANY_PORT, station=line, outbox=outbox) as running:
        yield running


@pytest.fixture
def plc(control: Control, connect: Callable[..., Client]) -> Client:
    return connect(zmq.DEALER, control.address)


@pytest.fixture
def result_of(inspect) -> Callable[..., Result]:
    compose = Composer("line-3")
    return lambda part_id, **changes: compose.result(inspect(part_id=part_id, **changes))


def ask(plc: Client, part_id: str, *, timeout_ms: int = 5000, camera: str | None = None) -> None:
    request = {"id": part_id, "command": "inspect", "part_id": part_id, "timeout_ms": timeout_ms, "camera": camera}
    plc.send(json.dumps(request).encode())


def reply_to(plc: Client) -> tuple[object, str]:
    """Whose reply came, and its verdict or the code of its error."""
    reply = json.loads(plc.recv())
    return reply["id"], reply["result"]["verdict"] if reply["ok"] else reply["error"]["code"]


def test_the_reply_is_the_whole_result(plc, line, result_of):
    ask(plc, "A-1")
    result = result_of("A-1", verdict=Verdict.ANOMALOUS, score=5.0)
    line.answer_of("A-1")(result)
    reply = json.loads(plc.recv())
    assert (reply["id"], reply["ok"], sorted(reply)) == ("A-1", True, ["id", "ok", "result"])
    assert read_message(json.dumps(reply["result"])) == result


def test_unknown_is_a_verdict_with_a_reason_and_never_good(plc, line, result_of):
    ask(plc, "A-1")
    line.answer_of("A-1")(result_of("A-1", score=float("nan")))
    result = json.loads(plc.recv())["result"]
    assert (result["verdict"], result["reason"], result["score"]) == ("unknown", "the score is not finite", None)


def test_an_answer_is_on_its_way_at_once(plc, line, result_of):
    waits_s = []
    for number in range(40):
        ask(plc, f"part-{number}")
        answer, result = line.answer_of(f"part-{number}"), result_of(f"part-{number}")
        time.sleep(0.002)
        given_s = time.monotonic()
        answer(result)
        plc.recv()
        waits_s.append(time.monotonic() - given_s)
    assert statistics.median(waits_s) < 0.005


def test_other_requests_are_answered_while_inspections_wait(plc, line, result_of):
    for part_id, camera in (("A", "top"), ("B", "side"), ("C", "rear")):
        ask(plc, part_id, camera=camera)
    plc.send(b'{"id": "S", "command": "status"}')
    assert json.loads(plc.recv()) == {"id": "S", "ok": True, "status": {}}
    for part_id, verdict in (("C", Verdict.GOOD), ("A", Verdict.ANOMALOUS), ("B", Verdict.GOOD)):
        line.answer_of(part_id)(result_of(part_id, verdict=verdict))
        assert reply_to(plc) == (part_id, verdict.value)


def test_a_timeout_is_one_reply_and_a_later_verdict_none(plc, line, result_of):
    began_s = time.monotonic()
    ask(plc, "A", timeout_ms=100)
    assert reply_to(plc) == ("A", "timeout")
    assert 0.1 <= time.monotonic() - began_s < 0.3
    line.answer_of("A")(result_of("A"))
    ask(plc, "B")
    line.answer_of("B")(result_of("B"))
    assert reply_to(plc) == ("B", "good")


def test_each_request_gets_exactly_one_reply_when_verdicts_race_their_timeouts(plc, line, result_of):
    chance = random.Random(20261122)  # noqa: S311
    result = result_of("A")

    def soon(asked: Inspect, answer: Answer) -> None:
        threading.Timer(chance.uniform(0.0, 0.02), answer, [result]).start()

    line.react = soon
    replies: list[tuple[object, str]] = []
    for batch in range(8):
        names = [f"{batch}-{number}" for number in range(25)]
        for name in names:
            ask(plc, name, timeout_ms=10)
        came = [reply_to(plc) for _ in names]
        assert sorted(str(name) for name, _ in came) == sorted(names)
        replies += came
    assert plc.poll(100) == 0
    assert {outcome for _, outcome in replies} <= {"good", "timeout"}


def test_no_verdict_is_sent_after_its_time_even_if_control_was_held_up(plc, line, result_of, monkeypatch):
    def held_up() -> Mapping[str, object]:
        time.sleep(0.15)
        return {}

    monkeypatch.setattr(line, "status", held_up)
    ask(plc, "A", timeout_ms=50)
    answer = line.answer_of("A")
    plc.send(b'{"id": "S", "command": "status"}')
    time.sleep(0.02)
    answer(result_of("A"))
    assert json.loads(plc.recv())["id"] == "S"
    assert reply_to(plc) == ("A", "timeout")


def test_waiting_costs_no_processor_time(plc, line, result_of):
    ask(plc, "A")
    line.answer_of("A")(result_of("A"))
    assert reply_to(plc) == ("A", "good")
    ask(plc, "B")
    line.answer_of("B")
    began_s = time.process_time()
    time.sleep(0.3)
    assert time.process_time() - began_s < 0.1


def test_an_answer_may_come_before_the_station_returns_and_the_second_one_is_dropped(plc, line, result_of):
    def twice(asked: Inspect, answer: Answer) -> None:
        answer(result_of(asked.part_id))
        answer(result_of(asked.part_id, verdict=Verdict.ANOMALOUS))

    line.react = twice
    for part_id in ("A", "B"):
        ask(plc, part_id)
        assert reply_to(plc) == (part_id, "good")
    assert plc.poll(50) == 0


def test_a_verdict_that_is_late_by_the_stations_own_clock_is_a_timeout(plc, line, result_of):
    ask(plc, "A")
    line.answer_of("A")(result_of("A", late=True))
    assert reply_to(plc) == ("A", "timeout")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("no camera 'side'"), "refused"),
        (BusyError("still inspecting part 'A'"), "busy"),
        (CameraError("camera top is lost"), "not_ready"),
        (DeviceError("the device is lost"), "failed"),
    ],
)
def test_each_reason_has_its_code_at_once_and_later(plc, line, error, code):
    def refuse(asked: Inspect, answer: Answer) -> None:
        raise error

    ask(plc, "later")
    line.answer_of("later")(error)
    assert reply_to(plc) == ("later", code)
    line.react = refuse
    ask(plc, "at once", timeout_ms=20)
    reply = json.loads(plc.recv())
    assert (reply["ok"], reply["error"]) == (False, {"code": code, "message": str(error)})
    assert plc.poll(60) == 0


def test_requests_that_wait_are_bounded_and_make_room_again(plc, line, result_of):
    for number in range(MOST_PENDING):
        ask(plc, f"{number}", timeout_ms=300)
    ask(plc, "one more")
    assert reply_to(plc) == ("one more", "busy")
    assert {reply_to(plc)[1] for _ in range(MOST_PENDING)} == {"timeout"}
    ask(plc, "again")
    line.answer_of("again")(result_of("again"))
    assert reply_to(plc) == ("again", "good")


def test_a_disk_that_is_slow_to_replay_holds_up_no_verdict(plc, line, outbox, alerts, result_of, monkeypatch):
    outbox.append(alerts(1, 2))
    since, go_on = outbox.since, threading.Event()

    def slow(*given) -> list[str]:
        assert go_on.wait(5)
        return since(*given)

    monkeypatch.setattr(outbox, "since", slow)
    plc.send(b'{"id": "R", "command": "replay", "since_seq": 0}')
    ask(plc, "A")
    line.answer_of("A")(result_of("A"))
    assert reply_to(plc) == ("A", "good")
    go_on.set()
    reply = json.loads(plc.recv())
    assert (reply["id"], [alert["seq"] for alert in reply["alerts"]]) == ("R", [1, 2])


def test_a_disk_that_cannot_be_read_is_a_failed_replay(plc, outbox):
    outbox.close()
    plc.send(b'{"id": "R", "command": "replay", "since_seq": 0}')
    assert reply_to(plc) == ("R", "failed")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_error_that_nobody_foresaw_in_a_replay_ends_control(plc, control, outbox, monkeypatch):
    monkeypatch.setattr(outbox, "since", lambda *given: 1 / 0)
    plc.send(b'{"id": "R", "command": "replay", "since_seq": 0}')
    deadline_s = time.monotonic() + 5
    while control.alive:
        assert time.monotonic() < deadline_s
        time.sleep(0.01)


def test_closing_refuses_what_waits_and_an_answer_after_it_is_dropped(plc, control, line, result_of):
    ask(plc, "A")
    answer = line.answer_of("A")
    began_s = time.monotonic()
    control.close()
    assert time.monotonic() - began_s < 0.5
    assert reply_to(plc) == ("A", "not_ready")
    answer(result_of("A"))
    control.close()


@pytest.mark.parametrize(
    "wrong",
    [
        {"part_id": ""},
        {"part_id": "x" * 129},
        {"part_id": "a\nb"},
        {"part_id": "\x1b[2J"},
        {"part_id": 4711},
        {"timeout_ms": 0},
        {"timeout_ms": 60_001},
        {"timeout_ms": 1.5},
        {"camera": 1},
        {"late": True},
    ],
)
def test_a_wrong_request_is_refused_before_the_station_hears_of_it(plc, line, wrong):
    request = {"id": 1, "command": "inspect", "part_id": "A", "timeout_ms": 100} | wrong
    plc.send(json.dumps(request).encode())
    assert reply_to(plc) == (1, "bad_request")
    assert not line.asked


def test_who_reads_a_moment_late_still_hears_that_the_station_stops(control, line):
    """A client of the handshake: with IMMEDIATE, what it has not read goes with the connection."""
    client = zmq.Context.instance().socket(zmq.DEALER)
    client.setsockopt(zmq.IMMEDIATE, 1)
    client.setsockopt(zmq.LINGER, 0)
    client.setsockopt(zmq.RCVTIMEO, 2000)
    client.connect(control.address)
    with closing(client):
        ask(client, "A")
        line.answer_of("A")
        assert not client.poll(10)
        ending = threading.Thread(target=control.close)
        ending.start()
        time.sleep(0.1)
        assert reply_to(client) == ("A", "not_ready")
        ending.join()
