"""Parts before a camera: what counts as one, and what becomes of their pictures."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.calibrating.asked import Asked
from edge.calibrating.at_camera import AtCamera, interval_of
from edge.calibrating.calibrate import Calibrated
from edge.cameras.board import CameraState
from edge.cameras.options import CameraOptions
from edge.collecting.sieve import Limits
from edge.errors import CalibrationError, CameraError, UsageError
from edge.frame import Frame
from edge.inference.override import override_path
from edge.inspection.chosen import chosen
from edge.pictures import Picture, find_pictures
from tests.conftest import plate, plates_in
from tests.edge.calibrating.on_folder import calibrate_in
from tests.edge.teaching.parts import parts, written


def at_camera(
    model: Path,
    source: Path | str,
    *,
    count: int = 10,
    rate: float = 0.1,
    keep: Path | None = None,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    **asked: object,
) -> Calibrated:
    wanted = Asked(rate, device="CPU", **asked)  # type: ignore[arg-type]
    return AtCamera(str(source), count, None, 3.0, limits, keep).calibrate(chosen(model, None, None), wanted)


def noisy(pixels: Picture, seed: int) -> Picture:
    noise = np.random.default_rng(seed).integers(0, 3, pixels.shape, dtype=np.uint8)
    return cv2.add(pixels, noise)


def test_frames_of_one_part_count_once(own_bundle: Path, tmp_path: Path) -> None:
    """Eight parts, each shown five times, as parts on a turntable are: not forty that promise 5 %."""
    frames = [noisy(pixels, 8 * turn + number) for turn in range(5) for number, pixels in enumerate(parts(8))]
    camera = written(tmp_path / "camera", frames)
    with pytest.raises(CalibrationError, match="a false-alarm rate of 0.05 needs 19 good parts, there are 8"):
        at_camera(own_bundle, camera, count=40, rate=0.05)
    assert not override_path(own_bundle).exists()


def test_a_free_running_camera_waits_until_the_part_has_gone() -> None:
    free = CameraOptions(source="0")
    assert interval_of(free, 5.0, live=True) == 5.0
    assert interval_of(free.model_copy(update={"triggered": True}), 5.0, live=True) == 0.0
    assert interval_of(free, 5.0, live=False) == 0.0


class Belt:
    """A live camera, the seam: each part passes in ten frames, half a second apart, further on in each."""

    live = True
    lost_because = ""
    skipped = ()

    def __init__(self, options: CameraOptions) -> None:
        self.options = options
        self._shots = [(part, shot) for part in plates(14) for shot in range(10)]
        self._taken = 0

    def __enter__(self) -> Belt:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def wait_until_open(self) -> bool:
        return True

    @property
    def state(self) -> CameraState:
        return CameraState.STREAMING if self._taken < len(self._shots) else CameraState.ENDED

    def next_frame(self, timeout_s: float) -> Frame | None:
        part, shot = self._shots[self._taken]
        self._taken += 1
        return Frame("camera", self._taken, np.roll(part, 12 * shot, axis=1), self._taken * 500_000_000)


def plates(count: int) -> list[Picture]:
    rng = np.random.default_rng(8)
    return [plate(rng) for _ in range(count)]


def test_parts_that_move_on_count_once_at_a_camera_that_runs_freely(
    own_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fourteen parts, the first of which only shows how sharp the camera is: 130 frames."""
    monkeypatch.setattr("edge.calibrating.at_camera.Capture", Belt)
    camera = AtCamera("0", 100, None, 0.0, Limits(min_change=0), None)
    where = chosen(own_bundle, None, None)
    with pytest.raises(CalibrationError, match="a false-alarm rate of 0.05 needs 19 good parts, there are 13"):
        camera.calibrate(where, Asked(0.05, device="CPU"))
    assert camera.calibrate(where, Asked(0.1, device="CPU")).calibration.pictures == 13


