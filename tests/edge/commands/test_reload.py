"""``edge-ad reload``; what a reload does is in tests/edge/inspection/test_reload.py."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import plates_in
from tests.edge.calibrating.on_folder import calibrate_in
from tests.edge.command_line import edge_ad, the_line
from tests.edge.conftest import RunStation


def test_a_running_station_judges_by_a_new_calibration_once_it_is_told(
    own_bundle: Path, tmp_path: Path, run_station: RunStation
) -> None:
    good = plates_in(tmp_path / "good", 10, seed=5)
    station = run_station("--camera", str(good), "--loop", "--fps", "10", model=own_bundle)
    asker = station.asker()

    def threshold() -> float:
        return float(asker.ask("status")["status"]["cameras"]["camera"]["threshold"])

    before = threshold()
    new = calibrate_in(own_bundle, good, 0.1).calibration.threshold
    assert threshold() == before != new
    done = edge_ad("reload", "--control", asker.address)
    assert (done.returncode, done.stdout) == (0, "reloaded: the station judges by what lies there now\n")
    assert threshold() == new
    refused = edge_ad("reload", "--control", asker.address, "--model", "screw")
    assert the_line(refused, 1).startswith("reload was refused: no camera runs screw")
    refused = edge_ad("reload", "--control", asker.address, "--model", "screw.xml")
    fits = "model: must be NAME or NAME@VERSION of a model in the station's store, not a path"
    assert the_line(refused, 1) == f"reload was refused: bad_request: {fits}"
