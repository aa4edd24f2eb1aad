"""What the daemon reaches on cameras that play from memory as fast as it takes their pictures."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from edge.benchmark.memory import descendants_of, memory_of, proportional_mb
from edge.benchmark.station_run import StationRun, running

SETTLE_S = 0.5


class Rate(BaseModel):
    """One station with so many cameras."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    streams: int
    frames_per_s: float = Field(description="verdicts of all cameras together")
    slowest_stream: float = Field(description="verdicts per second of the camera that got fewest")
    first_verdict_s: float = Field(description="from the start of the process to its first message, warm cache")
    resident_mb: float | None = Field(description="RSS of the daemon, 10^6 bytes")
    capture_mb: float | None = Field(description="of all its capture processes, shared pages counted once")


def rate(folder: Path, streams: int, source: str, settings: Mapping[str, object], seconds: float) -> Rate:
    """Runs a station and counts its verdicts.

    Args:
        folder: for what the station writes.
        streams: how many cameras.
        source: of each camera, e.g. ``memory:/tmp/pictures``.
        settings: of the station, by dotted key.
        seconds: how long to count, after each camera gave a verdict.

    Raises:
        DeviceError: the station ended, or gave no verdict.
    """
    cameras = [{"name": f"camera-{number}", "source": source, "loop": True} for number in range(1, streams + 1)]
    with running(folder, cameras, settings) as station:
        first_ns = station.first_result().at_ns
        counted, elapsed_s = verdicts(station, streams, seconds)
        memory, children = memory_of(station.pid), descendants_of(station.pid)
        return Rate(
            streams=streams,
            frames_per_s=round(sum(counted.values()) / elapsed_s, 1),
            slowest_stream=round(min(counted.values()) / elapsed_s, 1),
            first_verdict_s=round((first_ns - station.began_ns) / 1e9, 3),
            resident_mb=memory.resident_mb if memory else None,
            capture_mb=proportional_mb(children) if memory else None,
        )


def verdicts(station: StationRun, streams: int, seconds: float) -> tuple[dict[str, int], float]:
    """Counts results by camera for so many seconds, once every camera gives some.

    Returns:
        The number for each camera, and the seconds that they took.

    Raises:
        DeviceError: the station ended.
    """
    seen: set[str] = set()
    patience_s = time.monotonic() + 10.0
    while len(seen) < streams and time.monotonic() < patience_s:
        seen |= set(_cameras(station, SETTLE_S))
    before = dict.fromkeys(seen, 0)
    began_s = time.monotonic()
    counted = Counter(_cameras(station, seconds))
    return before | counted, time.monotonic() - began_s


def _cameras(station: StationRun, seconds: float) -> list[str]:
    """The camera of each result within the next seconds."""
    results = [heard.payload for heard in station.heard(seconds) if heard.kind == "result"]
    return [str(json.loads(payload)["camera"]) for payload in results]
