"""SIGTERM and SIGINT as a wish to stop, from a command's first moment on."""

from __future__ import annotations

import signal
import threading
from types import FrameType


def stop_signals() -> threading.Event:
    """From now on both signals set the event that is returned, and interrupt nothing.

    An exception in their place can be lost: raised within the import of a package it ends that import, and some
    packages go on without what they wanted to import.
    """
    stopping = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    return stopping
