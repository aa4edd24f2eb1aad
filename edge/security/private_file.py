"""Files that decide who gets in: written whole or not at all, refused where others could read or change them."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from edge.durable import give_away, sync
from edge.errors import SecurityError

SECRET, PUBLIC = 0o600, 0o644
_FOLDER = 0o700


def make_folder(folder: Path) -> None:
    """Makes a folder that only its owner may enter, with the folders above it; leaves one that is there.

    Raises:
        SecurityError: it cannot be made.
    """
    try:
        if not folder.is_dir():
            folder.parent.mkdir(parents=True, exist_ok=True)
            folder.mkdir(mode=_FOLDER)
            give_away(folder, folder.parent)
    except OSError as error:
        raise SecurityError(f"cannot make {folder}: {error.strerror}", hint="check its owner") from error


def write_new(path: Path, text: str, mode: int) -> None:
    """Writes a file that does not exist yet; it appears whole, on disk, and never with a wider mode.

    Args:
        path: in a folder that exists.
        text: its content.
        mode: ``SECRET`` or ``PUBLIC``.

    Raises:
        FileExistsError: it is there already.
        SecurityError: it cannot be written.
    """
    try:
        with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}-") as fresh:  # mode 0600
            fresh.write(text)
            fresh.flush()
            os.fchmod(fresh.fileno(), mode)
            os.fsync(fresh.fileno())
            os.link(fresh.name, path)
        give_away(path, path.parent)
        sync(path.parent)
    except FileExistsError:
        raise
    except OSError as error:
        raise SecurityError(f"cannot write {path}: {error.strerror}", hint="check the folder's owner") from error


def read_secret(path: Path) -> str:
    """Reads a file that nobody else may read.

    Raises:
        SecurityError: it cannot be read, or others can read it.
    """
    return _read(path, forbidden=0o077, danger="can be read by others", mend=f"chmod 600 {path}")


def read_trusted(path: Path) -> str:
    """Reads a file that nobody else may change.

    Raises:
        SecurityError: it cannot be read, or others can change it.
    """
    return _read(path, forbidden=0o022, danger="can be changed by others", mend=f"chmod go-w {path}")


def require_own(folder: Path) -> None:
    """Raises SecurityError where others may put files into a folder."""
    try:
        found = folder.stat()
    except OSError as error:
        raise SecurityError(f"cannot look into {folder}: {error.strerror}") from error
    _refuse(folder, found, 0o022, "can be changed by others", f"chmod go-w {folder}")


def _read(path: Path, *, forbidden: int, danger: str, mend: str) -> str:
    try:
        with path.open(encoding="ascii") as file:
            # Asked of the open file: a name could lead elsewhere by the time it is read.
            _refuse(path, os.fstat(file.fileno()), forbidden, danger, mend)
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not ASCII"
        raise SecurityError(f"cannot read {path}: {reason}", hint="check its owner and its name") from error


def _refuse(path: Path, found: os.stat_result, forbidden: int, danger: str, mend: str) -> None:
    if found.st_uid not in (os.geteuid(), 0):
        raise SecurityError(f"{path} belongs to another user", hint=f"mend it with: chown $(id -un) {path}")
    if stat.S_IMODE(found.st_mode) & forbidden:
        mode = f"mode {stat.S_IMODE(found.st_mode):04o}"
        raise SecurityError(f"{path} {danger} ({mode})", hint=f"mend it with: {mend}")
