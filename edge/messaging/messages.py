"""The messages that PLC and HMI software read; docs/protocol.md tells the same in words.

Writers send exactly these fields. Readers ignore keys that they do not know, so that a newer station can add
some: ``read_message`` does so, and the JSON Schema leaves unknown keys open.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from edge.errors import BusError
from edge.teaching.progress import Progress
from edge.verdict import Verdict

# A name is a part of topics and of file names: no slash, no dot.
Name = Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,64}$")]


def _leave_open(schema: dict[str, Any]) -> None:
    schema.pop("additionalProperties", None)


class _Part(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        serialize_by_alias=True,
        protected_namespaces=(),
        json_schema_extra=_leave_open,
    )


class ModelRef(_Part):
    """Which model bundle judged."""

    name: str = Field(description="product or model name from the model card")
    version: str = Field(description="version of the bundle from the model card")
    sha256: str = Field(
        pattern="^[0-9a-f]{64}$",
        description="digest of the bundle's .xml, which holds that of its .bin, lower-case hex",
    )


class Point(_Part):
    """A pixel of the camera's frame, from its upper left corner."""

    x: int = Field(ge=0, description="column, px")
    y: int = Field(ge=0, description="row, px")


class Box(_Part):
    """A rectangle in pixels of the camera's frame."""

    x: int = Field(ge=0, description="left column, px")
    y: int = Field(ge=0, description="upper row, px")
    width: int = Field(ge=1, description="columns, px")
    height: int = Field(ge=1, description="rows, px")


class RegionBox(Box):
    """A connected area of the anomaly map above the pixel threshold."""

    area_px: int = Field(ge=0, description="pixels of the frame inside the area")
    score: float = Field(description="highest raw map value inside")


class LatencyMs(_Part):
    """Where the time between the frame's arrival and its verdict went, in milliseconds."""

    capture: float = Field(ge=0, description="wait before preparation began")
    preprocess: float = Field(ge=0, description="resize")
    inference: float = Field(ge=0, description="network")
    postprocess: float = Field(ge=0, description="verdict and regions")
    total: float = Field(ge=0, description="sum of the four")


class _Message(_Part):
    schema_: Literal[1] = Field(default=1, alias="schema", description="version of this contract")
    station: Name = Field(description="name of the station")
    camera: Name | None = Field(description="name of the camera; null where the whole station is meant")
    time: datetime = Field(description="when the message was written, RFC 3339 UTC; a label, not for arithmetic")
    boot_id: Name = Field(description="one start of the station; new after each restart")
    mono_ns: int = Field(
        ge=0, description="the station's monotonic clock at writing, ns; compare within one boot_id"
    )


class Result(_Message):
    """One inspection."""

    kind: Literal["result"] = "result"
    frame_seq: int = Field(ge=0, description="number of the frame since the camera's capture began; has gaps")
    part_id: str | None = Field(default=None, description="part that the PLC asked about; null without a trigger")
    verdict: Verdict = Field(description="good, anomalous or unknown; unknown is never good")
    reason: str = Field(default="", description="why the verdict is unknown; empty otherwise")
    score: float | None = Field(description="raw score, higher is more anomalous; null where there is none")
    threshold: float | None = Field(description="a part is anomalous above this score; null if it is not finite")
    score_percentile: float | None = Field(
        ge=0, le=100, description="share of good calibration parts with a lower score, %"
    )
    good_parts: int | None = Field(
        default=None, ge=0, description="how many good calibration parts that share is of; null without it"
    )
    peak: Point | None = Field(description="where the anomaly map is highest; null without a map")
    regions: tuple[RegionBox, ...] = Field(description="areas above the pixel threshold, highest score first")
    model: ModelRef
    latency_ms: LatencyMs
    device: str = Field(description="OpenVINO device that ran the model, e.g. CPU")
    late: bool = Field(default=False, description="the verdict came after the time that the asker allowed")
    picture: str | None = Field(default=None, description="file of a folder camera, from its folder on")


class Alert(_Message):
    """An alarm that was raised or cleared; sent after it is on disk."""

    kind: Literal["alert"] = "alert"
    seq: int = Field(ge=1, description="number of the alert at this station: dense, survives restarts")
    alert_id: str = Field(min_length=1, description="names the alarm: the same when it is raised and cleared")
    state: Literal["raised", "cleared"]
    result: Result = Field(description="the inspection that caused it")
    durable: bool = Field(default=True, description="false only while the disk refuses")


