"""The end of a process, where threads may be left in what nothing can interrupt."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from edge.errors import EdgeAdError


def complain(message: str) -> None:
    """Writes an error as the one line that a user sees."""
    sys.stderr.write(f"edge-ad: error: {' '.join(message.split())}\n")


@contextmanager
def not_waiting_for_threads() -> Iterator[None]:
    """Ends the process after the block where a thread is left: in a compiler, a device or a write that hangs.

    At its end Python would wait for a thread of a pool, and break off any other as it comes back from a library,
    which is SIGABRT where that library is C++. So the block must itself close all that has to be closed.

    Raises:
        EdgeAdError: what the block raised, where no thread is left; else it is said here.
    """
    code = 0
    try:
        yield
    except EdgeAdError as error:
        if threading.active_count() == 1:
            raise
        if os.environ.get("EDGE_AD_DEBUG"):
            traceback.print_exc()
        else:
            complain(str(error))
        code = error.exit_code
    if threading.active_count() > 1 or code:
        os._exit(code)
