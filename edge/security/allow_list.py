"""Who is admitted now: the clients of a key folder, read again while the station runs."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from edge.errors import SecurityError
from edge.security.folder import KeyFolder
from edge.security.keys import Client

_Look = tuple[tuple[str, int, int, int, int], ...]


class AllowList:
    """The admitted clients by public key. What cannot be read admits nobody.

    Args:
        folder: the keys.

    Raises:
        SecurityError: at the start, where a file is damaged or open to others.
    """

    def __init__(self, folder: KeyFolder) -> None:
        self._folder = folder
        self._seen = _look(folder)
        self._clients = _by_key(folder.check())
        self.complaint = ""

    @property
    def clients(self) -> Mapping[str, Client]:
        """Replaced as a whole when it changes, so that any thread may read it."""
        return self._clients

    def read_again(self) -> Sequence[str]:
        """Reads the folder where it changed.

        Returns:
            The public keys that were admitted before and no longer are. ``complaint`` says what could not be read.
        """
        seen = _look(self._folder)
        if seen == self._seen and not self.complaint:
            return ()
        before, damaged = self._clients, list[SecurityError]()
        try:
            self._clients = _by_key(self._folder.clients(damaged=damaged.append))
        except SecurityError as error:
            self._clients, damaged = {}, [error]
        self._seen = seen
        self.complaint = str(damaged[0]) if damaged else ""
        return [public for public in before if public not in self._clients]


def _by_key(clients: Sequence[Client]) -> dict[str, Client]:
    return {client.public: client for client in clients}


def _look(folder: KeyFolder) -> _Look:
    """What shows that a file came, went, or was replaced or opened to others; empty where nothing can be seen."""
    found = [_stamp(path) for path in (folder.path, folder.clients_path)]
    try:
        with os.scandir(folder.clients_path) as entries:
            found += [_stamp(Path(entry.path)) for entry in entries]
    except OSError:
        return ()
    return tuple(sorted(found))


def _stamp(path: Path) -> tuple[str, int, int, int, int]:
    try:
        state = path.stat()
    except OSError:
        return str(path), 0, 0, 0, 0
    return str(path), state.st_ino, state.st_mtime_ns, state.st_mode, state.st_uid
