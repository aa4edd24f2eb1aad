"""A station file as settings: TOML, with the line of every key for error messages."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path

from edge.config.keys import find_key
from edge.config.layer import Layer, flat
from edge.errors import ConfigError
from edge.models.names import is_reference

HEADER = re.compile(r"\s*(?P<open>\[\[?)(?P<name>[^\[\]]+)\]")
ASSIGNMENT = re.compile(r"""\s*(?P<name>(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*[A-Za-z0-9_"'-]+)*)\s*=""")


def station_file(path: Path) -> Layer:
    """Reads a station file; relative paths in it start at the file's own folder.

    Raises:
        ConfigError: the file cannot be read or is not TOML.
    """
    text = _read(path)
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _not_toml(path, text, str(error)) from error
    except RecursionError as error:
        raise ConfigError(f"{path}: not TOML: nested too deeply", hint="mend its brackets") from error
    lines = line_numbers(text)
    values = {key: _from_folder_of(path, key, value) for key, value in flat(tree)}
    return Layer(values, place=lambda key: _place(path, lines, key), spelling=str)


def line_numbers(text: str) -> dict[str, int]:
    """Line, from 1, of each table header and assignment of a TOML text, by dotted key."""
    lines: dict[str, int] = {}
    seen: Counter[str] = Counter()
    table = ""
    for number, line in enumerate(text.split("\n"), start=1):
        if header := HEADER.match(line):
            table = _dotted(header["name"])
            if header["open"] == "[[":
                seen[table] += 1
                lines.setdefault(table, number)
                table = f"{table}.{seen[table] - 1}"
            lines.setdefault(table, number)
        elif assignment := ASSIGNMENT.match(line):
            lines.setdefault(".".join(filter(None, (table, _dotted(assignment["name"])))), number)
    return lines


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(
            f"cannot read station file {path}: {error.strerror}", hint="give the path of a TOML file"
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 text", hint="save the file as UTF-8") from error


def _not_toml(path: Path, text: str, complaint: str) -> ConfigError:
    reason, _, where = complaint.partition(" (at ")
    number = re.match(r"line (\d+)", where)
    line = number[1] if number else text.rstrip().count("\n") + 1
    return ConfigError(f"{path}:{line}: not TOML: {reason}", hint="mend this line")


def _from_folder_of(path: Path, key: str, value: object) -> object:
    known = find_key(key)
    if known is None or known.kind != "path" or not isinstance(value, str):
        return value
    if key.rpartition(".")[2] == "model" and is_reference(value):  # of the store, not of this folder
        return value
    return str(path.parent / value)


def _place(path: Path, lines: dict[str, int], key: str) -> str:
    """File, line and key; of a key without a line of its own, the line of its table."""
    table = key
    while table and table not in lines:
        table = table.rpartition(".")[0]
    return f"{path}:{lines[table]}: {key}" if table else f"{path}: {key}"


def _dotted(name: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in name.split("."))
