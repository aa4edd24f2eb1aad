"""Maps to bytes and back, and to pictures."""

from __future__ import annotations

import base64
import json

import cv2
import numpy as np
import pytest
import zmq

from edge.errors import BusError, PictureError
from edge.frame import Frame
from edge.inference.engine import Raw
from edge.inference.judge import Judge, Limits
from edge.messaging.compose import Composer
from edge.messaging.heatmap import Heatmap, decode, encode
from edge.messaging.messages import Box, HeatmapHeader
from edge.messaging.overlay import paint
from edge.messaging.snapshot import snapshot_of
from edge.verdict import Inspection
from tests.edge.messaging.conftest import MODEL, heatmaps_are_read


@pytest.fixture
def header_of(inspect):
    compose = Composer("line-3")

    def make(encoded, box=(0, 0, 64, 48)) -> HeatmapHeader:
        x, y, width, height = box
        frame_box = Box(x=x, y=y, width=width, height=height)
        return compose.heatmap(compose.result(inspect()), encoded, frame_box, None)

    return make


@pytest.mark.parametrize(("scores", "low", "high"), [((-2.0, 5.0), -2.0, 5.0), ((0.5, 1.0), 0.5, 3.0)])
def test_a_byte_255_is_the_threshold_at_least_so_that_a_good_part_looks_calm(scores, low, high):
    encoded = encode(np.array([scores], np.float32), threshold=3.0)
    assert encoded is not None
    assert (encoded.score_at_0, encoded.score_at_255) == (low, high)
    assert list(encoded.data) == [0, round((scores[1] - low) / (high - low) * 255)]


def judged(score: float, highest: float, threshold: float, pixel_threshold: float | None) -> Inspection:
    """By a model whose score is of another unit than its map, which goes from 0 to its highest."""
    scores = np.linspace(0, highest, 48, dtype=np.float32).reshape(6, 8)
    frame = Frame(camera="top", seq=1, pixels=np.zeros((48, 64, 3), np.uint8), captured_ns=0)
    judge = Judge(Limits(threshold, pixel_threshold, quantiles=()), MODEL)
    return judge.inspect(frame, Raw(score, scores, 0.5, 2.0), device="CPU", waited_ms=0.0)


A_MAP_AND_ITS_TOP = pytest.mark.parametrize(
    ("score", "highest", "threshold", "pixel_threshold", "at_255"),
    [
        (-30.0, 3.0, -25.0, 4.0, 4.0),  # a good part, its score a density
        (-20.0, 6.0, -25.0, 4.0, 6.0),
        (60.0, 8.0, 46.0, 3.5, 8.0),  # a defect, its score an energy
        (2.0, 2.0, 5.0, None, 5.0),  # a model from elsewhere: nothing else is known
        (2.0, 2.0, float("inf"), None, 2.0),
    ],
)


@A_MAP_AND_ITS_TOP
def test_a_heatmap_is_held_against_the_threshold_of_its_own_unit(
    station, connect, score, highest, threshold, pixel_threshold, at_255
):
    publisher = station(heatmaps_of="all")
    reader = connect(zmq.SUB, publisher.heatmaps)
    heatmaps_are_read(publisher)
    publisher.publish(judged(score, highest, threshold, pixel_threshold))
    _, header, data = reader.recv_multipart()
    assert json.loads(header)["score_at_255"] == at_255
    assert max(data) == round(255 * highest / at_255)


@A_MAP_AND_ITS_TOP
def test_so_is_the_heatmap_of_a_snapshot(score, highest, threshold, pixel_threshold, at_255):
    inspection = judged(score, highest, threshold, pixel_threshold)
    heatmap = snapshot_of(inspection, Composer("line-3").result(inspection)).heatmap
    assert heatmap is not None and heatmap["score_at_255"] == at_255
    png = np.frombuffer(base64.b64decode(str(heatmap["data"])), np.uint8)
    assert cv2.imdecode(png, cv2.IMREAD_GRAYSCALE).max() == round(255 * highest / at_255)


def test_a_flat_map_and_a_map_beyond_half_floats_come_back(header_of):
    flat = np.full((2, 3), 7.0, np.float32)
    encoded = encode(flat, threshold=3.0)
    assert encoded is not None and (decode(header_of(encoded), encoded.data) == flat).all()
    huge = encode(np.full((2, 3), 1e6, np.float32), threshold=3.0, encoding="f16")
    assert huge is not None and np.isfinite(decode(header_of(huge), huge.data)).all()


def test_a_map_that_is_not_finite_is_not_encoded():
    assert encode(np.array([[1.0, np.inf]], np.float32), threshold=3.0) is None


@pytest.mark.parametrize("encoding", ["u8", "png", "f16"])
@pytest.mark.parametrize("damage", [b"", b"\x00", b"\x00" * 7])
def test_bytes_that_do_not_fit_the_header_are_an_error(header_of, encoding, damage):
    encoded = encode(np.zeros((4, 4), np.float32), 1.0, encoding)
    assert encoded is not None
    with pytest.raises(BusError, match="heatmap"):
        decode(header_of(encoded), damage)


def test_the_hot_corner_is_red_and_calm_parts_and_the_frame_around_stay_as_they_are(header_of):
    scores = np.zeros((24, 32), np.float32)
    scores[16:, 22:] = 9.0
    encoded = encode(scores, threshold=3.0, encoding="f16")
    assert encoded is not None
    frame = np.full((48, 96, 3), 128, np.uint8)
    jpeg = cv2.imencode(".jpg", frame)[1].tobytes()
    painted = paint(Heatmap(header_of(encoded, (32, 0, 64, 48)), scores, jpeg))
    assert painted.shape == (48, 96, 3)
    assert np.abs(painted[:, :32].astype(int) - 128).max() <= 2
    blue, _, red = painted[44, 92].astype(int)
    assert red > blue + 40
    calm = painted[4, 36].astype(int)
    assert np.abs(calm - 128).max() <= 2
    assert paint(Heatmap(header_of(encoded), scores, None)).shape == (24, 32, 3)


def test_a_frame_that_is_no_picture_or_too_small_is_an_error(header_of):
    scores = np.zeros((4, 4), np.float32)
    encoded = encode(scores, 1.0)
    assert encoded is not None
    with pytest.raises(PictureError, match="the picture of line-3/top frame 0"):
        paint(Heatmap(header_of(encoded), scores, b"no jpeg"))
    small = cv2.imencode(".jpg", np.zeros((8, 8, 3), np.uint8))[1].tobytes()
    with pytest.raises(PictureError, match="outside its frame"):
        paint(Heatmap(header_of(encoded), scores, small))
