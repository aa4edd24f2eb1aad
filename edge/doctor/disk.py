"""The disk under a station: how long an alert waits until it is surely on it."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from edge.doctor.check import Check, Status

TIMES = 10
ALERT_BYTES = 4096
SLOW_MS = 100.0


def flushing(folder: Path, *, slow_ms: float = SLOW_MS) -> Check:
    """How long writing an alert through to the disk takes, at most; a folder that is not there yet is not made.

    Args:
        folder: of the state.
        slow_ms: from how many milliseconds on a disk is slow.
    """
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    took_ms = []
    try:
        with tempfile.TemporaryFile(dir=existing) as file:
            for _ in range(TIMES):
                file.write(bytes(ALERT_BYTES))
                file.flush()
                began_s = time.perf_counter()
                os.fsync(file.fileno())
                took_ms.append((time.perf_counter() - began_s) * 1e3)
    except OSError as error:
        mend = "set state_dir to a folder that this user may write to"
        return Check("disk", Status.FAIL, f"cannot write to {existing}: {error.strerror}", mend)
    longest_ms = max(took_ms)
    found = f"an alert is on disk after {sorted(took_ms)[TIMES // 2]:.1f} ms, after {longest_ms:.1f} ms at most"
    if longest_ms < slow_ms:
        return Check("disk", Status.OK, found)
    mend = "alerts come later by that; verdicts do not. Take a disk with power-loss protection, or one less busy"
    return Check("disk", Status.WARN, found, mend)
