"""What control sends back, as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic_core import to_json

from edge.errors import BusyError, CameraError, EdgeAdError, UsageError

RequestId = str | int | None
ErrorCode = Literal[
    "bad_request", "unknown_command", "too_large", "forbidden", "refused", "busy", "not_ready", "timeout", "failed"
]


def success(request_id: RequestId, **fields: object) -> bytes:
    """``{"id", "ok": true, ...}``; a number that is not finite becomes null."""
    return to_json({"id": request_id, "ok": True, **fields}, inf_nan_mode="null")


def replayed(request_id: RequestId, alerts: Sequence[str], last_seq: int) -> bytes:
    """The same for alerts that are JSON already: they go out as they lie on disk."""
    parts = (to_json(request_id), ",".join(alerts).encode(), to_json(last_seq))
    return b'{"id":%b,"ok":true,"alerts":[%b],"last_seq":%b}' % parts


def refusal(request_id: RequestId, code: ErrorCode, message: str) -> bytes:
    """``{"id", "ok": false, "error": {"code", "message"}}``."""
    return to_json({"id": request_id, "ok": False, "error": {"code": code, "message": message}})


def code_of(error: EdgeAdError) -> ErrorCode:
    """How an asker's program is told about an error of the station."""
    match error:
        case UsageError():
            return "refused"
        case BusyError():
            return "busy"
        case CameraError():
            return "not_ready"
        case _:
            return "failed"
