"""A table that is printed and that stands in a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import rich.table
from rich.console import Console

PIPED_COLUMNS = 160


@dataclass(frozen=True)
class Table:
    """Cells are text; the first ``names`` columns and the last ``remarks`` are aligned left, figures right."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    names: int = 2
    remarks: int = 0

    def markdown(self) -> str:
        """With its title as a heading of the third level."""
        rule = ["---" if self._is_text(i) else "---:" for i in range(len(self.columns))]
        lines = ["| " + " | ".join(row) + " |" for row in (self.columns, rule, *self.rows)]
        return "\n".join((f"### {self.title}", "", *lines))

    def rich(self) -> rich.table.Table:
        """For a terminal."""
        table = rich.table.Table(title=self.title, title_justify="left")
        for number, column in enumerate(self.columns):
            table.add_column(column, justify="left" if self._is_text(number) else "right")
        for row in self.rows:
            table.add_row(*row)
        return table

    def _is_text(self, column: int) -> bool:
        return column < self.names or column >= len(self.columns) - self.remarks


def print_tables(tables: Sequence[Table]) -> None:
    """Prints tables to standard output; where that is no terminal, wide enough not to cut them."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=PIPED_COLUMNS)
    for table in tables:
        console.print(table.rich())


def number(value: float | None, places: int = 3) -> str:
    """A figure, or a dash where there is none."""
    return "-" if value is None else f"{value:.{places}f}"
