"""What control understands: one pydantic model per command, and how a request is refused."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from edge.messaging.replies import ErrorCode
from edge.security.role import Role

LARGEST_REQUEST_BYTES = 64 * 1024
LARGEST_REPLAY = 1000
MOST_ACTIONS = 100
LONGEST_INSPECTION_MS = 60_000

RequestId = Annotated[str, Field(max_length=64)] | Annotated[int, Field(ge=-(2**63), lt=2**63)]
# It is shown in terminals and lists: no control characters.
_PART_ID = r"^[^\x00-\x1f\x7f-\x9f]{1,128}$"
_MODEL_NAME = r"^[A-Za-z0-9_-]{1,64}(@[A-Za-z0-9._+-]{1,64})?$"
_PRODUCT_NAME = r"^[A-Za-z0-9_-]{1,64}$"
_WORDS = r"^[^\x00-\x1f\x7f-\x9f]{1,256}$"
PartId = Annotated[str, Field(pattern=_PART_ID)]
ModelName = Annotated[str, Field(pattern=_MODEL_NAME)]
ProductName = Annotated[str, Field(pattern=_PRODUCT_NAME)]
Words = Annotated[str, Field(pattern=_WORDS)]
_WHAT_FITS = {  # for a person, a pattern is no answer
    _PART_ID: "must be 1 to 128 characters, without line breaks and other control characters",
    _MODEL_NAME: "must be NAME or NAME@VERSION of a model in the station's store, not a path",
    _PRODUCT_NAME: "must be 1 to 64 letters, digits, - and _",
    _WORDS: "must be 1 to 256 characters, without line breaks and other control characters",
}


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    needs: ClassVar[Role] = Role.OBSERVE  # of a client, where the station has keys
    id: RequestId = Field(description="chosen by the asker, repeated in the reply")


class Status(_Request):
    """What the station is doing."""

    command: Literal["status"]


class Replay(_Request):
    """Alerts from disk, in order."""

    command: Literal["replay"]
    since_seq: int = Field(ge=0, lt=2**63, description="the last alert that the asker has; 0 for all")
    limit: int = Field(default=100, ge=1, le=LARGEST_REPLAY, description="most alerts in one reply")


class ReadActions(_Request):
    """Who changed what, in order."""

    command: Literal["actions"]
    since_number: int | None = Field(
        default=None, ge=0, lt=2**63, description="the last action that the asker has; null for the newest ones"
    )
    limit: int = Field(default=100, ge=1, le=MOST_ACTIONS, description="most actions in one reply")


class Pause(_Request):
    """Stops judging; heartbeats go on and say so."""

    needs = Role.OPERATE
    command: Literal["pause"]
    camera: str | None = Field(default=None, max_length=64, description="name of a camera; null for all")


class Resume(_Request):
    """Judges again."""

    needs = Role.OPERATE
    command: Literal["resume"]
    camera: str | None = Field(default=None, max_length=64, description="name of a camera; null for all")


class Inspect(_Request):
    """The verdict of the part that lies before a camera now."""

    needs = Role.OPERATE
    command: Literal["inspect"]
    camera: str | None = Field(
        default=None, max_length=64, description="name of a camera; null for the only one in trigger mode"
    )
    part_id: PartId = Field(description="names the part in the result, up to 128 characters")
    timeout_ms: int = Field(
        ge=1, le=LONGEST_INSPECTION_MS, description="time for the verdict, from the arrival of the request"
    )


class TakeSnapshot(_Request):
    """The next frame that is judged, with its heatmap."""

    needs = Role.OPERATE
    command: Literal["snapshot"]
    camera: str | None = Field(default=None, max_length=64, description="name of a camera; null for the only one")
    timeout_ms: int = Field(
        default=2000,
        ge=1,
        le=LONGEST_INSPECTION_MS,
        description="time for a frame, from the arrival of the request",
    )


class Acknowledge(_Request):
    """Somebody looked at an alarm and says whether it was right; the last word counts."""

    needs = Role.OPERATE
    command: Literal["acknowledge"]
    alert_id: str = Field(min_length=1, max_length=64, description="the alert_id of an alert on disk")
    by: PartId = Field(description="who says so, up to 128 characters")
    judgement: Literal["true_alarm", "false_alarm"] = Field(description="true_alarm or false_alarm")


class SetThreshold(_Request):
    """Judges by another threshold; it survives a restart, until the model is another one."""

    needs = Role.MAINTAIN
    command: Literal["set_threshold"]
    camera: str | None = Field(default=None, max_length=64, description="name of a camera; null for the only one")
    threshold: float | None = Field(
        description="raw score above which a part is anomalous; null goes back to the one of the settings"
    )
    reason: Words = Field(description="why, up to 256 characters; it is recorded")


class Reload(_Request):
    """Another model takes the place of the one that judges, once it has proved itself."""

    needs = Role.MAINTAIN
    command: Literal["reload"]
    model: ModelName | None = Field(
        default=None,
        description="NAME or NAME@VERSION of a model in the store; null for what each camera runs, read anew",
    )
    camera: str | None = Field(
        default=None,
        max_length=64,
        description="name of a camera, which may be changed over to another product; null for all",
    )


class Teach(_Request):
    """Learns a new product from good parts before a camera, while the station judges on."""

    needs = Role.MAINTAIN
    command: Literal["teach"]
    action: Literal["start", "status", "stop"] = Field(description="stop keeps the pictures taken")
    camera: str | None = Field(default=None, max_length=64, description="name of a camera; null for the only one")
    name: ProductName | None = Field(default=None, description="of the product; start needs it")
    backbone: ProductName | None = Field(
        default=None, description="a file of the station's folder backbones, without .xml; null for the only one"
    )
    count: int = Field(default=120, ge=1, le=10_000, description="how many new pictures are wanted")
    add: bool = Field(default=False, description="to what was taught already, with the same backbone")
    false_alarm_rate: float | None = Field(
        default=None, gt=0, le=0.5, description="promised share of false alarms; null for what the pictures allow"
    )
    max_motion: float | None = Field(
        default=None,
        ge=0,
        le=255,
        description="change between two frames from which the part moves, grey levels; 0: it may move",
    )
    min_change: float | None = Field(
        default=None,
        ge=0,
        le=255,
        description="change from every picture kept from which one is new, grey levels; 0 keeps duplicates",
    )
    min_relative_sharpness: float | None = Field(
        default=None, ge=0, le=1, description="least share of the camera's sharpness; 0: no limit"
    )

    @model_validator(mode="after")
    def _start_says_what(self) -> Self:
        if self.action == "start" and self.name is None:
            raise ValueError("start needs the name of the product")
        return self


Request = (
    Status
    | Replay
    | ReadActions
    | Pause
    | Resume
    | Inspect
    | TakeSnapshot
    | Acknowledge
    | SetThreshold
    | Reload
    | Teach
)
ANY_REQUEST: TypeAdapter[Request] = TypeAdapter(Annotated[Request, Field(discriminator="command")])
COMMANDS = (
    "status",
    "replay",
    "actions",
    "pause",
    "resume",
    "inspect",
    "snapshot",
    "acknowledge",
    "set_threshold",
    "reload",
    "teach",
)


class _Envelope(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)

    id: RequestId


class RequestError(Exception):
    """A request that is refused before anything was done.

    Args:
        code: for the asker's program.
        message: for the asker's programmer, one line.
        request_id: the request's id, where it could be read.
    """

    def __init__(self, code: ErrorCode, message: str, request_id: str | int | None = None) -> None:
        super().__init__(message)
        self.code: ErrorCode = code
        self.message = message
        self.request_id = request_id


def read_request(payload: bytes) -> Request:
    """Reads one JSON request; strict: no unknown key, no number in quotes.

    Raises:
        RequestError: the bytes are not a request that control understands.
    """
    if len(payload) > LARGEST_REQUEST_BYTES:
        raise RequestError("too_large", f"{len(payload)} bytes; a request has at most {LARGEST_REQUEST_BYTES}")
    try:
        return ANY_REQUEST.validate_json(payload)
    except ValidationError as error:
        raise _refusal(error, payload) from error


def _refusal(error: ValidationError, payload: bytes) -> RequestError:
    try:
        request_id: str | int | None = _Envelope.model_validate_json(payload).id
    except ValidationError:
        request_id = None
    first = error.errors(include_url=False, include_input=False)[0]
    if first["type"] == "union_tag_invalid":
        known = ", ".join(COMMANDS)
        return RequestError("unknown_command", f"{first['ctx']['tag'][:64]!r}; known: {known}", request_id)
    # The first part of the place is the command, which the asker knows.
    where = ".".join(str(part) for part in first["loc"][1:])[:64]
    message = _WHAT_FITS.get(first.get("ctx", {}).get("pattern", ""), first["msg"])[:200]
    return RequestError("bad_request", _harmless(f"{where}: {message}" if where else message), request_id)


def _harmless(text: str) -> str:
    """Names of unknown keys are the asker's: what would steer a terminal or break a line is taken out."""
    return "".join(character if character.isprintable() else "?" for character in text)
