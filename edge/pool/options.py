"""The ``[pool]`` table of a station file."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class PoolOptions(BaseModel):
    """Off unless it is asked for: it stores pictures of somebody's parts, and writes to the disk all day."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    enabled: bool = Field(
        default=False,
        description="keep the picture of each part that raised an alarm, and for good those that somebody judged",
    )
    keep_mb: int = Field(
        default=500, ge=1, le=100_000, description="10^6 bytes of judged pictures above which the oldest go"
    )
    waiting_mb: int = Field(
        default=200,
        ge=1,
        le=100_000,
        description="10^6 bytes of pictures that nobody has judged yet above which the oldest go",
    )
