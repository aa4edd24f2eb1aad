"""The doorkeeper of a station's sockets: encrypts them, admits the clients that have keys, cuts revoked ones."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import closing

import zmq

from edge.closing import Closing
from edge.errors import BusError, SecurityError
from edge.health.stage import Stage
from edge.log import log_event
from edge.security import zap
from edge.security.allow_list import AllowList
from edge.security.connections import Connections, public_key_of
from edge.security.folder import KeyFolder
from edge.security.keys import Client

LOOK_S = 1.0
_WAKE_MS = 100
_REFUSALS_KEPT = 1000
log = logging.getLogger(__name__)


class Authenticator(Closing):
    """Answers ZeroMQ's questions in a thread of its own, from the moment it is made; one at a time in a process.

    CURVE alone admits anybody when nobody answers. So the order is fixed here: the thread listens before a socket
    can be protected, and ``protect`` sets a domain that ZeroMQ must ask about. If this thread ends, no new client
    is admitted.

    Args:
        folder: the keys; read again each second.
        context: of the sockets to protect; the process's own if not given.

    Attributes:
        turned_away: connections that were refused.
        stage: what its thread is at.

    Raises:
        SecurityError: the station has no key, or a file is damaged or open to others.
        BusError: there is another authenticator, or this ZeroMQ cannot encrypt.
    """

    def __init__(self, folder: KeyFolder, context: zmq.Context[zap.Socket] | None = None) -> None:
        if not zmq.has("curve"):
            raise BusError("this ZeroMQ was built without CURVE", hint="install pyzmq from its own wheel")
        self._keys = folder.station()
        self._allowed = AllowList(folder)
        self._connections = Connections(self._is_admitted)
        self.turned_away = 0
        self.stage = Stage("authenticator")
        self._reported: set[str] = set()
        self._turn_s = time.monotonic()
        self._closing = threading.Event()
        self._socket = (context or zmq.Context.instance()).socket(zmq.ROUTER)
        self._socket.setsockopt(zmq.LINGER, 0)
        try:
            self._socket.bind(zap.ENDPOINT)
        except zmq.ZMQError as error:
            self._socket.close()
            raise BusError("this process has an authenticator already") from error
        self._thread = threading.Thread(target=self._run, name="authenticator", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether clients can connect."""
        return self._thread.is_alive()

    @property
    def idle_s(self) -> float:
        """Seconds since the thread last went round; it does so each second."""
        return time.monotonic() - self._turn_s

    @property
    def complaint(self) -> str:
        """What of the key folder cannot be read, one line; empty where all is well."""
        return self._allowed.complaint

    def protect(self, socket: zap.Socket) -> None:
        """Lets only admitted clients connect to a socket, encrypted.

        Raises:
            SecurityError: nobody would answer for it, or it is bound already: options would have no effect.
        """
        if not self.alive:
            raise SecurityError("the authenticator has ended: nothing is bound without it")
        if socket.getsockopt_string(zmq.LAST_ENDPOINT).rstrip("\0"):
            raise SecurityError("a socket must be protected before it is bound")
        socket.setsockopt(zmq.ZAP_DOMAIN, zap.DOMAIN)
        socket.setsockopt(zmq.ZAP_ENFORCE_DOMAIN, 1)
        socket.setsockopt(zmq.CURVE_SECRETKEY, self._keys.secret_bytes)
        socket.setsockopt(zmq.CURVE_SERVER, 1)

    def note(self, frame: zmq.Frame) -> Client | None:
        """Notes that a frame came from a client; returns who it is, None where it is no longer admitted."""
        self._connections.note(frame)
        public = public_key_of(frame)
        return None if public is None else self._allowed.clients.get(public)

    def close(self) -> None:
        """Ends the thread; close the protected sockets first. May be called again."""
        self._closing.set()
        self._thread.join()

    def _is_admitted(self, public: str) -> bool:
        return public in self._allowed.clients

    def _run(self) -> None:
        with closing(self._socket):
            look_at_s = time.monotonic() + LOOK_S
            while not self._closing.is_set():
                self.stage.begin("admission")
                if self._socket.poll(_WAKE_MS):
                    self._answer()
                self._turn_s = time.monotonic()
                if self._turn_s >= look_at_s:
                    self._look()
                    look_at_s = time.monotonic() + LOOK_S
            self.stage.end()
            self._socket.unbind(zap.ENDPOINT)  # at once: closing takes ZeroMQ a while

    def _answer(self) -> None:
        refused = zap.answer(self._socket, self._is_admitted)
        if refused is None:
            return
        self.turned_away += 1
        if refused not in self._reported and len(self._reported) < _REFUSALS_KEPT:  # it tries again and again
            self._reported.add(refused)
            log_event(log, "client_refused", level=logging.WARNING, public_key=refused)

    def _look(self) -> None:
        complaint = self._allowed.complaint
        names = {public: client.name for public, client in self._allowed.clients.items()}
        for public in self._allowed.read_again():
            log_event(log, "client_revoked", client=names[public])
            self._connections.cut(public)
        if self._allowed.complaint not in ("", complaint):
            log_event(log, "keys_unreadable", level=logging.ERROR, reason=self._allowed.complaint)
