"""What a camera sees, for those who ask."""

from __future__ import annotations

import base64
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.cameras.pixels import no_pixels
from edge.errors import BusError
from edge.frame import Frame
from edge.inference.engine import Raw
from edge.inference.judge import Judge, Limits
from edge.inspection.snapshots import Snapshots
from edge.messaging.compose import Composer
from edge.messaging.messages import Result
from edge.messaging.snapshot import Snapshot
from edge.verdict import ModelId
from tests.edge.conftest import RunStation

PACED = ("--fps", "20", "--loop")


def picture(text: str, flags: int = cv2.IMREAD_COLOR) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(base64.b64decode(text), np.uint8), flags)


def test_the_next_frame_comes_with_its_picture_and_heatmap(run_station: RunStation, tiny_dataset: Path) -> None:
    stained = tiny_dataset / "test" / "blob" / "000.png"
    station = run_station("--camera", str(stained), *PACED)
    snapshot = station.asker().ask("snapshot")["snapshot"]
    result = Result.model_validate(snapshot["result"])
    assert result.verdict == "anomalous" and result.camera == "camera"
    seen, there = picture(snapshot["jpeg"]), cv2.imread(str(stained))
    assert there is not None and seen.shape == there.shape
    assert np.abs(seen.astype(int) - there.astype(int)).mean() < 10  # JPEG of a noisy plate
    heatmap = snapshot["heatmap"]
    grey = picture(heatmap["data"], cv2.IMREAD_GRAYSCALE)
    assert grey.shape == (heatmap["height"], heatmap["width"]) and grey.max() == 255
    assert heatmap["frame_box"] == {"x": 0, "y": 0, "width": there.shape[1], "height": there.shape[0]}
    # The map is highest where the result says so; in 256 steps a neighbour may be as high.
    assert result.peak is not None
    row, column = np.unravel_index(int(grey.argmax()), grey.shape)
    assert abs((column + 0.5) * there.shape[1] / grey.shape[1] - result.peak.x) <= 3
    assert abs((row + 0.5) * there.shape[0] / grey.shape[0] - result.peak.y) <= 3


def test_without_a_frame_it_ends_in_time_and_judging_goes_on(run_station: RunStation, mixed_folder: Path) -> None:
    station = run_station("--camera", str(mixed_folder), *PACED)
    asker = station.asker()
    asker.ask("pause")
    time.sleep(0.5)  # a frame that was under way
    with pytest.raises(BusError, match="snapshot was refused: timeout"):
        asker.ask("snapshot", timeout_ms=200)
    asker.ask("resume")
    assert asker.ask("snapshot")["snapshot"]["jpeg"]
    with pytest.raises(BusError, match="refused: no camera 'side'"):
        asker.ask("snapshot", camera="side")


def test_a_picture_that_came_damaged_is_not_shown_but_the_next_one() -> None:
    judge, compose = Judge(Limits(1.0, None, ()), ModelId("bottle", "1", "ab" * 32)), Composer("line")
    damaged = Frame("top", 0, no_pixels(), 0, fault="a JPEG that is cut off or damaged")
    sound = Frame("top", 1, np.full((8, 8, 3), 200, np.uint8), 0)
    seen: list[Snapshot] = []
    snapshots = Snapshots()
    snapshots.ask(seen.append)
    for inspection in (
        judge.unknown(damaged, damaged.fault, device="CPU", waited_ms=0.0),
        judge.inspect(sound, Raw(0.5, None, 0.0, 0.0), device="CPU", waited_ms=0.0),
    ):
        snapshots.show(inspection, compose.result(inspection))
    (shown,) = seen
    assert shown.result.frame_seq == 1 and shown.jpeg
