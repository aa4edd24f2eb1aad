"""Control: a PLC or HMI asks, the station answers; each request gets exactly one reply."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing
from typing import Protocol

import zmq

from edge.closing import Closing
from edge.errors import EdgeAdError
from edge.health.stage import Stage
from edge.messaging import replies, sockets
from edge.messaging.bell import Bell
from edge.messaging.changes import Changes, Done, Steered
from edge.messaging.messages import Result
from edge.messaging.outbox import Outbox
from edge.messaging.pending import Outcome, Pending, ReplyTo
from edge.messaging.recorded import RecordedAction
from edge.messaging.requests import (
    Inspect,
    ReadActions,
    Reload,
    Replay,
    Request,
    RequestError,
    Status,
    TakeSnapshot,
    Teach,
    read_request,
)
from edge.messaging.snapshot import Snapshot
from edge.security.authenticator import Authenticator

LOCAL = "local"  # who asks, where nobody is asked for a key
# Replies that wait for a peer that asks and does not read: more than can be asked at once, each of them bounded.
_HWM = 100
_LARGEST_REPLAY_BYTES = 128 * 1024
# A client that keeps no requests for a station that is away (IMMEDIATE) loses what it has not read when the
# connection ends: the last reply gets this time to be read.
_FAREWELL_S = 0.2
_DISK_S = 2.0  # for what was asked before the end; alerts that wait for the same disk get more
_LONGEST_WAIT_MS = 1000  # so that a thread that waits is told from one that hangs
# A peer that sends a larger frame is disconnected by ZeroMQ before it is in memory.
_LARGEST_FRAME_BYTES = 1024 * 1024


class Station(Steered, Protocol):
    """What control may ask of the daemon; a method returns at once. It is asked in control's thread, for changes
    in the thread of the disk.

    A method raises UsageError where the request does not fit this station (no such camera), another
    EdgeAdError where it failed.
    """

    def status(self) -> Mapping[str, object]: ...

    @property
    def teaching(self) -> Mapping[str, object] | None:
        """How far teaching has come; None where nothing was taught since the start."""

    def inspect(self, asked: Inspect, answer: Callable[[Result | EdgeAdError], None]) -> None:
        """Begins to inspect a part; ``answer`` is called once, from any thread, maybe before this returns, maybe
        never.

        Raises:
            UsageError: no such camera, or it is not in trigger mode.
            BusyError: this camera still works on another part.
            CameraError: the camera is lost.
        """

    def snapshot(self, camera: str | None, answer: Callable[[Snapshot], None]) -> None:
        """Gives the next frame that is judged to ``answer``, maybe never.

        Raises:
            UsageError: no such camera.
        """


class Control(Closing):
    """A ROUTER socket with its own thread, so that a slow answer holds up no alert; binds and starts at once.

    What takes its time is answered later and holds up no other request: ``inspect`` when the verdict is there,
    ``replay`` and what changes the station from a thread that may wait for the disk, ``reload`` from one that may
    take seconds.

    Args:
        address: address to bind; the real one is the attribute of the same name.
        station: who answers.
        outbox: what ``replay`` reads, and where changes are recorded.
        tell: publishes a change that was made.
        access: knows who asks, and what its role allows; None: whoever reaches the address may do all.

    Raises:
        UsageError, BusError: the address is wrong or cannot be bound.
    """

    def __init__(
        self,
        *,
        address: str = sockets.CONTROL,
        station: Station,
        outbox: Outbox,
        tell: Callable[[Done], None] = lambda done: None,
        access: Authenticator | None = None,
    ) -> None:
        self._station = station
        self._outbox = outbox
        self._changes = Changes(station, outbox, tell)
        self._access = access
        self._socket = sockets.bind(
            zmq.ROUTER, address, "--control", hwm=_HWM, largest_message=_LARGEST_FRAME_BYTES, access=access
        )
        self.address = sockets.endpoint(self._socket)
        self.stage = Stage("control")
        self._bell = Bell()
        self._pending = Pending(self._bell)
        self._disk = ThreadPoolExecutor(1, "disk")
        self._slow = ThreadPoolExecutor(2, "reload")  # the second one finds that another is under way
        self._closing = threading.Event()
        self._replied_s = -_FAREWELL_S
        self._thread = threading.Thread(target=self._run, name="control", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether requests are answered."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Answers the requests at hand, refuses those that wait, then closes the socket; may be called again.

        What a compiler or a disk that hangs keeps for too long is refused, and its thread left behind.
        """
        self._closing.set()
        self._bell.ring()
        self._thread.join()

    def _run(self) -> None:
        with closing(self._socket), closing(self._bell):
            poller = zmq.Poller()
            poller.register(self._socket, zmq.POLLIN)
            poller.register(self._bell, zmq.POLLIN)
            while not self._closing.is_set():
                self.stage.begin("requests")
                wait_ms = self._pending.wait_ms
                came = dict(poller.poll(_LONGEST_WAIT_MS if wait_ms is None else min(wait_ms, _LONGEST_WAIT_MS)))
                self._bell.hush()
                if self._socket in came:
                    self._take(self._socket.recv_multipart(copy=False))
                self._reply_to_pending()
            self.stage.end()
            self._slow.shutdown(wait=False)  # nothing can interrupt a compilation: nobody waits for it
            wait([self._disk.submit(int)], _DISK_S)  # its one thread comes to this last
            self._end()
            time.sleep(max(0.0, self._replied_s + _FAREWELL_S - time.monotonic()))

    def _end(self) -> None:
        """Refuses what waits; no change that is refused is made afterwards."""
        one_is_made = self._changes.end()
        self._reply_to_pending()
        for reply_to, begun in self._pending.all():
            if begun and one_is_made:
                self._refuse(reply_to, "failed", "the station stops meanwhile: 'actions' tells what became of it")
            else:
                self._refuse(reply_to, "not_ready", "the station stops")
        self._disk.shutdown(wait=False, cancel_futures=True)

    def _take(self, frames: list[zmq.Frame]) -> None:
        self.stage.begin("a request", on_disk=True)  # what changes something is recorded
        envelope, body = _unwrap([frame.bytes for frame in frames])
        reply_to = ReplyTo(envelope, None)
        try:
            if len(body) != 1:
                raise RequestError("bad_request", f"{len(body)} frames; a request is one frame of JSON")
            request = read_request(body[0])
            reply_to = ReplyTo(envelope, request.id)
            self._answer(request, reply_to, self._asked_by(request, frames[-1]))
        except RequestError as error:
            self._refuse(ReplyTo(envelope, error.request_id), error.code, error.message)
        except EdgeAdError as error:
            self._refuse(reply_to, replies.code_of(error), str(error))

    def _asked_by(self, request: Request, frame: zmq.Frame) -> str:
        """The name of who asks; refused where its role does not allow it."""
        if self._access is None:
            return LOCAL
        client = self._access.note(frame)
        if client is None:
            raise RequestError("forbidden", "this key was revoked", request.id)
        if not client.role.covers(request.needs):
            needed = f"{request.command} needs the role {request.needs}, {client.name} has {client.role}"
            raise RequestError("forbidden", needed, request.id)
        return client.name

    def _answer(self, request: Request, reply_to: ReplyTo, who: str) -> None:
        match request:
            case Status():
                self._send(reply_to, replies.success(reply_to.request_id, status=self._station.status()))
            case Teach(action="status"):
                self._send(reply_to, replies.success(reply_to.request_id, teaching=self._station.teaching))
            case Inspect():
                number = self._await(request, reply_to)
                self._begin(number, lambda answer: self._station.inspect(request, answer))
            case TakeSnapshot():
                number = self._await(request, reply_to)
                self._begin(number, lambda answer: self._station.snapshot(request.camera, answer))
            case Replay():
                self._pending.begin(self._pending.add(reply_to), self._disk.submit(self._replay, request))
            case ReadActions():
                self._pending.begin(self._pending.add(reply_to), self._disk.submit(self._actions, request))
            case _:
                number = self._pending.add(reply_to)
                thread = self._slow if isinstance(request, Reload) else self._disk
                self._pending.begin(number, thread.submit(self._changes.carry_out, request, who))

    def _await(self, request: Inspect | TakeSnapshot, reply_to: ReplyTo) -> int:
        return self._pending.add(reply_to, time.monotonic() + request.timeout_ms / 1000)

    def _begin(self, number: int, ask: Callable[[Callable[[Outcome], None]], None]) -> None:
        """Asks the station for what comes later; what it refuses at once waits no more."""
        try:
            ask(self._pending.answer_of(number))
        except EdgeAdError:
            self._pending.drop(number)
            raise

    def _replay(self, request: Replay) -> bytes:
        """In the thread of the disk."""
        alerts = self._outbox.since(request.since_seq, request.limit, _LARGEST_REPLAY_BYTES)
        return replies.replayed(request.id, alerts, self._outbox.last_seq)

    def _actions(self, request: ReadActions) -> bytes:
        """In the thread of the disk."""
        rows = self._outbox.actions(request.since_number, request.limit)
        return replies.success(request.id, actions=[RecordedAction.of(row) for row in rows])

    def _reply_to_pending(self) -> None:
        for reply_to, outcome in self._pending.answered():
            self._reply(reply_to, outcome)
        for reply_to in self._pending.expired():
            self._refuse(reply_to, "timeout", "no verdict in the time that was asked for")

    def _reply(self, reply_to: ReplyTo, outcome: Outcome) -> None:
        try:
            if isinstance(outcome, EdgeAdError):
                raise outcome
            if isinstance(outcome, Future):
                self._send(reply_to, outcome.result())
            elif isinstance(outcome, Snapshot):
                self._send(reply_to, replies.success(reply_to.request_id, snapshot=outcome.fields()))
            elif outcome.late:
                self._refuse(reply_to, "timeout", "the verdict came too late")
            else:
                self._send(reply_to, replies.success(reply_to.request_id, result=outcome))
        except EdgeAdError as error:
            self._refuse(reply_to, replies.code_of(error), str(error))

    def _refuse(self, reply_to: ReplyTo, code: replies.ErrorCode, message: str) -> None:
        self._send(reply_to, replies.refusal(reply_to.request_id, code, message))

    def _send(self, reply_to: ReplyTo, reply: bytes) -> None:
        # A ROUTER drops the reply to a peer that has gone or does not read: it never waits here.
        self._socket.send_multipart([*reply_to.envelope, reply])
        self._replied_s = time.monotonic()


def _unwrap(frames: list[bytes]) -> tuple[tuple[bytes, ...], list[bytes]]:
    """Splits the routing frames from the body: REQ puts an empty frame between them, DEALER need not."""
    routing = 2 if len(frames) > 2 and frames[1] == b"" else 1
    return tuple(frames[:routing]), frames[routing:]
