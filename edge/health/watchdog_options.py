"""How long a stage of a station may take before it counts as hung."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

STEP_LIMIT_S = 20.0  # without systemd


class WatchdogOptions(BaseModel):
    """How long a stage may take over one step before it counts as hung."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    step_limit_s: float | None = Field(
        default=None,
        ge=0.5,
        le=600,
        description="seconds that one step of capture, inference, publishing or control may take; systemd's "
        "WatchdogSec if unset, 20 without systemd",
    )
    disk_limit_s: float = Field(
        default=60.0,
        ge=0.5,
        le=3600,
        description="likewise for a step that waits for the disk: a slow disk is no reason to start again",
    )
