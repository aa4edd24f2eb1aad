"""What every benchmark that writes one JSON file has in common: its options, and where its figures go."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from benchmarks.conditions import ROOT
from benchmarks.page import write_tables
from benchmarks.results_file import write_results
from benchmarks.tables import Table, print_tables


@dataclass(frozen=True)
class Figures:
    """The figures of one benchmark: ``benchmarks/results/NAME.json`` and a part of a page.

    Attributes:
        name: of the JSON file, and of the module ``benchmarks.NAME``.
        page: whose tables they are.
        marker: of the place in the page.
    """

    name: str
    page: Path
    marker: str

    @property
    def json(self) -> Path:
        """Where they usually go."""
        return ROOT / "benchmarks" / "results" / f"{self.name}.json"

    def parser(self, description: str | None) -> argparse.ArgumentParser:
        """A parser with ``--json``, for the benchmark to add its own options to."""
        parser = argparse.ArgumentParser(
            prog=f"python -m benchmarks.{self.name}",
            description=description,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        elsewhere = "elsewhere, for a trial that leaves the documentation as it is"
        parser.add_argument("--json", type=Path, default=self.json, help=elsewhere)
        return parser

    def show(self, head: str, tables: Sequence[Table], *, json: Path) -> None:
        """Prints tables, and puts them into the page if their JSON lies in the usual place."""
        print_tables(tables)
        sys.stdout.write(head + "\n")
        if json.resolve() == self.json:
            write_tables(self.page, self.marker, head, tables)

    def publish(self, results: BaseModel, head: str, tables: Sequence[Table], *, json: Path) -> None:
        """Writes results as JSON and shows them."""
        write_results(json, results)
        self.show(head, tables, json=json)
