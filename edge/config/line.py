"""The ``[line]`` table of a station file: how many parts pass it. It changes no verdict."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class LineOptions(BaseModel):
    """Lets ``edge-ad threshold`` turn a rate into false alarms per shift."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    parts_per_hour: float | None = Field(
        default=None, gt=0, description="parts that each camera judges in an hour"
    )
    shift_h: float = Field(default=8.0, gt=0, le=24, description="hours of a shift")
