"""The JSON that a benchmark keeps its figures in."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from edge.errors import UsageError

Results = TypeVar("Results", bound=BaseModel)


def read_results(path: Path, kind: type[Results]) -> Results | None:
    """The file of an earlier run; None where there is none.

    Args:
        path: of the JSON.
        kind: what the benchmark keeps.

    Raises:
        UsageError: the file is not one of these.
    """
    if not path.is_file():
        return None
    try:
        return kind.model_validate_json(path.read_text(encoding="utf-8"))
    except (ValidationError, UnicodeDecodeError, OSError) as error:
        raise UsageError(
            f"{path} is not a result of this benchmark", hint="remove it, or give another --json"
        ) from error


def write_results(path: Path, results: BaseModel) -> None:
    """Writes results as JSON; the file before is replaced only when the new one is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".partial")
    fresh.write_text(results.model_dump_json(indent=1) + "\n", encoding="utf-8")
    fresh.replace(path)
