"""The service manager that started this process, told by datagrams as ``sd_notify`` tells it."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Mapping

from edge.log import log_event

_KIND = socket.SOCK_DGRAM | socket.SOCK_CLOEXEC
log = logging.getLogger(__name__)


class ServiceManager:
    """Tells systemd that the station is ready, lives, or stops; says nothing where systemd did not ask.

    A message never waits: what the manager does not take at once is lost, as if it had not been sent.

    Args:
        environ: with ``NOTIFY_SOCKET``, ``WATCHDOG_USEC`` and ``WATCHDOG_PID`` where systemd set them.

    Attributes:
        watchdog_s: seconds without a sign of life after which the manager ends this process; None for never.
    """

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._address = environ.get("NOTIFY_SOCKET", "")
        self._complained = False
        meant = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        microseconds = environ.get("WATCHDOG_USEC", "")
        asked = meant and self._address and microseconds.isdecimal() and int(microseconds) > 0
        self.watchdog_s = int(microseconds) / 1e6 if asked else None
        # Opened once: signs of life must not depend on whether another file can be opened.
        self._end = socket.socket(socket.AF_UNIX, _KIND).detach() if self._address else -1

    def ready(self, status: str) -> None:
        """The station judges: start what waits for it."""
        self._tell(f"READY=1\nSTATUS={status}")

    def status(self, text: str) -> None:
        """One line for ``systemctl status``."""
        self._tell(f"STATUS={text}")

    def alive(self) -> None:
        """Every stage makes progress."""
        self._tell("WATCHDOG=1")

    def hung(self, status: str) -> None:
        """A stage hangs: do now what is done when signs of life are missing."""
        self._tell(f"STATUS={status}\nWATCHDOG=trigger")

    def stopping(self) -> None:
        """The station ends by itself."""
        self._tell("STOPPING=1")

    def _tell(self, message: str) -> None:
        if not self._address:
            return
        address = self._address
        if address.startswith("@"):  # an abstract socket: no file, and a zero byte in front of its name
            address = "\0" + address[1:]
        try:
            end = socket.socket(socket.AF_UNIX, _KIND, fileno=self._end)
            try:
                end.sendto(message.encode(), socket.MSG_DONTWAIT, address)
            finally:
                end.detach()
        except OSError as error:
            if not self._complained:
                self._complained = True
                log_event(log, "not_notified", level=logging.WARNING, socket=self._address, reason=str(error))
