"""Every key of a station, read off the models: what is known, what is near, and the table in the documentation."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from edge.config.station import StationConfig

BOUNDS = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "exclusiveMaximum": "<"}


@dataclass(frozen=True)
class Key:
    """One setting.

    Attributes:
        name: dotted path in the station file; ``*`` stands for the number of a ``[[cameras]]`` table.
        field: its type, default, bounds and description.
        schema: the same as JSON Schema.
    """

    name: str
    field: FieldInfo
    schema: dict[str, Any]

    @property
    def kind(self) -> str:
        """Type and bounds in words, e.g. ``number, >= 0.1, <= 60``."""
        schema = next((s for s in self.schema.get("anyOf", ()) if s != {"type": "null"}), self.schema)
        if "enum" in schema:
            return " or ".join(f'"{value}"' for value in schema["enum"])
        kind = "path" if schema.get("format") == "path" else schema["type"]
        return ", ".join(
            [kind, *(f"{sign} {schema[bound]:g}" for bound, sign in BOUNDS.items() if bound in schema)]
        )

    @property
    def default(self) -> str:
        """The default as TOML, ``required``, or nothing where the key is unset by default."""
        if self.field.is_required():
            return "required"
        if self.field.default is None:
            return ""
        return json.dumps(self.schema["default"])


def all_keys(model: type[BaseModel] = StationConfig, prefix: str = "") -> Iterator[Key]:
    """Yields the settings of a station in the order of the models, tables unfolded."""
    properties = model.model_json_schema()["properties"]
    for name, field in model.model_fields.items():
        table = _table_of(field.annotation)
        if table is None:
            yield Key(prefix + name, field, properties[name])
        else:
            many = "*." if table is not field.annotation else ""
            yield from all_keys(table, f"{prefix}{name}.{many}")


def _table_of(annotation: Any) -> type[BaseModel] | None:
    """The model of a table: of ``BusOptions`` itself, of ``tuple[CameraOptions, ...]`` its element."""
    for candidate in (annotation, *get_args(annotation)):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None


KEYS = {key.name: key for key in all_keys()}


def find_key(name: str) -> Key | None:
    """The setting that a dotted name such as ``cameras.0.fps`` means; None where there is none."""
    return KEYS.get(_numberless(name))


def is_table(name: str) -> bool:
    """Whether a dotted name is a table such as ``bus``, the list ``cameras``, or one of its tables."""
    return any(key.startswith(f"{_numberless(name)}.") for key in KEYS)


def nearest(name: str) -> str:
    """The known key that was probably meant by an unknown one, or an empty string."""
    wanted = _numberless(name)
    table, _, last = wanted.rpartition(".")
    siblings = {_last(key): key for key in KEYS if key.rpartition(".")[0] == table}
    everywhere = {_last(key): key for key in KEYS}
    tables = {key.partition(".")[0]: key.partition(".")[0] for key in KEYS if "." in key}
    for known, asked in (
        (siblings, last),
        ({key: key for key in KEYS}, wanted),
        (everywhere, last),
        (tables, wanted),
    ):
        for close in get_close_matches(asked, known, n=1):
            return _with_number_of(name, known[close])
    return ""


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _numberless(name: str) -> str:
    return re.sub(r"\.\d+(?=\.|$)", ".*", name)


def _with_number_of(name: str, pattern: str) -> str:
    number = re.search(r"\.(\d+)\.", name)
    return pattern.replace("*", number[1] if number else "0")


def markdown_table() -> str:
    """The table of all keys in ``docs/configuration.md``."""
    rows = ["| key | type | default | what it sets |", "|---|---|---|---|"]
    for key in KEYS.values():
        default = f"`{key.default}`" if key.default not in ("", "required") else key.default
        rows.append(f"| `{key.name}` | {key.kind} | {default} | {key.field.description} |")
    return "\n".join(rows) + "\n"
