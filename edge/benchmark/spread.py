"""How long something takes: not one number, but how it is spread."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydantic import BaseModel, ConfigDict


class Spread(BaseModel):
    """Quantiles of a time in milliseconds: half, nine of ten, and 99 of 100 took no longer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    p50: float
    p90: float
    p99: float


def spread_of(times_ms: Sequence[float]) -> Spread:
    """The spread of at least one time, in milliseconds."""
    p50, p90, p99 = (round(float(q), 3) for q in np.quantile(times_ms, (0.5, 0.9, 0.99)))
    return Spread(p50=p50, p90=p90, p99=p99)
