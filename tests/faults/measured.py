"""What the fault tests measured, kept for the page that shows it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.conditions import conditions_here
from benchmarks.faults_results import FaultResult, FaultResults

CODE = ("edge", "calibration", "tests/faults")


class Measured:
    """Lines of each test, and which tests failed."""

    def __init__(self) -> None:
        self._lines: dict[str, list[str]] = {}
        self._failed: set[str] = set()

    @property
    def lines(self) -> list[str]:
        return [line for lines in self._lines.values() for line in lines]

    def take(self, test: str, line: str) -> None:
        self._lines.setdefault(test, []).append(line)

    def fail(self, test: str) -> None:
        self._failed.add(test)

    def write(self, path: Path, *, long: bool) -> None:
        """Puts what this run measured into a file; tests that did not run keep what they measured before."""
        now = datetime.now(UTC).replace(microsecond=0)
        before = (
            FaultResults.model_validate_json(path.read_text(encoding="utf-8")).results if path.exists() else ()
        )
        kept = {result.test: result for result in before}
        for test, lines in self._lines.items():
            kept[test] = FaultResult(
                test=test,
                proves=sentence_of(test),
                lines=tuple(lines),
                passed=test not in self._failed,
                long=long,
                measured=now,
            )
        conditions = conditions_here(code=CODE)
        results = FaultResults(conditions=conditions, results=tuple(kept[test] for test in sorted(kept)))
        path.write_text(results.model_dump_json(indent=1) + "\n", encoding="utf-8")


def sentence_of(test: str) -> str:
    """``tests/faults/test_a.py::test_it_stays_whole[mute]`` -> ``it stays whole (mute)``."""
    name, _, case = test.split("::")[-1].removeprefix("test_").partition("[")
    return re.sub(r"\s+", " ", name.replace("_", " ")) + (f" ({case.rstrip(']')})" if case else "")
