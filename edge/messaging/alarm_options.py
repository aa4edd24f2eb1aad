"""When parts of one camera raise an alarm and when it is cleared: the ``[alarm]`` table of a station file."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class AlarmOptions(BaseModel):
    """How many anomalous parts make an alarm; by default each one raises its own, which is never cleared."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    anomalous: int = Field(
        default=1, ge=1, le=1000, description="anomalous parts among the last ones of a camera that raise an alarm"
    )
    of: int = Field(default=1, ge=1, le=1000, description="how many of the last parts are looked at")
    clear_after_good: int = Field(
        default=0,
        ge=0,
        le=1000,
        description="good parts in a row that clear an alarm, which until then raises no other; 0: never cleared",
    )
    cool_down_s: float = Field(
        default=0.0, ge=0, le=86_400, description="seconds after an alarm in which the camera raises no other"
    )

    @property
    def each_part(self) -> bool:
        """Whether every anomalous part raises an alarm of its own."""
        return (self.of, self.clear_after_good, self.cool_down_s) == (1, 0, 0.0)

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        if self.anomalous > self.of:
            raise ValueError(
                f"{self.anomalous} anomalous of {self.of} parts cannot be: of must be at least as many"
            )
        return self
