"""``edge-ad teach --camera`` as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

import cv2
import numpy as np
import pytest

from edge.collecting.collection import Pacing
from edge.collecting.sieve import Limits
from edge.errors import CalibrationError, UsageError
from edge.inference.bundle import load_bundle
from edge.models.store import ModelStore
from edge.teaching.at_camera import AtCamera, Shift
from edge.teaching.progress import Progress, Teller
from edge.teaching.session import Session
from tests.edge.command_line import Done, edge_ad
from tests.edge.teaching.conftest import teach_plates
from tests.edge.teaching.parts import parts, written


def teach(camera: object, backbone: Any, state: Path, count: int, *options: str) -> Done:
    return edge_ad(
        *("teach", "--camera", str(camera), "--name", "plate", "--backbone", backbone.path),
        *("--state-dir", state, "--count", str(count), *options),
    )


def progress_of(done: Done) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_bad_pictures_are_counted_by_reason_and_a_candidate_comes_of_the_good_ones(
    backbone, tmp_path: Path
) -> None:
    good = parts(24)
    spoilt = [cv2.GaussianBlur(good[0], (15, 15), 0), good[0] // 40, good[3], np.full_like(good[0], 255)]
    camera = written(tmp_path / "camera", [*good[:4], *spoilt, *good[4:]])
    (camera / "005-torn.png").write_bytes(b"no picture")
    done = teach(camera, backbone, tmp_path / "state", 24, "--json", "--parts-per-hour", "100", "--shift-h", "8")
    assert done.returncode == 0, done.stderr
    first, *_, fitting, ready = progress_of(done)
    assert (first["state"], first["taken"], fitting["state"], ready["state"]) == (
        "collecting",
        0,
        "fitting",
        "ready",
    )
    assert ready["refused"] == {"blurred": 1, "dark": 1, "seen": 1, "overexposed": 1}
    assert ready["taken"] == ready["wanted"] == 24
    assert ready["false_alarms_per_shift"] == 800 * ready["false_alarm_rate"]
    version = ModelStore(tmp_path / "state").newest("plate")
    assert (str(version), version.active) == (ready["model"], False), "activation stays a person's act"
    calibration = load_bundle(version.path).card.calibration
    assert (calibration.threshold, calibration.by) == (ready["threshold"], "teach")


def test_too_few_say_how_many_more_and_the_same_command_goes_on(backbone, tmp_path: Path) -> None:
    camera, state = written(tmp_path / "camera", parts(12)), tmp_path / "state"
    done = teach(camera, backbone, state, 20)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.splitlines()[-1] == (
        "edge-ad: error: the camera ended before there were enough pictures; "
        "8 more are needed, 12 of 20 are kept: the same command goes on"
    )
    for number, pixels in enumerate(parts(20)):
        noise = np.random.default_rng(number).integers(0, 3, pixels.shape, dtype=np.uint8)
        cv2.imwrite(str(camera / f"{number:03}.png"), cv2.add(pixels, noise))  # the parts of the first run again
    done = teach(camera, backbone, state, 20)
    assert done.returncode == 0, done.stderr
    assert "refused    12 seen" in done.stderr, "those of the first run"
    reference = str(ModelStore(state).newest("plate"))
    assert done.stdout.splitlines()[0] == f"{reference}: taught with 20 pictures, 20 of them new"
    assert done.stdout.splitlines()[-2] == (
        "ready; --parts-per-hour, or parts_per_hour of [line], tells the false alarms of a shift"
    )
    assert done.stdout.splitlines()[-1].startswith(f"put it in force with: edge-ad models activate {reference} ")


def test_a_camera_of_a_station_is_cut_to_its_region_of_interest(backbone, tmp_path: Path) -> None:
    camera = written(tmp_path / "camera", parts(12))
    station = tmp_path / "line.toml"
    station.write_text(
        f'state_dir = "{tmp_path / "state"}"\n[line]\nparts_per_hour = 50\n[[cameras]]\nname = "top"\n'
        f'source = "{camera}"\nroi = [[10, 5], [139, 5], [139, 118], [10, 118]]\n',
        encoding="utf-8",
    )
    done = edge_ad(
        *("teach", "--config", station, "--camera", "top", "--name", "plate", "--backbone", backbone.path),
        *("--count", "12", "--json"),
    )
    assert done.returncode == 0, done.stderr
    assert progress_of(done)[-1]["false_alarms_per_shift"] > 0
    view = load_bundle(ModelStore(tmp_path / "state").newest("plate").path).card.calibration.view
    assert view is not None and (view.width, view.height) == (130, 114)


def test_the_threshold_is_estimated_while_pictures_come(
    backbone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.teaching.stability.FASTEST_PER_S", float("inf"))
    asked = at_camera(written(tmp_path / "camera", parts(50)), count=50, rate=None)
    told: list[Progress] = []
    with Session(tmp_path / "plate", backbone) as session, pytest.raises(CalibrationError):
        asked.teach(session, backbone, not_this_time, Teller(Progress(name="plate", wanted=50), told.append))
    collecting = [progress for progress in told if progress.state == "collecting"]
    assert collecting[0].threshold is None and (collecting[-1].threshold or 0) > 0
    assert [progress.state for progress in told[-2:]] == ["fitting", "failed"]
    assert told[-1].reason == "no threshold this time" and told[-1].taken == 50


def test_too_few_for_the_promise_are_told_before_any_is_taken(backbone, tmp_path: Path) -> None:
    camera = written(tmp_path / "camera", parts(20))
    told: list[Progress] = []
    with Session(tmp_path / "plate", backbone) as session:
        asked = at_camera(camera, count=20, rate=0.05)
        with pytest.raises(
            UsageError, match="20 different pictures are too few to promise at most 5.00% false alarms"
        ) as few:
            asked.teach(session, backbone, not_this_time, Teller(Progress(name="plate", wanted=20), told.append))
        enough = int(few.value.hint.split()[2].rstrip(","))
        teach_plates(session, parts(20))
        at_camera(camera, count=enough, rate=0.05)._require_enough(session)
        with pytest.raises(UsageError):
            at_camera(camera, count=enough - 1, rate=0.05)._require_enough(session)
    assert [progress.state for progress in told] == ["failed"]


def at_camera(camera: Path, *, count: int, rate: float | None) -> AtCamera:
    return AtCamera(
        camera=str(camera),
        config=None,
        given={"fps": 30.0, "loop": True},
        count=count,
        pacing=Pacing(0.0, 10.0),
        limits=Limits(),
        max_motion=3.0,
        rate=rate,
        shift=Shift(None, 8.0),
    )


def not_this_time() -> NoReturn:
    raise CalibrationError("no threshold this time")
