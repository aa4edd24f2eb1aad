"""Counts for heartbeats."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from edge.messaging.messages import StationState, VerdictCounts
from edge.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Pulse:
    """What only the daemon knows about itself at a heartbeat.

    Attributes:
        state: what the station is doing.
        dropped: captured frames that were not judged since the start, all cameras.
    """

    state: StationState = "running"
    dropped: int = 0


class Tally:
    """Inspections by verdict, counted by any thread, and their rate from one heartbeat to the next.

    Args:
        now_s: monotonic time of the start, seconds.
    """

    def __init__(self, now_s: float) -> None:
        self._lock = threading.Lock()
        self._verdicts = dict.fromkeys(Verdict, 0)
        self._at_beat_s = now_s
        self._frames_at_beat = 0

    def add(self, verdict: Verdict) -> None:
        with self._lock:
            self._verdicts[verdict] += 1

    @property
    def verdicts(self) -> VerdictCounts:
        return VerdictCounts(
            good=self._verdicts[Verdict.GOOD],
            anomalous=self._verdicts[Verdict.ANOMALOUS],
            unknown=self._verdicts[Verdict.UNKNOWN],
        )

    def beat_fps(self, now_s: float) -> float:
        """Inspections per second since this was last asked."""
        frames = sum(self._verdicts.values())
        elapsed_s = now_s - self._at_beat_s
        fps = (frames - self._frames_at_beat) / elapsed_s if elapsed_s > 0 else 0.0
        self._at_beat_s, self._frames_at_beat = now_s, frames
        return round(fps, 2)
