"""The folder of a station's keys: ``station.key``, and ``clients/NAME.json`` for each client that is admitted."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from edge.durable import sync
from edge.errors import SecurityError, UsageError
from edge.security.keys import CLIENT_NAME, Client, ClientKeys, StationKeys, parse
from edge.security.private_file import (
    PUBLIC,
    SECRET,
    make_folder,
    read_secret,
    read_trusted,
    require_own,
    write_new,
)
from edge.security.role import Role

_NAME = re.compile(CLIENT_NAME)


class KeyFolder:
    """Makes, lists and revokes keys.

    A client's secret key is not kept here: it goes into the file that the client takes with it.

    Args:
        path: the folder; may be absent until a key is made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clients_path = path / "clients"
        self._station_path = path / "station.key"

    def station(self) -> StationKeys:
        """The station's own pair.

        Raises:
            SecurityError: there is none, it is damaged, or others can read it.
        """
        require_own(self.path)
        if not self._station_path.exists():
            hint = f"make it with: edge-ad keys create --station --keys-dir {self.path}"
            raise SecurityError(f"{self.path} has no key of the station", hint=hint)
        return parse(StationKeys, self._station_path, read_secret(self._station_path))

    def create_station(self) -> StationKeys:
        """The station's own pair, made where there is none."""
        make_folder(self.path)
        make_folder(self.clients_path)
        # Whoever came first made it.
        with suppress(FileExistsError):
            if not self._station_path.exists():
                write_new(self._station_path, _text(StationKeys.new()), SECRET)
        return self.station()

    def create(self, name: str, role: Role, output: Path) -> ClientKeys:
        """Admits a new client and writes its key file.

        Args:
            name: of the client; letters, digits, '-' and '_'.
            role: what it may do.
            output: the file for the client, which must not exist.

        Raises:
            UsageError: it is no name, there is a client of this name, or the file is there.
            SecurityError: a file cannot be written.
        """
        admitted = self._admitted_path(name)
        keys = ClientKeys.new(name, role, self.create_station())
        if admitted.exists():
            hint = f"revoke it first with: edge-ad keys revoke {name} --keys-dir {self.path}"
            raise UsageError(f"there is a client {name} already", hint=hint)
        try:
            write_new(output, _text(keys), SECRET)
        except FileExistsError as error:
            raise UsageError(f"{output} is there already", hint="give --output another file") from error
        client = Client(name=name, role=role, public=keys.public, created=datetime.now(UTC))
        try:
            write_new(admitted, _text(client), PUBLIC)
        except FileExistsError as error:  # two commands at once
            output.unlink(missing_ok=True)
            raise UsageError(f"there is a client {name} already") from error
        return keys

    def revoke(self, name: str) -> None:
        """Admits a client no longer; a running station cuts it off within 5 s.

        Raises:
            UsageError: there is no such client.
            SecurityError: its file cannot be removed.
        """
        try:
            self._admitted_path(name).unlink()
            sync(self.clients_path)
        except FileNotFoundError as error:
            hint = f"here are: {' '.join(path.stem for path in self.client_paths())}".rstrip(": ")
            raise UsageError(f"no client {name!r}", hint=hint) from error
        except OSError as error:
            raise SecurityError(f"cannot revoke {name}: {error.strerror}", hint="check the owner") from error

    def client_paths(self) -> list[Path]:
        """The files of the clients that are admitted, by name.

        Raises:
            SecurityError: the folder cannot be read, or others can change it.
        """
        require_own(self.path)
        require_own(self.clients_path)
        try:
            return sorted(self.clients_path.glob("*.json"))
        except OSError as error:
            raise SecurityError(f"cannot read {self.clients_path}: {error.strerror}") from error

    def clients(self, *, damaged: Callable[[SecurityError], None]) -> list[Client]:
        """Who is admitted; ``damaged`` is called for each file that is not as it must be, whose client is not.

        Raises:
            SecurityError: the folder cannot be read, or others can change it.
        """
        found: dict[str, Client] = {}
        for path in self.client_paths():
            try:
                client = parse(Client, path, read_trusted(path))
                if client.name != path.stem:
                    raise SecurityError(f"{path} is the key of {client.name}", hint="give the file its name")
                if other := found.get(client.public):  # one would stay admitted when the other is revoked
                    raise SecurityError(f"{path} has the key of {other.name}", hint="make each client its own key")
                found[client.public] = client
            except SecurityError as error:
                if path.exists():  # else revoked while we read
                    damaged(error)
        return list(found.values())

    def check(self) -> list[Client]:
        """Who is admitted; for a start.

        Raises:
            SecurityError: a file is absent or not as it must be.
        """
        self.station()
        return self.clients(damaged=_raise)

    def _admitted_path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise UsageError(f"not a name: {name!r}", hint="use up to 64 letters, digits, '-' and '_'")
        return self.clients_path / f"{name}.json"


def _raise(error: SecurityError) -> None:
    raise error


def _text(keys: StationKeys | ClientKeys | Client) -> str:
    return keys.model_dump_json(indent=2) + "\n"