Component = Literal["camera", "inference", "disk", "clock", "model", "security", "drift", "pool"]
Condition = Literal["ok", "degraded", "failed"]
Readiness = Literal["ready", "busy", "not_ready"]
StationState = Literal["starting", "running", "paused", "degraded", "stopping"]


class Health(_Message):
    """A component changed its state."""

    kind: Literal["health"] = "health"
    component: Component
    state: Condition
    reason: str = Field(default="", description="why, one line; empty when ok")
    since: datetime = Field(description="when the state began, RFC 3339 UTC")
    trigger: Readiness | None = Field(
        default=None, description="whether this camera takes a request for a part; null without a trigger"
    )


class VerdictCounts(_Part):
    """Inspections by verdict since the station started."""

    good: int = Field(default=0, ge=0)
    anomalous: int = Field(default=0, ge=0)
    unknown: int = Field(default=0, ge=0)


class Heartbeat(_Message):
    """The station lives; three missing ones in a row mean that it does not."""

    kind: Literal["heartbeat"] = "heartbeat"
    last_alert_seq: int = Field(ge=0, description="seq of the newest alert on disk; 0 before the first")
    frames: int = Field(ge=0, description="inspections since the station started, all cameras")
    dropped: int = Field(ge=0, description="captured frames that were not judged, all cameras")
    fps: float = Field(ge=0, description="inspections per second since the heartbeat before")
    verdicts: VerdictCounts
    state: StationState


ActionValue = str | float | bool | None


class Action(_Message):
    """Somebody changed something through control; sent after it is on disk and in force."""

    kind: Literal["action"] = "action"
    number: int = Field(ge=1, description="number of the record at this station, survives restarts")
    who: str = Field(description="name of the client's key; local where the station has no keys")
    command: str = Field(description="the command of the request, e.g. pause")
    before: dict[str, ActionValue] = Field(description="what was changed, as it was")
    after: dict[str, ActionValue] = Field(description="what was changed, as it is now")
    reason: str = Field(default="", description="why, in the words of who did it; empty where none were given")


class Teaching(_Message):
    """How far teaching a product has come."""

    kind: Literal["teaching"] = "teaching"
    progress: Progress = Field(description="pictures, threshold, and what comes of them")


class HeatmapHeader(_Message):
    """Second frame of a heatmap; the map's bytes follow in the third."""

    kind: Literal["heatmap"] = "heatmap"
    frame_seq: int = Field(ge=0, description="frame_seq of the result it belongs to")
    alert_seq: int | None = Field(default=None, description="seq of the alert it belongs to, if any")
    encoding: Literal["u8", "png", "f16"] = Field(
        description="u8: a byte per pixel; png: the same as a grey PNG; f16: raw scores, little-endian"
    )
    width: int = Field(ge=1, le=8192, description="columns of the map")
    height: int = Field(ge=1, le=8192, description="rows of the map")
    score_at_0: float = Field(description="raw score of a byte 0")
    score_at_255: float = Field(
        description="raw score of a byte 255: the highest of this map or the pixel threshold, whichever is more; "
        "in between it is linear"
    )
    frame_box: Box = Field(description="where the map lies in the camera's frame")


Message = Result | Alert | Health | Heartbeat | Action | Teaching | HeatmapHeader
KINDS: dict[str, type[Message]] = {
    "result": Result,
    "alert": Alert,
    "health": Health,
    "heartbeat": Heartbeat,
    "action": Action,
    "teaching": Teaching,
    "heatmap": HeatmapHeader,
}
ANY_MESSAGE: TypeAdapter[Message] = TypeAdapter(Annotated[Message, Field(discriminator="kind")])


def read_message(payload: bytes | str) -> Message:
    """Reads one JSON message; keys of a newer station are ignored.

    Raises:
        BusError: it is not a message of this contract.
    """
    try:
        return ANY_MESSAGE.validate_json(payload, extra="ignore")
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "message"
        hint = "is another program, or another version of edge-ad, at this address?"
        raise BusError(f"not a message of edge-ad: {where}: {first['msg']}", hint=hint) from error


def topic_of(message: Message) -> bytes:
    """The first frame: ``kind/station/camera``; the camera is empty where the whole station is meant."""
    return f"{message.kind}/{message.station}/{message.camera or ''}".encode()
