"""Control: a PLC or HMI asks, the station answers; each request gets exactly one reply."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Protocol, Self

import zmq
from pydantic_core import to_json

from edge.errors import EdgeAdError, UsageError
from edge.messaging import sockets
from edge.messaging.outbox import Outbox
from edge.messaging.requests import Pause, Replay, Request, RequestError, Resume, Status, read_request

_HWM = 100
# A peer that sends a larger frame is disconnected by ZeroMQ before it is in memory.
_LARGEST_FRAME_BYTES = 1024 * 1024
_WAKE_MS = 50


class Station(Protocol):
    """What control may ask of the daemon; called in control's thread.

    A method raises UsageError where the request does not fit this station (no such camera), another
    EdgeAdError where it failed.
    """

    def status(self) -> Mapping[str, object]: ...

    def pause(self, camera: str | None) -> None: ...

    def resume(self, camera: str | None) -> None: ...


class Control:
    """A ROUTER socket with its own thread, so that a slow answer holds up no alert; binds and starts at once.

    Args:
        address: loopback address to bind; the real one is the attribute of the same name.
        station: who answers.
        outbox: what ``replay`` reads.

    Raises:
        UsageError, BusError: the address is wrong or cannot be bound.
    """

    def __init__(self, *, address: str = sockets.CONTROL, station: Station, outbox: Outbox) -> None:
        self._station = station
        self._outbox = outbox
        self._socket = sockets.bind(
            zmq.ROUTER, address, "--control", hwm=_HWM, largest_message=_LARGEST_FRAME_BYTES
        )
        self.address = sockets.endpoint(self._socket)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="control", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether requests are answered."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Answers the request at hand, then closes the socket; may be called again."""
        self._closing.set()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self) -> None:
        try:
            while not self._closing.is_set():
                if self._socket.poll(_WAKE_MS):
                    envelope, body = _unwrap(self._socket.recv_multipart())
                    # A ROUTER drops the reply to a peer that has gone or does not read: it never waits here.
                    self._socket.send_multipart([*envelope, self._reply(body)])
        finally:
            self._socket.close()

    def _reply(self, body: list[bytes]) -> bytes:
        request_id: str | int | None = None
        try:
            if len(body) != 1:
                raise RequestError("bad_request", f"{len(body)} frames; a request is one frame of JSON")
            request = read_request(body[0])
            request_id = request.id
            return _json({**self._answer(request), "id": request_id, "ok": True})
        except RequestError as error:
            return _refusal(error.request_id, error.code, error.message)
        except UsageError as error:
            return _refusal(request_id, "refused", str(error))
        except EdgeAdError as error:
            return _refusal(request_id, "failed", str(error))

    def _answer(self, request: Request) -> Mapping[str, object]:
        match request:
            case Status():
                return {"status": self._station.status()}
            case Replay():
                alerts = self._outbox.since(request.since_seq, request.limit)
                return {"alerts": [json.loads(text) for text in alerts], "last_seq": self._outbox.last_seq}
            case Pause():
                self._station.pause(request.camera)
            case Resume():
                self._station.resume(request.camera)
        return {}


def _unwrap(frames: list[bytes]) -> tuple[list[bytes], list[bytes]]:
    """Splits the routing frames from the body: REQ puts an empty frame between them, DEALER need not."""
    routing = 2 if len(frames) > 2 and frames[1] == b"" else 1
    return frames[:routing], frames[routing:]


def _refusal(request_id: str | int | None, code: str, message: str) -> bytes:
    return _json({"id": request_id, "ok": False, "error": {"code": code, "message": message}})


def _json(reply: Mapping[str, object]) -> bytes:
    return to_json(reply, inf_nan_mode="null")
