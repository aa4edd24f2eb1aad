"""The settings of one camera, the same on a command line and in a ``[[cameras]]`` table of a station file."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.errors import UsageError


class CameraOptions(BaseModel):
    """How to open one camera and how long to wait for it."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: str = Field(
        default="camera",
        pattern="^[A-Za-z0-9_-]{1,64}$",
        description="name of the camera in topics and logs: letters, digits, - and _",
    )
    source: str = Field(
        min_length=1,
        description="index, device path, video file, folder or glob of pictures, memory:FOLDER, rtsp:// or "
        "http:// address, GStreamer pipeline, or genicam:SERIAL",
    )
    fps: float | None = Field(
        default=None,
        gt=0,
        le=1000,
        description="frames per second: the pace of a file source, the rate asked of a live device",
    )
    loop: bool = Field(default=False, description="a file source starts again at its end")
    width: int | None = Field(default=None, ge=16, le=16384, description="columns asked of a live camera, pixels")
    height: int | None = Field(default=None, ge=16, le=16384, description="rows asked of a live camera, pixels")
    fourcc: str | None = Field(
        default=None,
        pattern="^[A-Za-z0-9 ]{4}$",
        description="pixel format asked of a live device, four letters, e.g. MJPG or YUYV",
    )
    pixel_format: str | None = Field(
        default=None,
        pattern="^[A-Za-z0-9]{1,32}$",
        description="pixel format asked of a GenICam camera, as it names it, e.g. Mono8 or BayerRG8",
    )
    producer: Path | None = Field(
        default=None,
        description="GenTL producer (.cti file) that reaches the GenICam camera; those in $GENICAM_GENTL64_PATH "
        "if unset",
    )
    exposure: float | None = Field(
        default=None,
        description="fixed exposure of a live device in the driver's own unit (V4L2: 100 microseconds, GenICam: "
        "microseconds); automatic where not given",
    )
    triggered: bool = Field(
        default=False,
        description="each picture of a live camera is started from outside (light barrier, PLC), so that silence "
        "is no fault and no picture is left out",
    )
    open_timeout_s: float = Field(
        default=5.0, ge=0.1, le=60, description="seconds after which opening a live camera is given up"
    )
    read_timeout_s: float = Field(
        default=1.0, ge=0.1, le=60, description="seconds without a frame after which a live camera is lost"
    )
    stall_after_s: float = Field(
        default=1.0,
        ge=0.1,
        le=60,
        description="seconds beyond the timeouts after which a hung capture process is killed and replaced",
    )
    retry_first_s: float = Field(
        default=0.2, ge=0.01, le=60, description="pause before the first attempt to reopen a lost camera, seconds"
    )
    retry_most_s: float = Field(
        default=5.0, ge=0.01, le=600, description="longest pause between attempts to reopen, which double, seconds"
    )


def camera_options(**given: object) -> CameraOptions:
    """Checks what a command line gave; None means not given.

    Raises:
        UsageError: a value is out of its bounds; names the option.
    """
    try:
        return CameraOptions.model_validate({key: value for key, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        option = "--camera" if first["loc"][0] == "source" else f"--{first['loc'][0]}".replace("_", "-")
        message = first["msg"][:1].lower() + first["msg"][1:]  # a pattern in it keeps its capitals
        raise UsageError(f"{option} {first['input']!r}: {message}") from error
