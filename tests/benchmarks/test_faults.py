"""docs/reliability.md and what the fault tests measured are held together."""

from __future__ import annotations

import shutil
from pathlib import Path

from benchmarks.faults import PAGE, RESULTS
from benchmarks.faults_results import FaultResults, head, table
from benchmarks.page import write_tables
from edge.store.options import OutboxOptions
from tests.faults.measured import Measured, sentence_of


def test_the_page_shows_the_results_file(tmp_path: Path) -> None:
    results = FaultResults.model_validate_json(RESULTS.read_text(encoding="utf-8"))
    copy = tmp_path / PAGE.name
    shutil.copy(PAGE, copy)
    write_tables(copy, "faults", head(results), [table(results)])
    assert copy.read_text(encoding="utf-8") == PAGE.read_text(encoding="utf-8")


def test_the_page_names_every_setting_of_the_outbox_with_its_default() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for name, field in OutboxOptions.model_fields.items():
        assert f"| `{name}` | {field.default:g} |" in page, name


def test_a_test_that_failed_is_shown_as_failed_and_one_that_did_not_run_keeps_what_it_had(tmp_path: Path) -> None:
    path = tmp_path / "faults.json"
    first, second = Measured(), Measured()
    first.take("t.py::test_a_whole_thing[mute]", "3 of 3")
    first.take("t.py::test_another", "4 of 4")
    first.write(path, long=True)
    second.take("t.py::test_another", "3 of 4")
    second.fail("t.py::test_another")
    second.write(path, long=False)
    results = FaultResults.model_validate_json(path.read_text(encoding="utf-8"))
    assert [list(row) for row in table(results).rows] == [
        ["a whole thing (mute)", "long", "3 of 3"],
        ["another", "short", "**failed:** 3 of 4"],
    ]
    assert "1 of them failed" in head(results)


def test_a_test_is_called_by_the_sentence_that_it_proves() -> None:
    assert sentence_of("a/test_b.py::test_it_stays_whole") == "it stays whole"
    assert sentence_of("a/test_b.py::test_it_stays_whole[after send]") == "it stays whole (after send)"
