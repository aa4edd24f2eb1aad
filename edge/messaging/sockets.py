"""ZeroMQ at one seam: addresses are checked, options are set before bind, library errors become ours."""

from __future__ import annotations

import errno
import re

import zmq

from edge.errors import BusError, SecurityError, UsageError
from edge.security.authenticator import Authenticator
from edge.security.keys import ClientKeys

EVENTS = "tcp://127.0.0.1:5556"
HEATMAPS = "tcp://127.0.0.1:5557"
CONTROL = "tcp://127.0.0.1:5558"

LINGER_MS = 200
BEAT_MS = 1000
DEAD_MS = 3000
HANDSHAKE_MS = 2000
_TCP = re.compile(r"tcp://(?P<host>\[[0-9a-fA-F:.]+\]|[^\s/:]+):(?P<port>\d{1,5}|\*)")
_IPC = re.compile(r"ipc://\S{1,100}")
_LOOPBACK = re.compile(r"127(\.\d{1,3}){3}|localhost|\[::1\]")

Socket = zmq.Socket[bytes]


def shared_context() -> zmq.Context[Socket]:
    """The one ZeroMQ context of this process."""
    return zmq.Context.instance()


def leave() -> None:
    """Ends the context when every socket is closed: sends what lingers, for at most LINGER_MS."""
    shared_context().term()


def bind(
    kind: int,
    address: str,
    option: str,
    *,
    hwm: int,
    largest_message: int,
    access: Authenticator | None = None,
) -> Socket:
    """A socket bound to an address; without an authenticator, only to a loopback or ipc address.

    Args:
        kind: zmq.XPUB, zmq.ROUTER, ...
        address: tcp://127.0.0.1:5556; port 0 or * takes a free one (see ``endpoint``).
        option: the command's option that sets this address, named in errors.
        hwm: messages that may wait for each reader.
        largest_message: bytes of one incoming frame; a peer that sends more is disconnected.
        access: who decides which clients may connect; None for whoever reaches the address.

    Raises:
        UsageError: the address cannot be understood, or leaves this computer without an authenticator.
        SecurityError: the authenticator has ended.
        BusError: the address cannot be bound.
    """
    if access is None:
        check_loopback(address, option)
    else:
        check_address(address)
    socket = _prepared(kind, address, hwm=hwm, largest_message=largest_message)
    if kind == zmq.XPUB:
        socket.setsockopt(zmq.XPUB_VERBOSER, 1)
    try:
        if access is not None:
            access.protect(socket)
        socket.bind(address)
    except SecurityError:
        socket.close()
        raise
    except zmq.ZMQError as error:
        socket.close()
        if error.errno == errno.EADDRINUSE:
            hint = f"stop the other station or give {option} another port"
            raise BusError(f"{address} is in use", hint=hint) from error
        raise BusError(f"cannot bind {address}: {error.strerror}", hint=f"change {option}") from error
    return socket


def connect(kind: int, address: str, hwm: int, largest_message: int, keys: ClientKeys | None = None) -> Socket:
    """A socket that connects to an address, now or when somebody binds it.

    What a DEALER sends waits for nobody: until it is connected it takes no message, so that none is kept and then
    asked when it is out of date.

    Args:
        kind: zmq.SUB or zmq.DEALER.
        address: of the station.
        hwm: messages that may wait.
        largest_message: bytes of one incoming frame.
        keys: of this client, where the station asks for them.

    Raises:
        UsageError: the address cannot be understood.
    """
    check_address(address)
    socket = _prepared(kind, address, hwm=hwm, largest_message=largest_message)
    socket.setsockopt(zmq.IMMEDIATE, int(kind == zmq.DEALER))
    if keys is not None:
        socket.setsockopt(zmq.CURVE_SERVERKEY, keys.station_public.encode())
        socket.setsockopt(zmq.CURVE_PUBLICKEY, keys.public.encode())
        socket.setsockopt(zmq.CURVE_SECRETKEY, keys.secret_bytes)
    try:
        socket.connect(address)
    except zmq.ZMQError as error:
        socket.close()
        raise UsageError(f"cannot connect to {address}: {error.strerror}") from error
    return socket


def endpoint(socket: Socket) -> str:
    """The address that a socket is bound to, with the real port."""
    return socket.getsockopt_string(zmq.LAST_ENDPOINT).rstrip("\0")


def check_address(address: str) -> None:
    """Raises UsageError where an address is neither tcp://HOST:PORT nor ipc://PATH."""
    tcp = _TCP.fullmatch(address)
    port_fits = tcp is not None and (tcp["port"] == "*" or int(tcp["port"]) <= 65535)
    if not port_fits and not _IPC.fullmatch(address):
        raise UsageError(f"not an address: {address!r}", hint=f"write tcp://HOST:PORT, e.g. {EVENTS}")


def is_loopback(address: str) -> bool:
    """Whether only this computer can reach an address; raises UsageError where it cannot be understood."""
    check_address(address)
    tcp = _TCP.fullmatch(address)
    return tcp is None or _LOOPBACK.fullmatch(tcp["host"]) is not None


def check_loopback(address: str, option: str) -> None:
    """Raises UsageError where an address cannot be understood or can be reached from another computer."""
    if not is_loopback(address):
        hint = f"make keys with 'edge-ad keys create', or give {option} a loopback address such as {EVENTS}"
        raise UsageError(f"{address} can be reached from the network, which needs keys; none are set", hint=hint)


def _prepared(kind: int, address: str, *, hwm: int, largest_message: int) -> Socket:
    socket = shared_context().socket(kind)
    socket.setsockopt(zmq.IPV6, int(address.startswith("tcp://[")))
    socket.setsockopt(zmq.LINGER, LINGER_MS)
    socket.setsockopt(zmq.SNDHWM, hwm)
    socket.setsockopt(zmq.RCVHWM, hwm)
    socket.setsockopt(zmq.MAXMSGSIZE, largest_message)
    # A peer that does not finish its handshake is let go; a client that was not admitted then tries again.
    socket.setsockopt(zmq.HANDSHAKE_IVL, HANDSHAKE_MS)
    socket.setsockopt(zmq.HEARTBEAT_IVL, BEAT_MS)
    socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, DEAD_MS)
    return socket
