"""Commands that need more than the runtime install say so in one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from edge.errors import MissingExtraError


@contextmanager
def needs_extra(extra: str) -> Iterator[None]:
    """Maps a missing package inside the block to advice on what to install.

    Raises:
        MissingExtraError: a package of the extra is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"this command needs the package {error.name!r}", hint=f"pip install 'edge-ad[{extra}]'"
        ) from error
