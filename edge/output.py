"""Where results go, proved before the work that makes them."""

from __future__ import annotations

import tempfile
from pathlib import Path

from edge.errors import UsageError


def writable_folder(folder: Path) -> None:
    """Makes the folder if need be and tries a temporary file in it, so that no work is done in vain.

    Raises:
        UsageError: it cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"\0")
            file.flush()
    except OSError as error:
        raise UsageError(
            f"cannot write to {folder}: {error.strerror}",
            hint="check its owner and the free space of its disk, or choose another folder",
        ) from error
