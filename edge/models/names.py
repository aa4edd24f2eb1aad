"""How a model of the store is called: ``bottle``, the active version of it, or ``bottle@20261122T020500Z``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from edge.errors import UsageError

NEWEST = "newest"  # the version that was installed last, to look at it before it is activated
NAME = r"[A-Za-z0-9_-]{1,64}"
_REFERENCE = re.compile(rf"(?P<name>{NAME})(?:@(?P<version>[A-Za-z0-9._+-]{{1,64}}))?")


def is_reference(text: str) -> bool:
    """Whether a ``model`` means one of the store; a file has a suffix or a folder in its name."""
    return _REFERENCE.fullmatch(text) is not None and not text.endswith((".xml", ".bin", ".onnx"))


@dataclass(frozen=True, slots=True)
class Reference:
    """A model of the store, or one version of it.

    Attributes:
        name: of the model.
        version: as its card names it, the first digits of its sha256, or ``newest``; empty for the active one.
    """

    name: str
    version: str = ""

    @classmethod
    def of(cls, text: str) -> Self:
        """Reads ``NAME`` or ``NAME@VERSION``.

        Raises:
            UsageError: it is neither.
        """
        found = _REFERENCE.fullmatch(text)
        if found is None:
            hint = "a name has up to 64 letters, digits, - and _; a version comes after an @"
            raise UsageError(f"{text!r} is not NAME or NAME@VERSION", hint=hint)
        return cls(found["name"], found["version"] or "")

    def __str__(self) -> str:
        return f"{self.name}@{self.version}" if self.version else self.name
