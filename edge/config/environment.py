"""The environment as settings: ``EDGE_AD_BUS__EVENTS`` is ``bus.events``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from edge.config.keys import find_key, is_table
from edge.config.layer import Layer

PREFIX = "EDGE_AD_"
RESERVED = frozenset({"EDGE_AD_DEBUG", "EDGE_AD_DATA"})


def environment(environ: Mapping[str, str]) -> Layer:
    """Reads the variables that start with ``EDGE_AD_``; an empty one counts as not set."""
    names = {
        name.removeprefix(PREFIX).lower().replace("__", "."): name
        for name, text in environ.items()
        if name.startswith(PREFIX) and name not in RESERVED and text
    }
    values = {key: _typed(key, environ[name]) for key, name in names.items()}
    return Layer(values, place=variable, spelling=variable)


def variable(key: str) -> str:
    """The variable that sets a dotted key; of a table, the pattern of its variables."""
    return PREFIX + key.upper().replace(".", "__") + ("__*" if is_table(key) else "")


def _typed(key: str, text: str) -> object:
    """The value that a text means for its key; the text itself where it means none, to be refused later."""
    known = find_key(key)
    if known is None:
        return text
    annotation: Any = known.field.annotation
    try:
        return TypeAdapter[object](annotation).validate_strings(text)
    except ValidationError:
        return text
