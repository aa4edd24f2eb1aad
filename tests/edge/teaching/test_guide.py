"""Guided collection from real cameras of this computer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.cameras.capture import Capture
from edge.cameras.options import CameraOptions
from edge.collecting.collection import Pacing
from edge.collecting.live_sieve import LiveSieve
from edge.collecting.sieve import Limits, Refusal
from edge.errors import CameraError, TeachingError
from edge.inspection.area import AreaPlan
from edge.pictures import Picture
from edge.teaching.guide import Guide, Taken
from tests.conftest import plate
from tests.edge.cameras.mjpeg_server import MjpegServer

SIZE = (96, 96)
SOON = Pacing(interval_s=0.0, give_up_after_s=1.0)


@pytest.fixture
def parts() -> list[Picture]:
    """Fourteen plates, none like another."""
    rng = np.random.default_rng(7)
    return [cv2.circle(plate(rng), (20 + 7 * number, 60), 9, (0, 0, 0), -1) for number in range(14)]


@pytest.fixture
def write(tmp_path: Path) -> Iterator[Callable[[list[Picture]], Path]]:
    def write(pictures: list[Picture]) -> Path:
        for number, pixels in enumerate(pictures):
            assert cv2.imwrite(str(tmp_path / f"{number:02}.png"), pixels)
        return tmp_path

    yield write


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


def test_good_pictures_of_a_folder_are_kept_and_the_others_are_counted_by_reason(parts, write) -> None:
    spoilt = [cv2.GaussianBlur(parts[0], (15, 15), 0), parts[0] // 40, parts[3], np.full_like(parts[0], 255)]
    taken, kept = guided(write([*parts[:2], *spoilt, *parts[2:]]), 20)
    assert taken.refused == {
        Refusal.BLURRED: 1,
        Refusal.DARK: 1,
        Refusal.SEEN: 1,
        Refusal.OVEREXPOSED: 1,
    }
    assert (taken.count, taken.missing) == (14, 6)
    assert all(np.array_equal(pixels, part) for pixels, part in zip(kept[:3], (*parts[:2], parts[3]), strict=True))


def test_no_more_are_kept_than_wanted(parts, write) -> None:
    taken, kept = guided(write(parts), 3)
    assert len(kept) == taken.count == 3


def test_what_is_kept_is_cut_to_the_region_of_interest(parts, write) -> None:
    plan = AreaPlan(region=((10, 20), (89, 20), (89, 99), (10, 99)))
    _, kept = guided(write(parts), 14, plan=plan)
    assert np.array_equal(kept[0], parts[0][20:100, 10:90])


def test_a_belt_that_stands_still_is_told_and_given_up_with_what_there_is(parts) -> None:
    rng = np.random.default_rng(0)
    noisy = [np.clip(parts[0] + rng.normal(0, 2, parts[0].shape), 0, 255).astype(np.uint8) for _ in range(6)]
    with MjpegServer(noisy, fps=40) as server, pytest.raises(TeachingError) as given_up:
        guided(server.url, 5)
    assert "no picture could be kept for 1 s: nothing new comes before the camera" in given_up.value.message
    assert given_up.value.hint == "4 more are needed, 1 of 5 are kept: the same command goes on"


def test_a_belt_that_never_stands_still_is_told(parts) -> None:
    with MjpegServer(parts, fps=20) as server, pytest.raises(TeachingError, match="something moves in every"):
        guided(server.url, 5)


def test_a_camera_that_is_lost_is_named(parts) -> None:
    sieve = LiveSieve(Limits(), SIZE, max_motion=3.0, live=True)
    with MjpegServer(parts, fps=40) as server, Capture(CameraOptions(source=server.url)) as capture:
        capture.wait_until_open()
        server.kill()
        guide = Guide(capture, sieve, AreaPlan(), lambda pixels: True, SOON)
        with pytest.raises(CameraError, match="the camera is lost") as lost:
            guide.collect(Taken(5), lambda taken: None)
    assert "5 more are needed" in lost.value.hint
