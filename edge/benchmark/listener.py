"""A reader in another process, as a station has one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from edge.messaging.publisher import Publisher

COMES_WITHIN_S = 30.0


@contextmanager
def listening(publisher: Publisher) -> Iterator[None]:
    """Keeps ``edge-ad subscribe`` connected for the length of the block.

    Raises:
        BusError: it did not come.
    """
    command = [sys.executable, "-m", "edge", "subscribe", publisher.events, "--json"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as reader:
        try:
            publisher.wait_for_subscribers(1, COMES_WITHIN_S)
            yield
        finally:
            reader.terminate()
