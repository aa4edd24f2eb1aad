"""Guided collection from real cameras of this computer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.area import AreaPlan
from edge.cameras.capture import Capture
from edge.cameras.options import CameraOptions
from edge.collecting.collection import Pacing
from edge.collecting.live_sieve import LiveSieve
from edge.collecting.refusal import Refusal
from edge.collecting.sieve import Limits
from edge.errors import CameraError, TeachingError
from edge.pictures import Picture
from edge.teaching.guide import Guide, Taken
from tests.edge.cameras.mjpeg_server import MjpegServer
from tests.edge.teaching.parts import parts, written

SIZE = (96, 96)
SOON = Pacing(interval_s=0.0, give_up_after_s=0.6)


@pytest.fixture
def write(tmp_path: Path) -> Callable[[list[Picture]], Path]:
    return partial(written, tmp_path / "camera")


def guided(
    source: str | Path, wanted: int, *, plan: AreaPlan | None = None, pacing: Pacing = SOON
) -> tuple[Taken, list[Picture]]:
    kept: list[Picture] = []
    taken = Taken(wanted)
    with Capture(CameraOptions(source=str(source))) as capture:
        capture.wait_until_open()
        sieve = LiveSieve(Limits(), SIZE, max_motion=3.0, live=capture.live)
        guide = Guide(capture, sieve, plan or AreaPlan(), lambda pixels: kept.append(pixels) is None, pacing)
        guide.collect(taken, lambda taken: None)
    return taken, kept


def test_good_pictures_of_a_folder_are_kept_and_the_others_are_counted_by_reason(write) -> None:
    good = parts(14)
    spoilt = [cv2.GaussianBlur(good[0], (15, 15), 0), good[0] // 40, good[3], np.full_like(good[0], 255)]
    taken, kept = guided(write([*good[:2], *spoilt, *good[2:]]), 20)
    assert taken.refused == {
        Refusal.BLURRED: 1,
        Refusal.DARK: 1,
        Refusal.SEEN: 1,
        Refusal.OVEREXPOSED: 1,
    }
    assert (taken.count, taken.missing) == (14, 6)
    assert all(np.array_equal(pixels, part) for pixels, part in zip(kept[:3], (*good[:2], good[3]), strict=True))


def test_no_more_are_kept_than_wanted(write) -> None:
    taken, kept = guided(write(parts(14)), 3)
    assert len(kept) == taken.count == 3


def test_what_is_kept_is_cut_to_the_region_of_interest(write) -> None:
    good = parts(14)
    plan = AreaPlan(region=((10, 20), (89, 20), (89, 99), (10, 99)))
    _, kept = guided(write(good), 14, plan=plan)
    assert np.array_equal(kept[0], good[0][20:100, 10:90])


def test_a_belt_that_stands_still_is_told_and_given_up_with_what_there_is() -> None:
    part = parts(1)[0]
    rng = np.random.default_rng(0)
    noisy = [np.clip(part + rng.normal(0, 2, part.shape), 0, 255).astype(np.uint8) for _ in range(6)]
    with MjpegServer(noisy, fps=40) as server, pytest.raises(TeachingError) as given_up:
        guided(server.url, 5)
    assert "no picture could be kept for 1 s: nothing new comes before the camera" in given_up.value.message
    assert given_up.value.hint == "4 more are needed, 1 of 5 are kept: the same command goes on"


def test_a_belt_that_never_stands_still_is_told() -> None:
    with MjpegServer(parts(14), fps=20) as server, pytest.raises(TeachingError, match="something moves in every"):
        guided(server.url, 5)


def test_a_camera_that_is_lost_is_named() -> None:
    sieve = LiveSieve(Limits(), SIZE, max_motion=3.0, live=True)
    with MjpegServer(parts(14), fps=40) as server, Capture(CameraOptions(source=server.url)) as capture:
        capture.wait_until_open()
        server.kill()
        guide = Guide(capture, sieve, AreaPlan(), lambda pixels: True, SOON)
        with pytest.raises(CameraError, match="the camera is lost") as lost:
            guide.collect(Taken(5), lambda taken: None)
    assert "5 more are needed" in lost.value.hint