def test_frames_that_are_no_parts_are_refused(own_bundle: Path, tmp_path: Path) -> None:
    """The empty belt before a camera that a PLC asks, and a video."""
    config = tmp_path / "line-3.toml"
    config.write_text(f'model = "{own_bundle}"\n[[cameras]]\nname = "top"\nsource = "0"\nmode = "trigger"\n')
    with pytest.raises(
        UsageError, match="camera top is in mode trigger: .*give --images with one picture of each"
    ):
        AtCamera(None, None, None, 3.0, Limits(), None).calibrate(chosen(None, config, "top"), Asked(0.1))
    video = tmp_path / "parts.mp4"
    video.write_bytes(b"whatever")
    with pytest.raises(UsageError, match="is a video: it shows each part in many frames"):
        at_camera(own_bundle, video)


def test_pictures_that_the_model_was_fitted_on_are_no_camera(own_bundle: Path, tiny_dataset: Path) -> None:
    with pytest.raises(CalibrationError, match="was fitted on 19 of the 24 pictures .*give --images"):
        at_camera(own_bundle, tiny_dataset / "train" / "good")


def test_a_device_that_cannot_be_opened_may_be_held_by_a_station(own_bundle: Path) -> None:
    with pytest.raises(
        CameraError, match="a camera that a running station holds is free once the station is stop"
    ):
        at_camera(own_bundle, "/dev/video97")


@pytest.fixture
def stained(tiny_dataset: Path, tmp_path: Path) -> Path:
    """Twenty good parts, and two with a stain among them."""
    folder = plates_in(tmp_path / "camera", 20, seed=4)
    for number in range(2):
        shutil.copy(tiny_dataset / "test" / "blob" / f"{number:03}.png", folder / f"{7 * number:03}-stained.png")
    return folder


def test_suspects_can_be_looked_at_and_the_same_parts_counted_again(own_bundle: Path, stained: Path) -> None:
    with pytest.raises(CalibrationError, match="may show defects") as refused:
        at_camera(own_bundle, stained, count=22, limits=Limits(min_change=0))
    (kept,) = own_bundle.parent.glob("*.parts-*")
    assert f"then give --images {kept} --leave-out-suspects, or --images {kept} --keep" in refused.value.hint
    assert len(find_pictures(kept)) == 22
    done = calibrate_in(own_bundle, kept, 0.1, suspects="leave out")
    assert done.calibration.pictures == 22 - len(done.suspects) < 22
    assert all(f"{name} (" in refused.value.message for name in done.suspects), "the parts that were shown"


def test_nobody_leaves_out_parts_that_have_not_been_seen(own_bundle: Path, stained: Path) -> None:
    with pytest.raises(UsageError, match="nobody has looked yet at the parts"):
        at_camera(own_bundle, stained, count=22, suspects="leave out")


def test_pictures_stay_where_it_fails_and_only_there(own_bundle: Path, tmp_path: Path) -> None:
    camera = written(tmp_path / "camera", parts(12))
    with pytest.raises(CalibrationError, match="there are 12; .*; the pictures taken are in .*parts-"):
        at_camera(own_bundle, camera, count=40, rate=0.05)
    (kept,) = own_bundle.parent.glob("*.parts-*")
    shutil.rmtree(kept)
    assert at_camera(own_bundle, camera, count=12).calibration.pictures == 12
    assert not list(own_bundle.parent.glob("*.parts-*"))
    at_camera(own_bundle, camera, count=12, keep=tmp_path / "kept")
    assert len(find_pictures(tmp_path / "kept")) == 12


def test_copies_of_a_picture_are_one_part(own_bundle: Path, tmp_path: Path) -> None:
    folder = written(tmp_path / "good", parts(12))
    for path in find_pictures(folder):
        shutil.copy(path, folder / f"copy-of-{path.name}")
    with pytest.raises(CalibrationError, match="there are 12; .*12 copies of other pictures do not count"):
        calibrate_in(own_bundle, folder, 0.05)
    done = calibrate_in(own_bundle, folder, 0.1)
    assert (done.copies, done.calibration.pictures) == (12, 12)
