"""Logging: one event is one line on standard error, readable or JSON, through the standard library.

Event names are fixed snake_case words that a log search can count on; what varies goes into fields. The JSON
keys ``time``, ``level``, ``event``, ``message`` and ``exception`` are taken.
"""

from __future__ import annotations

import json
import logging
import math
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Literal

Field = str | int | float | bool | Path | None | list[str]


def start_logging(
    form: Literal["text", "json"] = "text",
    level: Literal["debug", "info", "warning", "error"] = "info",
    stream: IO[str] | None = None,
) -> None:
    """Sends all log records of this process to a stream, replacing what was set up before.

    Args:
        form: ``text`` for people, ``json`` for one object per line.
        level: least important level that is written.
        stream: where to; standard error if None.
    """
    handler = logging.StreamHandler(sys.stderr if stream is None else stream)
    handler.setFormatter(JsonLine() if form == "json" else TextLine())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.captureWarnings(True)


def log_event(
    logger: logging.Logger,
    event: str,
    /,
    *,
    level: int = logging.INFO,
    error: BaseException | None = None,
    **fields: Field,
) -> None:
    """Writes one event, e.g. ``log_event(log, "camera_lost", level=logging.WARNING, camera="top")``.

    Args:
        logger: the logger of the calling module.
        event: fixed snake_case name.
        level: level of the standard library.
        error: an error whose traceback belongs to the event.
        fields: what varies; a number that is not finite becomes null in JSON.
    """
    logger.log(level, event, extra={"event": event, "fields": fields}, exc_info=error)


class JsonLine(logging.Formatter):
    """``{"time": RFC 3339 UTC, "level": ..., "event": ..., fields}``; other libraries' records are ``message``."""

    def format(self, record: logging.LogRecord) -> str:
        event = getattr(record, "event", None)
        line: dict[str, object] = {"time": _time(record), "level": record.levelname.lower()}
        line |= {"event": event or "message"}
        line |= {name: _plain(value) for name, value in _fields(record).items() if name not in line}
        if event is None:
            line |= {"logger": record.name, "message": record.getMessage()}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, allow_nan=False, default=str)


class TextLine(logging.Formatter):
    """``2026-11-22T02:15:03.123Z warning camera lost camera=top reason="no frame for 1 s"``."""

    def format(self, record: logging.LogRecord) -> str:
        event = getattr(record, "event", None)
        message = event.replace("_", " ") if event else f"{record.name}: {record.getMessage()}"
        words = [_time(record), f"{record.levelname.lower():<7}", _one_line(message)]
        words += [f"{name}={_word(value)}" for name, value in _fields(record).items()]
        if record.exc_info:
            words.append(f"exception={_word(self.formatException(record.exc_info))}")
        return " ".join(words)


def _time(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, tz=UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _fields(record: logging.LogRecord) -> dict[str, Field]:
    fields: dict[str, Field] = getattr(record, "fields", {})
    return fields


def _plain(value: Field) -> Field:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _word(value: Field) -> str:
    """A value without blanks or line breaks as it is, any other as a JSON string."""
    if isinstance(value, float):
        return f"{value:.6g}"
    text = " ".join(value) if isinstance(value, list) else str(value)
    bare = text.isprintable() and text and not set(text) & set(" \"='")
    return text if bare else json.dumps(text, ensure_ascii=False)


def _one_line(text: str) -> str:
    return " ".join(text.split())
