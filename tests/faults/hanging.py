"""``edge-ad`` with one place that hangs or is slow once a file is there: HANG_AT, HANG_FILE, HANG_S."""

from __future__ import annotations

import ctypes
import os
import resource
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from edge.cli import main

PLACES = {
    "capture": ("edge.cameras.capture", "Capture", "wait_ready"),
    "inference": ("edge.inference.engine", "Engine", "run"),
    "publisher": ("edge.messaging.announcer", "Announcer", "listen"),
    "heartbeat": ("edge.messaging.heart", "Heart", "beat"),
    "store": ("edge.messaging.outbox", "Outbox", "keep"),
    "authenticator": ("edge.security.allow_list", "AllowList", "read_again"),
    "control": ("edge.messaging.pending", "Pending", "expired"),
    "station": ("edge.daemon", "Daemon", "_look_after"),
    "interpreter": ("edge.inference.engine", "Engine", "run"),
}


def hang_at(place: str, file: Path, seconds: float) -> None:
    module, name, method = PLACES[place]
    kind = getattr(import_module(module), name)
    real = getattr(kind, method)

    def hanging(*args: Any, **options: Any) -> Any:
        if file.exists():
            if place == "interpreter":  # a library that never gives Python's lock back stops every thread
                ctypes.PyDLL(None).sleep(int(seconds))
            time.sleep(seconds)
        return real(*args, **options)

    setattr(kind, method, hanging)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    hang_at(os.environ["HANG_AT"], Path(os.environ["HANG_FILE"]), float(os.environ.get("HANG_S", "1000")))
    main()
