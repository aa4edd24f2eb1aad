"""On pictures of real parts; what is measured on all of them stands in docs/camera-faults.md."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from benchmarks.camera_faults import FIGURES, time_looks, watch_set
from benchmarks.camera_faults_results import Counted, FaultsFile, head, tables
from benchmarks.datasets import absent
from benchmarks.page import write_tables
from edge.health.camera_faults.options import FaultOptions

FOUND = {
    "bottle": {"black", "saturated", "blur", "noise", "shift"},
    "capsule": {"black", "saturated", "blur", "noise", "shift", "rotation"},
    "elpv-mono": {"black", "saturated", "noise", "shift"},
}


def shares(counted: tuple[Counted, ...]) -> dict[str, float]:
    return {each.kind: each.called / each.pictures for each in counted}


@pytest.mark.parametrize("name", FOUND)
def test_real_defects_are_no_camera_faults_and_simulated_faults_are_found(name: str, tmp_path: Path) -> None:
    if reason := absent(name):
        pytest.skip(reason)
    result = watch_set(name, tmp_path, simulated=20)
    assert all(share <= 0.01 for share in shares(result.sound).values()), result.sound
    for kind, share in shares(result.faults).items():
        what = kind.replace(":", " ").replace(",", " ").split()[0]
        assert share >= 0.8 if what in FOUND[name] else share <= 0.1, (kind, share)
    blind = {word for spot in result.blind for word in spot.split(":")[0].split(" and ")}
    expected = {"focus" if what == "blur" else what for what in FOUND["capsule"] - FOUND[name]}
    assert blind == expected  # what is not found, the reference says itself


def test_a_look_at_a_full_frame_is_timed_whatever_it_shows() -> None:
    timed = time_looks(50)
    assert [timing.frame for timing in timed] == ["sound", "shifted by 5 %", "blurred"]
    assert all(0 < timing.p50_ms <= timing.p99_ms for timing in timed)
    assert min(timing.p50_ms for timing in timed) < 3  # a tenfold of what a quiet machine takes


def test_the_page_shows_the_results_file(tmp_path: Path) -> None:
    results = FaultsFile.model_validate_json(FIGURES.json.read_text(encoding="utf-8"))
    copy = tmp_path / FIGURES.page.name
    shutil.copy(FIGURES.page, copy)
    write_tables(copy, "camera-faults", head(results), tables(results))
    assert copy.read_text(encoding="utf-8") == FIGURES.page.read_text(encoding="utf-8")


def test_the_page_names_every_setting_with_its_default() -> None:
    page = FIGURES.page.read_text(encoding="utf-8")
    for name, field in FaultOptions.model_fields.items():
        default = str(field.default).lower() if isinstance(field.default, bool) else f"{field.default:g}"
        assert f"| `{name}` | {default} |" in page, name
