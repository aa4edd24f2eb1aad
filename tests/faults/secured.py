"""A running station with keys, and peers that mean it no good."""

from __future__ import annotations

import os
import random
import socket
import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from edge.security.folder import KeyFolder
from edge.security.role import Role
from tests.edge.conftest import RunStation
from tests.edge.running_station import RunningStation

GREETING = b"\xff" + bytes(8) + b"\x7f" + b"\x03\x01"


def key_folder(tmp_path: Path, *clients: str) -> KeyFolder:
    """Keys of a station with clients that may do everything; ``NAME.key`` is the file of each."""
    folder = KeyFolder(tmp_path / "keys")
    folder.create_station()
    for name in clients:
        folder.create(name, Role.MAINTAIN, tmp_path / f"{name}.key")
    return folder


def run_secured(run_station: RunStation, tmp_path: Path, pictures: Path) -> RunningStation:
    """A station with the keys in ``tmp_path`` that judges a few pictures a second."""
    config = tmp_path / "secured.toml"
    config.write_text('[security]\nkeys = "keys"\n[bus]\nheartbeat_s = 0.1\n', encoding="utf-8")
    return run_station("--config", str(config), "--camera", str(pictures), "--fps", "5", "--loop")


def connected(address: str) -> socket.socket:
    """A plain TCP connection to a ZeroMQ address; while many others come at once, the kernel lets it wait."""
    parts = urlsplit(address)
    return socket.create_connection((parts.hostname, parts.port), timeout=20)


def malformed(chance: random.Random) -> Iterator[bytes]:
    """Streams that no peer of good will sends, for ever."""
    null, curve = b"NULL".ljust(20, b"\0"), b"CURVE".ljust(20, b"\0")
    while True:
        yield chance.randbytes(chance.randrange(1, 4096))
        yield GREETING + null + bytes(32) + chance.randbytes(chance.randrange(1, 512))
        yield GREETING + curve + bytes(32) + chance.randbytes(chance.randrange(1, 512))
        # A long frame that claims more bytes than there are atoms at hand.
        yield GREETING + null + bytes(32) + b"\x02" + struct.pack(">Q", 2**62) + chance.randbytes(64)
        # READY of a socket type that does not belong here.
        ready = b"\x05READY\x0bSocket-Type" + struct.pack(">I", 3) + chance.choice([b"REP", b"PUB", b"XXX"])
        yield GREETING + null + bytes(32) + b"\x04" + bytes([len(ready)]) + ready
        # HELLO of CURVE with rubbish for its keys.
        hello = b"\x05HELLO\x01\x00" + chance.randbytes(192)
        yield GREETING + curve + bytes(32) + b"\x04" + bytes([len(hello)]) + hello


@contextmanager
def half_open(address: str, count: int, chance: random.Random) -> Iterator[None]:
    """So many connections at once whose handshake is begun and not finished."""
    greeting = GREETING + b"CURVE".ljust(20, b"\0") + bytes(32)
    with ExitStack() as opened:
        for _ in range(count):
            connection = opened.enter_context(connected(address))
            with suppress(OSError):  # the station let it go already
                connection.sendall(greeting[: chance.randrange(len(greeting) + 1)])
        yield


def resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
