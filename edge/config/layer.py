"""One origin of settings: the command line, the environment or a station file, each as flat dotted keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from edge.config.keys import find_key, is_table, nearest
from edge.errors import ConfigError


@dataclass(frozen=True)
class Layer:
    """Settings of one origin.

    Attributes:
        values: value by dotted key, e.g. ``{"bus.events": "tcp://...", "cameras.0.source": "0"}``.
        place: where a key of this origin is found, as an error names it, e.g. ``station.toml:7: bus.events``.
        spelling: how a known key is written in this origin, e.g. ``EDGE_AD_BUS__EVENTS``.
    """

    values: Mapping[str, object]
    place: Callable[[str], str]
    spelling: Callable[[str], str]

    def has(self, key: str) -> bool:
        """Whether this origin sets the key, or a key of the table of that name."""
        return any(name == key or name.startswith(f"{key}.") for name in self.values)

    def refuse_unknown_keys(self) -> None:
        """Raises ConfigError, naming the nearest known key, if there is a key that no station has."""
        for key, value in self.values.items():
            if find_key(key) or (is_table(key) and value == {}):
                continue
            if is_table(key):
                header = "[[cameras]]" if key == "cameras" else f"[{key}]"
                raise ConfigError(
                    f"{self.place(key)}: must be a table", hint=f"write {header} on a line of its own"
                )
            close = nearest(key)
            hint = f"did you mean {self.spelling(close)}?" if close else "every key is in docs/configuration.md"
            raise ConfigError(f"{self.place(key)}: unknown key", hint=hint)


def flat(tree: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Yields the leaves of nested tables and lists of tables under dotted keys; an empty table is a leaf."""
    for name, value in tree.items():
        key = f"{prefix}{name}"
        if isinstance(value, dict) and value:
            yield from flat(value, f"{key}.")
        elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            yield from flat({str(number): item for number, item in enumerate(value)}, f"{key}.")
        else:
            yield key, value


def nested(values: Mapping[str, object]) -> dict[str, object]:
    """Folds dotted keys back into tables; tables that are numbered from 0 without a gap become a list."""
    tree: dict[str, object] = {}
    for key in sorted(values):
        *path, last = key.split(".")
        table = tree
        for name in path:
            table = table.setdefault(name, {})  # type: ignore[assignment]  # leaves and tables never share a key
        table[last] = dict(value) if isinstance(value := values[key], dict) else value
    return {name: _listed(value) for name, value in tree.items()}


def _listed(value: object) -> object:
    if isinstance(value, dict) and value and set(value) == {str(number) for number in range(len(value))}:
        return [value[str(number)] for number in range(len(value))]
    return value
