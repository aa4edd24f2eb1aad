"""Which faults of a camera are looked for, and from where on something is one."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class FaultOptions(BaseModel):
    """The ``[faults]`` table. Limits named "of the reference" need a reference taken at calibration."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    enabled: bool = Field(default=True, description="look for faults of the camera in every frame")
    frozen: bool = Field(default=True, description="look for a live camera that repeats one picture")
    frozen_after_s: float = Field(
        default=3.0,
        ge=0.1,
        le=3600,
        description="seconds without one pixel changed, in at least three frames, after which a live camera is "
        "frozen; more for network cameras whose compression hides the noise while nothing moves",
    )
    black: bool = Field(default=True, description="look for pictures in which nothing is lit")
    black_level: int = Field(default=16, ge=0, le=255, description="grey level up to which a pixel is black")
    black_share: float = Field(
        default=0.995, gt=0, le=1, description="share of black pixels above which a picture is black"
    )
    saturated: bool = Field(default=True, description="look for pictures in which nearly everything is white")
    saturated_level: int = Field(default=250, ge=0, le=255, description="grey level from which a pixel is white")
    saturated_share: float = Field(
        default=0.97, gt=0, le=1, description="share of white pixels above which a picture is saturated"
    )
    focus: bool = Field(default=True, description="look for pictures that are blurred as a whole")
    focus_below: float = Field(
        default=0.5,
        gt=0,
        lt=1,
        description="share of the reference's sharpness under which a picture is out of focus",
    )
    noise: bool = Field(default=True, description="look for heavy noise")
    noise_above: float = Field(
        default=3.0, ge=1, le=100, description="times the reference's noise above which noise is heavy"
    )
    noise_least: float = Field(
        default=5.0, ge=0, le=255, description="standard deviation in grey levels up to which noise is never heavy"
    )
    view: bool = Field(default=True, description="look for a camera that was moved against the part")
    shift_above: float = Field(
        default=0.02,
        gt=0,
        le=0.2,
        description="shift in shares of the longer side of the picture above which the view is shifted, "
        "if good parts themselves do not lie looser",
    )
    rotation_above: float = Field(
        default=2.0,
        gt=0,
        le=20,
        description="degrees above which the view is rotated, if good parts themselves do not lie looser",
    )
