"""Where metrics can be read: the ``[metrics]`` table of a station file."""

from __future__ import annotations

import re
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

_LOOPBACK = re.compile(r"(127(\.\d{1,3}){3}|localhost|\[::1\]):\d+")


class MetricsOptions(BaseModel):
    """Metrics are off unless an address is given; they are neither encrypted nor asked for a key."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    address: str | None = Field(
        default=None,
        pattern=r"^(\[[0-9A-Fa-f:.]+\]|[^\s:/\[\]]+):[0-9]{1,5}$",
        description="HOST:PORT where Prometheus reads metrics over HTTP, e.g. 127.0.0.1:9464; none if unset",
    )
    allow_remote: bool = Field(
        default=False,
        description="let other computers read metrics, which are neither encrypted nor asked for a key",
    )

    @model_validator(mode="after")
    def _stays_here(self) -> Self:
        if self.address is not None and not self.allow_remote and not _LOOPBACK.fullmatch(self.address):
            raise ValueError(
                f"{self.address} lets other computers read metrics: take 127.0.0.1, or set allow_remote = true"
            )
        return self
