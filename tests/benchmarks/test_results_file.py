"""The results beside the pages: whoever measures one model again alone goes on from them."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from benchmarks.accuracy_results import AccuracyFile
from benchmarks.calibration_results import CalibrationFile
from benchmarks.camera_faults_results import FaultsFile
from benchmarks.conditions import ROOT
from benchmarks.drift_results import DriftFile
from benchmarks.models_results import ModelsFile
from benchmarks.results_file import read_results
from benchmarks.speed_results import SpeedFile
from benchmarks.teach_results import TeachFile

FILES: dict[str, type[BaseModel]] = {
    "accuracy": AccuracyFile,
    "calibration": CalibrationFile,
    "camera_faults": FaultsFile,
    "drift": DriftFile,
    "models": ModelsFile,
    "speed": SpeedFile,
    "teach": TeachFile,
}


@pytest.mark.parametrize("name", FILES)
def test_what_was_measured_can_be_read_by_the_benchmark_of_today(name: str) -> None:
    assert read_results(ROOT / "benchmarks" / "results" / f"{name}.json", FILES[name]) is not None
