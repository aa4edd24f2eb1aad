"""Puts measured tables into a page of the documentation, between two markers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.conditions import ROOT
from benchmarks.tables import Table
from edge.errors import UsageError

PAGE = ROOT / "docs" / "benchmarks.md"


def write_tables(page: Path, marker: str, head: str, tables: Sequence[Table]) -> None:
    """Replaces what stands between ``<!-- marker -->`` and ``<!-- /marker -->``.

    Args:
        page: the Markdown file.
        marker: name of the two markers.
        head: text before the tables.
        tables: what is put there.

    Raises:
        UsageError: the page cannot be read, or does not have each marker once, in order.
    """
    first, last = f"<!-- {marker} -->", f"<!-- /{marker} -->"
    try:
        text = page.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot read {page}: {error.strerror}") from error
    if text.count(first) != 1 or text.count(last) != 1 or text.index(first) > text.index(last):
        raise UsageError(f"{page} needs the lines {first} and {last}, once each and in this order")
    before, rest = text.split(first)
    after = rest.split(last)[1]
    content = "\n\n".join((head, *(table.markdown() for table in tables)))
    page.write_text(f"{before}{first}\n{content}\n\n{last}{after}", encoding="utf-8")
