"""Ctrl-C during a training: the step at hand is finished, and what was learnt so far is kept."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

WORDS = b"\nstopping after this step ...\n"


@contextmanager
def stoppable() -> Iterator[Callable[[], bool]]:
    """Takes the first Ctrl-C as a wish to stop soon, and says so; the second one ends the program as ever.

    Yields:
        A function that tells whether to stop. Outside of the main thread, which alone gets signals, it never does.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    asked = threading.Event()
    before = signal.getsignal(signal.SIGINT)

    def note(number: int, frame: FrameType | None) -> None:
        asked.set()
        with suppress(OSError):  # past Python's buffers, which may be in use where the signal comes
            os.write(2, WORDS)
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, note)
    try:
        yield asked.is_set
    finally:
        signal.signal(signal.SIGINT, before)
