from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.page import PAGE, write_tables
from benchmarks.tables import Table
from edge.errors import UsageError

TABLE = Table("Costs", ("model", "set", "s"), [("padim", "bottle", "1.5")])


def test_tables_take_the_place_of_what_stood_between_the_markers(tmp_path: Path) -> None:
    page = tmp_path / "benchmarks.md"
    page.write_text("before\n<!-- speed -->\nold\n<!-- /speed -->\nafter <!-- accuracy -->\n")

    for _ in range(2):  # a second run gives the same page
        write_tables(page, "speed", "Measured.", [TABLE])

    assert page.read_text() == (
        "before\n<!-- speed -->\nMeasured.\n\n### Costs\n\n| model | set | s |\n| --- | --- | ---: |\n"
        "| padim | bottle | 1.5 |\n\n<!-- /speed -->\nafter <!-- accuracy -->\n"
    )


def test_a_page_without_the_markers_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "benchmarks.md"
    page.write_text("<!-- /speed --> <!-- speed -->")

    with pytest.raises(UsageError, match="once each and in this order"):
        write_tables(page, "speed", "Measured.", [TABLE])
    assert page.read_text() == "<!-- /speed --> <!-- speed -->"


@pytest.mark.parametrize("marker", ["accuracy", "speed"])
def test_the_page_of_the_documentation_has_the_markers(marker: str, tmp_path: Path) -> None:
    copy = tmp_path / "benchmarks.md"
    copy.write_text(PAGE.read_text())

    write_tables(copy, marker, "Measured.", [TABLE])

    assert "| padim | bottle | 1.5 |" in copy.read_text()
