"""Puts what ``make faults`` measured into docs/reliability.md: ``python -m benchmarks.faults``."""

from __future__ import annotations

from benchmarks.conditions import ROOT
from benchmarks.faults_results import FaultResults, head, table
from benchmarks.page import write_tables

PAGE = ROOT / "docs" / "reliability.md"
RESULTS = ROOT / "benchmarks" / "results" / "faults.json"


def main() -> None:
    """Writes the page; the fault tests wrote the results."""
    results = FaultResults.model_validate_json(RESULTS.read_text(encoding="utf-8"))
    write_tables(PAGE, "faults", head(results), [table(results)])


if __name__ == "__main__":
    main()
