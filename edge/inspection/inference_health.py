"""What is said of component ``inference``: a lost device, else a processor that slows down for heat."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from edge.health.thermal import SYS, ThrottleWatch
from edge.log import log_event
from edge.messaging.messages import Condition
from edge.messaging.publisher import Publisher

log = logging.getLogger(__name__)


class InferenceHealth:
    """Says each change once; any thread may call it.

    Args:
        sys: where the kernel shows its counters of heat.
    """

    def __init__(self, sys: Path = SYS) -> None:
        self._throttling = ThrottleWatch(sys)
        self._publisher: Publisher | None = None
        self._device: tuple[Condition, str] = ("ok", "")
        self._said: tuple[Condition, str] = ("ok", "")
        self._lock = threading.Lock()

    def serve(self, publisher: Publisher) -> None:
        """From now on changes are published; a device may be lost before, while its model is tried."""
        self._publisher = publisher
        self._say()

    def device_changed(self, state: Condition, reason: str) -> None:
        """Takes in that a device was lost; said before this returns.

        Raises:
            StoreError, BusError: the publisher ended before.
        """
        log_event(log, "device_lost", level=logging.ERROR, state=state, reason=reason)
        self._device = state, reason
        self._say()

    def look(self) -> None:
        """Takes in whether the processor is too hot; to be called once a second.

        Raises:
            StoreError, BusError: the publisher ended before.
        """
        self._throttling.look()
        self._say()

    def _say(self) -> None:
        with self._lock:
            now = self._device
            if now[0] == "ok" and self._throttling.reason:
                now = "degraded", self._throttling.reason
            if self._publisher is not None and now != self._said:
                self._said = now
                self._publisher.health("inference", *now)
