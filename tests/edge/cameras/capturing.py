"""What tests of captures ask again and again."""

from __future__ import annotations

import os
import time
from pathlib import Path

from edge.cameras.capture import Capture
from edge.frame import Frame

PATIENCE_S = 10.0


def next_frame(camera: Capture, within_s: float = PATIENCE_S) -> Frame:
    frame = camera.next_frame(within_s)
    assert frame is not None, f"no frame within {within_s} s, state {camera.state}"
    return frame


def rest(camera: Capture) -> list[Frame]:
    frames = []
    while (frame := camera.next_frame(PATIENCE_S)) is not None:
        frames.append(frame)
    return frames


def gone(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
    return stat.rpartition(")")[2].split()[0] == "Z"  # an orphan that nobody reaped is dead too


def wait_for(condition: object, within_s: float = PATIENCE_S) -> None:
    assert callable(condition)
    deadline_s = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline_s, "waited in vain"
        time.sleep(0.01)


def cpu_s(pid: int | None) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
