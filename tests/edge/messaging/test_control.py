"""Control over a real ROUTER, asked as REQ and DEALER clients do."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping

import pytest
import zmq

from edge.errors import BusError, DeviceError, EdgeAdError, UsageError
from edge.messaging.asking import Asker
from edge.messaging.changes import Change
from edge.messaging.control import Control
from edge.messaging.messages import Result
from edge.messaging.outbox import Outbox
from edge.messaging.requests import Inspect

Answer = Callable[[Result | EdgeAdError], None]
ANY_PORT = "tcp://127.0.0.1:0"


class OneCamera:
    """A daemon with one camera, as control sees it."""

    def __init__(self) -> None:
        self.paused = False

    def status(self) -> Mapping[str, object]:
        return {"state": "paused" if self.paused else "running", "score": float("nan")}

    def pause(self, camera: str | None) -> list[Change]:
        if camera not in (None, "top"):
            raise UsageError(f"no camera {camera!r}", hint="this station has: top")
        return [self._change(True)]

    def resume(self, camera: str | None) -> list[Change]:
        if camera == "top":
            raise DeviceError("the device is lost", hint="plug it in")
        return [self._change(False)]

    def set_threshold(self, camera: str | None, threshold: float | None) -> list[Change]:
        raise UsageError("no threshold here")

    def _change(self, paused: bool) -> Change:
        return Change("top", {"paused": self.paused}, {"paused": paused}, lambda: setattr(self, "paused", paused))

    def inspect(self, asked: Inspect, answer: Answer) -> None:
        raise UsageError("no camera has a trigger")


@pytest.fixture
def control(outbox: Outbox) -> Iterator[Control]:
    with Control(address=ANY_PORT, station=OneCamera(), outbox=outbox) as running:
        yield running
        assert running.alive


@pytest.fixture
def asker(control: Control) -> Iterator[Asker]:
    client = Asker(control.address)
    yield client
    client.close()


def test_a_req_client_and_a_dealer_client_get_the_same_reply(control, connect):
    request = json.dumps({"id": "a", "command": "status"}).encode()
    replies = []
    for kind, frames in ((zmq.REQ, [request]), (zmq.DEALER, [request]), (zmq.DEALER, [b"", request])):
        socket = connect(kind, control.address)
        socket.send_multipart(frames)
        replies.append(json.loads(socket.recv_multipart()[-1]))
    assert replies == [{"id": "a", "ok": True, "status": {"state": "running", "score": None}}] * 3


def test_pause_and_resume_reach_the_station(asker):
    assert asker.ask("pause", camera="top") == {"id": 1, "ok": True}
    assert asker.ask("status")["status"]["state"] == "paused"
    asker.ask("resume")
    assert asker.ask("status")["status"]["state"] == "running"


def test_what_does_not_fit_the_station_is_refused_and_what_fails_says_so(asker):
    with pytest.raises(BusError, match="pause was refused: no camera 'side'; this station has: top"):
        asker.ask("pause", camera="side")
    with pytest.raises(BusError, match="resume was refused: failed: the device is lost; plug it in"):
        asker.ask("resume", camera="top")


def test_replay_gives_the_alerts_after_a_number_in_order(asker, outbox, alerts):
    outbox.append(alerts(1, 7))
    first = asker.ask("replay", since_seq=2, limit=3)
    assert ([a["seq"] for a in first["alerts"]], first["last_seq"]) == ([3, 4, 5], 7)
    assert [a["seq"] for a in asker.ask("replay", since_seq=5)["alerts"]] == [6, 7]
    assert asker.ask("replay", since_seq=7)["alerts"] == []
    assert first["alerts"][0] == json.loads(alerts(3, 1)[0].model_dump_json()) | {
        key: first["alerts"][0][key] for key in ("time", "mono_ns", "boot_id", "alert_id", "result")
    }


def test_a_reply_holds_as_many_alerts_as_fit_and_asking_on_brings_the_rest(asker, outbox, alerts):
    outbox.append(alerts(1, 500))
    seqs: list[int] = []
    while (reply := asker.ask("replay", since_seq=len(seqs), limit=1000))["alerts"]:
        assert len(json.dumps(reply, separators=(",", ":"))) < 128 * 1024 + 100
        seqs += [alert["seq"] for alert in reply["alerts"]]
    assert seqs == list(range(1, 501)) and reply["last_seq"] == 500


@pytest.mark.parametrize(
    ("payload", "code", "request_id"),
    [
        (b"", "bad_request", None),
        (b"\xff\xfe\x00", "bad_request", None),
        (b"[" * 5000, "bad_request", None),
        (b'"status"', "bad_request", None),
        (b'{"command": "status"}', "bad_request", None),
        (b'{"id": 1.5, "command": "status"}', "bad_request", None),
        (b'{"id": 1}', "bad_request", 1),
        (b'{"id": 2, "command": "reboot"}', "unknown_command", 2),
        (b'{"id": 3, "command": ["status"]}', "unknown_command", 3),
        (b'{"id": "x", "command": "status", "extra": 1}', "bad_request", "x"),
        (b'{"id": 4, "command": "replay"}', "bad_request", 4),
        (b'{"id": 5, "command": "replay", "since_seq": "0"}', "bad_request", 5),
        (b'{"id": 6, "command": "replay", "since_seq": -1}', "bad_request", 6),
        (b'{"id": 7, "command": "replay", "since_seq": 99999999999999999999}', "bad_request", 7),
        (b'{"id": 8, "command": "replay", "since_seq": 0, "limit": 1000000}', "bad_request", 8),
        (b'{"id": 9, "command": "replay", "since_seq": NaN}', "bad_request", 9),
        (b'{"id": 10, "command": "pause", "camera": 3}', "bad_request", 10),
        (b'{"id": 11, "command": "status", "pad": "' + b"x" * 70_000 + b'"}', "too_large", None),
        (b'{"id": "' + b"y" * 65 + b'", "command": "status"}', "bad_request", None),
    ],
)
def test_each_kind_of_wrong_request_gets_its_typed_error(control, connect, payload, code, request_id):
    socket = connect(zmq.DEALER, control.address)
    socket.send(payload)
    reply = json.loads(socket.recv())
    assert (reply["id"], reply["ok"], reply["error"]["code"]) == (request_id, False, code)
    assert len(reply["error"]["message"]) < 300 and "\n" not in reply["error"]["message"]


def test_two_frames_of_request_are_refused(control, connect):
    socket = connect(zmq.DEALER, control.address)
    socket.send_multipart([b"{}", b"{}"])
    assert json.loads(socket.recv())["error"]["code"] == "bad_request"


def test_two_hundred_malformed_requests_get_two_hundred_typed_errors(control, connect):
    chance = random.Random(20261122)  # noqa: S311
    whole = b'{"id": 1, "command": "replay", "since_seq": 0, "limit": 10}'
    socket = connect(zmq.DEALER, control.address)
    for _ in range(200):
        cut = whole[: chance.randrange(len(whole))] + chance.randbytes(chance.randrange(1, 40))
        socket.send(cut)
        reply = json.loads(socket.recv())
        assert reply["ok"] is False and reply["error"]["code"] in ("bad_request", "unknown_command")
    socket.send(whole)
    assert json.loads(socket.recv()) == {"id": 1, "ok": True, "alerts": [], "last_seq": 0}


def test_a_frame_beyond_the_hard_limit_costs_its_sender_the_connection_and_nobody_else(control, connect):
    greedy, modest = connect(zmq.DEALER, control.address), connect(zmq.DEALER, control.address)
    greedy.send(b"x" * (2 * 1024 * 1024))
    modest.send(b'{"id": 1, "command": "status"}')
    assert json.loads(modest.recv())["ok"] is True
    assert greedy.poll(300) == 0


def test_a_station_that_does_not_answer_costs_a_timeout():
    silent = zmq.Context.instance().socket(zmq.ROUTER)
    port = silent.bind_to_random_port("tcp://127.0.0.1")
    client = Asker(f"tcp://127.0.0.1:{port}")
    with pytest.raises(BusError, match="no reply from .* within 0.2 s"):
        client.ask("status", timeout_s=0.2)
    client.close()
    silent.close()


def test_a_request_to_a_station_that_is_away_is_not_kept_for_it(outbox):
    gone = zmq.Context.instance().socket(zmq.ROUTER)
    port = gone.bind_to_random_port("tcp://127.0.0.1")
    gone.close()
    station = OneCamera()
    client = Asker(f"tcp://127.0.0.1:{port}")
    with pytest.raises(BusError, match="no reply"):
        client.ask("pause", timeout_s=0.1)
    with Control(address=f"tcp://127.0.0.1:{port}", station=station, outbox=outbox):
        assert client.ask("status", timeout_s=5)["status"]["state"] == "running"
        assert not station.paused
    client.close()


def test_a_port_in_use_names_the_option(control, outbox):
    with pytest.raises(BusError, match="--control another port"):
        Control(address=control.address, station=OneCamera(), outbox=outbox)
