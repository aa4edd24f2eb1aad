"""How long alerts are kept: the ``[outbox]`` table of a station file."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class OutboxOptions(BaseModel):
    """The oldest alerts leave the disk first, whichever limit is reached first; numbers go on all the same."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    keep_days: float = Field(
        default=90.0, gt=0, le=36_500, description="days of the station's running time for which alerts are kept"
    )
    keep_mb: int = Field(
        default=512, ge=1, le=100_000, description="10^6 bytes on disk above which the oldest alerts are deleted"
    )
    waiting_alerts: int = Field(
        default=10_000,
        ge=1,
        le=100_000,
        description="alerts that wait in memory while the disk refuses them; beyond it the oldest is dropped",
    )
