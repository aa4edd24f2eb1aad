"""When parts count as drifted."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class DriftOptions(BaseModel):
    """The ``[drift]`` table."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    enabled: bool = Field(default=True, description="compare parts with those of the calibration all the time")
    every_s: float = Field(
        default=5.0,
        ge=0,
        le=86_400,
        description="mode free-run: seconds between two frames that are compared; more than a part stays before "
        "the camera. In the other modes each part is compared",
    )
    parts_to_false_alarm: int = Field(
        default=1_000_000,
        ge=1000,
        le=10**12,
        description="compared parts of one camera until drift is said without one, on average, at least",
    )
    agree: int = Field(
        default=30,
        ge=10,
        le=500,
        description="parts that must be like those before the drift until it is over; more where it took more to "
        "find it",
    )
    brightness_above: float = Field(
        default=0.03, ge=0, le=1, description="share by which the brightness must change, median of parts"
    )
    sharpness_above: float = Field(
        default=0.1, ge=0, le=1, description="share by which the sharpness must change, likewise"
    )
    position_above: float = Field(
        default=0.004,
        ge=0,
        le=0.1,
        description="shift in shares of the longer side of the picture that the view must have, likewise",
    )
