"""Frames that nobody can judge: the verdict is unknown, never good, and the station goes on."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import cv2
import numpy as np

from edge.messaging.messages import Message, Result
from edge.pictures import read_picture
from edge.verdict import Verdict
from tests.edge.conftest import RunStation
from tests.edge.running_station import of_kind, read_until, until_stopping
from tests.faults.camera_server import CameraServer

FAULTY_CAMERA = "from tests.faults.faulty_camera import install; install()\nfrom edge.cli import main\nmain()"


def test_values_that_are_no_numbers(run_station: RunStation, tiny_dataset: Path, tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    sound = tiny_dataset / "test" / "good" / "000.png"
    values = read_picture(sound).astype(np.float32) / 255
    assert cv2.imwrite(str(folder / "1-float.tif"), values)
    values[60, 70] = np.nan
    assert cv2.imwrite(str(folder / "2-nan.tif"), values)
    assert cv2.imwrite(str(folder / "3-16-bit.png"), read_picture(sound).astype(np.uint16) * 257)
    values[60, 70] = np.inf
    assert cv2.imwrite(str(folder / "4-inf.tif"), values)
    shutil.copy(sound, folder / "5-good.png")
    station = run_station("--camera", str(folder), "--wait-for-subscribers", "1")
    with station.subscriber("") as reader:
        results = {result.picture: result for result in of_kind(Result, until_stopping(reader))}
    assert {name: result.verdict for name, result in results.items()} == {
        "1-float.tif": Verdict.GOOD,
        "2-nan.tif": Verdict.UNKNOWN,
        "3-16-bit.png": Verdict.GOOD,
        "4-inf.tif": Verdict.UNKNOWN,
        "5-good.png": Verdict.GOOD,
    }
    for name in ("2-nan.tif", "4-inf.tif"):
        assert results[name].reason == "not a number in 3 of 51840 values"
        assert results[name].score is None
    assert station.wait() == 0


def test_a_camera_that_gives_another_size_than_was_asked_for(
    run_station: RunStation, camera: CameraServer, tmp_path: Path
) -> None:
    file = tmp_path / "station.toml"
    file.write_text(f'[[cameras]]\nname = "top"\nsource = "{camera.url}"\nwidth = 640\nheight = 480\n')
    station = run_station("--config", str(file))
    with station.subscriber("") as reader:
        said: list[Message] = []
        for _ in range(5):
            said += read_until(reader, lambda message: isinstance(message, Result))
    results = of_kind(Result, said)
    assert {result.verdict for result in results} == {Verdict.UNKNOWN}
    assert {result.reason for result in results} == {"frame is 144x120, 640x480 was asked for"}
    station.process.terminate()
    assert station.wait() == 0
    assert station.event("camera_fault")["reason"] == "frame is 144x120, 640x480 was asked for"


def test_frames_without_a_pixel(run_station: RunStation, tiny_dataset: Path) -> None:
    program = (sys.executable, "-c", FAULTY_CAMERA)
    station = run_station("--camera", str(tiny_dataset / "test" / "good"), program=program)
    with station.subscriber("") as reader:
        said: list[Message] = []
        for _ in range(12):
            said += read_until(reader, lambda message: isinstance(message, Result))
    verdicts = {result.frame_seq: (result.verdict, result.reason) for result in of_kind(Result, said)}
    assert {verdicts[seq] for seq in verdicts if seq % 2 == 0} == {(Verdict.GOOD, "")}
    assert {verdicts[seq] for seq in verdicts if seq % 2} == {
        (Verdict.UNKNOWN, "zero bytes"),
        (Verdict.UNKNOWN, "0x0 pixels"),
        (Verdict.UNKNOWN, "0x120 pixels"),
    }
    assert [fault["reason"] for fault in station.events("camera_fault", 1)] == ["zero bytes"]
    assert station.process.poll() is None
