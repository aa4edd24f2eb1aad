"""GenICam by the real library and the three cameras that its package simulates.

They have neither triggers nor exposure, and never vanish: those are played at the seam of the features.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from edge.cameras import genicam_features
from edge.cameras.genicam import GenICamSource
from edge.cameras.genicam_features import wishes
from edge.cameras.options import CameraOptions
from edge.errors import CameraError, CameraSilentError
from tests.edge.cameras.loopback import simulated_producer

MakeSource = Callable[..., GenICamSource]


@pytest.fixture
def source() -> Iterator[MakeSource]:
    made: list[GenICamSource] = []

    def make(name: str = "genicam:0", **options: object) -> GenICamSource:
        given = {"source": name, "producer": simulated_producer(), **options}
        made.append(GenICamSource(CameraOptions.model_validate(given)))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.mark.parametrize(("name", "channel"), [("genicam:0", 2), ("genicam:1", 1), ("genicam:VikyTL_DEV_blue", 0)])
def test_a_camera_is_found_by_serial_number_or_identity(name: str, channel: int, source: MakeSource) -> None:
    camera = source(name, fps=100)
    camera.open()
    pixels = camera.read().pixels
    assert pixels[..., channel].min() == 255, "a ball in this colour on white"
    assert pixels[..., channel - 1].min() == 0


def test_it_gives_what_was_asked_for(source: MakeSource) -> None:
    camera = source(width=320, height=200, fps=50, pixel_format="Mono8")
    camera.open()
    shots = [camera.read() for _ in range(11)]
    assert {shot.pixels.shape for shot in shots} == {(200, 320, 3)}
    assert {shot.fault for shot in shots} == {""}
    assert (shots[-1].captured_ns - shots[0].captured_ns) / 10e9 == pytest.approx(1 / 50, rel=0.3)


def test_producers_are_found_by_the_environment(source: MakeSource, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = simulated_producer().parent
    monkeypatch.setenv("GENICAM_GENTL64_PATH", f"/nowhere{os.pathsep}{folder}")
    camera = source("genicam:2", producer=None)
    camera.open()
    assert camera.read() is not None


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"width": 900}, "camera genicam:0 refuses Width 900; see its manual"),
        ({"pixel_format": "BayerRG8"}, "refuses PixelFormat BayerRG8;"),
        ({"exposure": 500}, "refuses ExposureTime 500.0: it has no such setting;"),
        ({"triggered": True}, "refuses TriggerMode On: it has no such setting;"),
        ({"name": "genicam:9"}, "cannot open camera genicam:9: no such camera; these are there: 0, 1, 2"),
        ({"producer": "/nowhere/a.cti"}, "no GenTL producer /nowhere/a.cti; install the camera maker's"),
        ({"producer": None}, "no GenTL producer in $GENICAM_GENTL64_PATH; install"),
    ],
)
def test_what_it_cannot_do_is_one_line(
    options: dict[str, Any], line: str, source: MakeSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GENICAM_GENTL64_PATH", raising=False)
    camera = source(**options)
    with pytest.raises(CameraError) as caught:
        camera.open()
    assert line in str(caught.value)


def test_a_file_that_is_no_producer_is_named(source: MakeSource, tmp_path: Path) -> None:
    (tmp_path / "a.cti").write_text("no library")
    with pytest.raises(CameraError, match=r"cannot open camera genicam:0: .*a\.cti"):
        source(producer=tmp_path / "a.cti").open()


def test_silence_is_told_in_time_without_burning_the_processor(source: MakeSource) -> None:
    camera = source(fps=2, read_timeout_s=0.3)
    camera.open()
    begun_s, used_s = time.monotonic(), time.process_time()
    with pytest.raises(CameraSilentError, match="no picture within 0.3 s; check its cable, and its trigger"):
        camera.read()
    assert time.monotonic() - begun_s > 0.25
    assert time.process_time() - used_s < 0.1
    assert camera.read() is not None


def test_a_camera_that_does_not_answer_after_silence_is_lost(
    source: MakeSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    from genicam import gentl

    def gone(nodes: object, feature: str) -> object:
        raise gentl.IoException("device is gone")

    camera = source(fps=2, read_timeout_s=0.2)
    camera.open()
    monkeypatch.setattr(genicam_features, "ask", gone)
    with pytest.raises(
        CameraError, match="camera genicam:0 is lost: .*device is gone.*; check its cable"
    ) as caught:
        camera.read()
    assert not isinstance(caught.value, CameraSilentError)


def test_a_picture_that_did_not_come_whole_is_a_fault_and_no_silence(
    source: MakeSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    from genicam import gentl

    camera = source(fps=100, read_timeout_s=1)
    camera.open()
    assert camera.read().fault == ""
    whole = gentl.Buffer.is_complete
    answers = [False]
    monkeypatch.setattr(gentl.Buffer, "is_complete", lambda buffer: answers.pop() if answers else whole(buffer))
    assert [camera.read().fault for _ in range(3)] == ["a picture that did not come whole", "", ""]


def test_opened_many_times_it_leaves_nothing_behind(source: MakeSource) -> None:
    camera = source(fps=100)
    me = psutil.Process()
    camera.open()
    camera.close()
    before = me.num_fds(), me.num_threads()
    for _ in range(5):
        camera.open()
        camera.read()
        camera.close()
        camera.close()
    assert (me.num_fds(), me.num_threads()) == before


def test_a_camera_that_cannot_be_let_go_ends_the_process(
    source: MakeSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    from genicam import gentl
    from harvesters.core import ImageAcquirer

    def stuck(camera: object) -> None:
        raise gentl.BusyException("still streaming")

    camera = source()
    camera.open()
    with monkeypatch.context() as patch, pytest.raises(gentl.BusyException):
        patch.setattr(ImageAcquirer, "stop", stuck)
        camera.close()


def test_wishes_come_in_the_order_in_which_cameras_take_them() -> None:
    options = CameraOptions(
        source="genicam:0", width=640, height=480, fps=30, exposure=500, pixel_format="Mono8", triggered=True
    )
    assert [(feature, value) for feature, value, _ in wishes(options)] == [
        ("PixelFormat", "Mono8"),
        ("OffsetX", 0),
        ("Width", 640),
        ("OffsetY", 0),
        ("Height", 480),
        ("ExposureAuto", "Off"),
        ("ExposureTime", 500),
        ("TriggerSelector", "FrameStart"),
        ("TriggerMode", "On"),
        ("AcquisitionFrameRateEnable", True),
        ("AcquisitionFrameRate", 30),
    ]


def test_a_trigger_that_was_left_on_is_switched_off() -> None:
    nodes = SimpleNamespace(TriggerMode=SimpleNamespace(value="On"))
    assert genicam_features.set_up(nodes, CameraOptions(source="genicam:0")) == ""
    assert nodes.TriggerMode.value == "Off"


def test_an_exposure_that_the_camera_rounds_is_taken_and_another_one_is_not() -> None:
    class Rounding:
        def __init__(self, step: float) -> None:
            self._step, self._value = step, 0.0

        @property
        def value(self) -> float:
            return self._value

        @value.setter
        def value(self, asked: float) -> None:
            self._value = round(asked / self._step) * self._step

    options = CameraOptions(source="genicam:0", exposure=1003)
    fine, coarse = (SimpleNamespace(ExposureTime=Rounding(step)) for step in (10, 400))
    assert genicam_features.set_up(fine, options) == ""
    assert genicam_features.set_up(coarse, options) == "ExposureTime 1003.0"
