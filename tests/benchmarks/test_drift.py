"""The drift benchmark in a small form; what it measures on real parts stands in docs/drift.md."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from benchmarks.datasets import absent
from benchmarks.drift import PAGE, RESULTS, time_parts, watch_set
from benchmarks.drift_results import DriftFile, Found, head, tables
from benchmarks.drift_streams import DISTRIBUTIONS, alarms_on_simulated_parts
from benchmarks.page import write_tables
from edge.health.drift.options import DriftOptions
from edge.progress import silent


def test_a_part_is_timed_with_and_without_figures_at_hand() -> None:
    with_look, without_look, free_run = time_parts(150)
    assert 0 < with_look.p50_us < without_look.p50_us
    assert free_run.p50_us < with_look.p50_us  # most frames do not count


def test_a_distribution_without_drift_has_no_alarm() -> None:
    assert [alarms_on_simulated_parts(draw, 40, 500, 2, silent) for draw in DISTRIBUTIONS.values()] == [0] * 4


def test_runs_without_a_find_count_as_the_worst() -> None:
    runs = ({"scores": 30, "brightness": 20}, {"brightness": 40}, {})
    found = Found(set="bottle", change="lamp -15 %", calibration=65, runs=runs)
    results = DriftFile.model_validate_json(RESULTS.read_text(encoding="utf-8"))
    (row,) = tables(results.model_copy(update={"found": (found,)}))[0].rows
    assert row[3:] == ("40", "-", "67% of 3", "-", "40", "-", "-")


@pytest.mark.long
@pytest.mark.parametrize("name", ["bottle", "elpv-mono"])
def test_a_darker_lamp_is_found_on_real_parts(name: str, tmp_path: Path) -> None:
    if reason := absent(name):
        pytest.skip(reason)
    found, undisturbed = watch_set(name, tmp_path, runs=10, streams=2, count=2000)
    darker = next(each for each in found if each.change == "lamp -15 %")
    assert sorted(darker.until_any)[5] <= 50
    assert sum(each.alarms for each in undisturbed) == 0


def test_the_page_shows_the_results_file(tmp_path: Path) -> None:
    results = DriftFile.model_validate_json(RESULTS.read_text(encoding="utf-8"))
    copy = tmp_path / PAGE.name
    shutil.copy(PAGE, copy)
    write_tables(copy, "drift", head(results), tables(results))
    assert copy.read_text(encoding="utf-8") == PAGE.read_text(encoding="utf-8")


def test_the_page_names_every_setting_with_its_default() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for name, field in DriftOptions.model_fields.items():
        default = str(field.default).lower() if isinstance(field.default, bool) else str(field.default)
        assert f"| `{name}` | {default.removesuffix('.0')} |" in page, name
