"""What every kind of camera must do, tried on all that run without hardware."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import psutil
import pytest
from numpy.typing import NDArray

from edge.cameras.choose import source_for
from edge.cameras.options import CameraOptions
from edge.cameras.source import Shot, Source
from edge.errors import CameraError, CameraSilentError
from tests.edge.cameras.capturing import next_frame
from tests.edge.cameras.conftest import StartCapture, colours
from tests.edge.cameras.loopback import Loopback, loopback, simulated_producer

FILES = ("folder", "memory", "video")
SERVED = ("mjpeg", "rtsp", "gstreamer")
EVERY = (*FILES, *SERVED, "genicam")
SIZE, OTHER_SIZE = (122, 162), (100, 140)  # (height, width); rows of no multiple of four bytes
PATIENCE_S = 5.0

Make = Callable[..., Loopback]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    with ExitStack() as stack:
        yield lambda kind, *pictures: loopback(kind, pictures or [colours(SIZE)], tmp_path, stack)


@pytest.fixture
def opened() -> Iterator[Callable[..., Source]]:
    """Opens sources that are closed with the test."""
    sources: list[Source] = []

    def open_one(camera: Loopback, **options: object) -> Source:
        given = {"source": camera.source, "loop": True, "producer": simulated_producer(), **options}
        source = source_for(CameraOptions.model_validate(given))
        sources.append(source)
        source.open()
        return source

    yield open_one
    for source in sources:
        source.close()


def shot_of(source: Source) -> Shot:
    shot = source.read()
    assert shot is not None
    return shot


def shows_colours(pixels: NDArray[np.uint8], size: tuple[int, int] = SIZE) -> bool:
    """Whether the four quarters have their colours, a margin for lossy coding excepted."""
    if pixels.shape != (*size, 3):
        return False
    difference = np.abs(pixels.astype(int) - colours(size))
    rows, columns = (np.abs(np.arange(side) - side // 2) for side in size)
    inner = [
        (distance > 8) & (distance < side // 2 - 8) for distance, side in zip((rows, columns), size, strict=True)
    ]
    return bool(difference[inner[0]][:, inner[1]].max() <= 24)


def shows_red_ball(pixels: NDArray[np.uint8]) -> bool:
    blue, green, red = (pixels[..., channel] for channel in range(3))
    return bool(red.min() == 255 and np.array_equal(blue, green) and blue.min() == 0 and blue.mean() > 200)


def failure_of(source: Source, within_s: float = PATIENCE_S) -> CameraError:
    deadline_s = time.monotonic() + within_s
    with pytest.raises(CameraError) as caught:
        while time.monotonic() < deadline_s:
            source.read()
    return caught.value


@pytest.mark.parametrize("kind", EVERY)
def test_gives_the_right_pixels_with_the_time_they_came(
    kind: str, make: Make, opened: Callable[..., Source]
) -> None:
    source = opened(make(kind))
    assert source.reachable()
    for _ in range(3):
        asked_ns = time.monotonic_ns()
        shot = shot_of(source)
        assert shows_red_ball(shot.pixels) if kind == "genicam" else shows_colours(shot.pixels)
        assert shot.pixels.dtype == np.uint8
        assert shot.pixels.flags.c_contiguous
        assert shot.fault == ""
        assert asked_ns <= shot.captured_ns <= time.monotonic_ns()


@pytest.mark.parametrize("kind", EVERY)
def test_crosses_from_a_capture_process_that_ends_at_once(kind: str, make: Make, capture: StartCapture) -> None:
    camera = capture(make(kind).source, loop=True, producer=simulated_producer())
    for _ in range(3):
        pixels = next_frame(camera).pixels
        assert shows_red_ball(pixels) if kind == "genicam" else shows_colours(pixels)
    begun_s = time.monotonic()
    camera.stop()
    assert time.monotonic() - begun_s < 0.6


@pytest.mark.parametrize("kind", EVERY)
def test_pixels_that_were_given_do_not_change(kind: str, make: Make, opened: Callable[..., Source]) -> None:
    source = opened(make(kind, colours(SIZE), np.full((*SIZE, 3), 60, np.uint8)))
    first = shot_of(source).pixels
    copy = first.copy()
    for _ in range(5):
        shot_of(source)
    assert np.array_equal(first, copy)


@pytest.mark.parametrize("kind", EVERY)
def test_opens_again_closes_twice_and_leaves_nothing_behind(
    kind: str, make: Make, opened: Callable[..., Source]
) -> None:
    source = opened(make(kind))
    shot_of(source)
    source.close()
    source.close()
    me = psutil.Process()

    def exceeds(before: tuple[int, int, int]) -> bool:
        return any(now > then for now, then in zip(held(), before, strict=True))

    def held() -> tuple[int, int, int]:
        return me.num_fds(), me.num_threads(), len(me.children())

    time.sleep(0.1)  # the server's threads are in this process too
    before = held()
    for _ in range(3):
        source.open()
        shot_of(source)
        source.close()
    deadline_s = time.monotonic() + PATIENCE_S
    while exceeds(before) and time.monotonic() < deadline_s:
        time.sleep(0.02)
    assert not exceeds(before), (held(), before)


@pytest.mark.parametrize("kind", SERVED)
def test_silence_is_told_in_time_and_overcome_by_reading_again(
    kind: str, make: Make, opened: Callable[..., Source]
) -> None:
    camera = make(kind)
    source = opened(camera, read_timeout_s=0.4, open_timeout_s=0.6, triggered=True)
    for _ in range(10):
        shot_of(source)
    assert camera.freeze is not None
    assert camera.thaw is not None
    camera.freeze()
    with pytest.raises(CameraSilentError, match="no picture within 0.4 s; check"):
        while True:
            read_s = time.monotonic()
            source.read()
    assert 0.35 < time.monotonic() - read_s < 2.0
    for _ in range(2):
        with pytest.raises(CameraSilentError, match=r"within 0\.[46] s"):
            source.read()
    camera.thaw()
    assert shows_colours(shot_of(source).pixels)


@pytest.mark.parametrize("kind", SERVED)
def test_a_camera_that_is_gone_is_lost_and_comes_back(
    kind: str, make: Make, opened: Callable[..., Source]
) -> None:
    camera = make(kind)
    source = opened(camera, read_timeout_s=1.0, open_timeout_s=2.0)
    shot_of(source)
    assert camera.kill is not None
    assert camera.start is not None
    camera.kill()
    failure = failure_of(source)
    assert not isinstance(failure, CameraSilentError)
    assert "\n" not in str(failure)
    source.close()
    assert not source.reachable()
    begun_s = time.monotonic()
    with pytest.raises(CameraError):
        source.open()
    assert time.monotonic() - begun_s < 1, "a refused connection is known at once"
    source.close()
    assert camera.show is not None
    camera.show([colours(OTHER_SIZE)])
    camera.start()
    assert source.reachable()
    source.open()
    assert shows_colours(shot_of(source).pixels, OTHER_SIZE)


@pytest.mark.parametrize("kind", ["folder", "memory", "mjpeg", "gstreamer"])
def test_another_size_than_before_goes_on(kind: str, make: Make, opened: Callable[..., Source]) -> None:
    source = opened(make(kind, *[colours(SIZE)] * 5, *[colours(OTHER_SIZE)] * 5))
    seen = set()
    for _ in range(40):
        shot = shot_of(source)
        assert shot.fault == ""
        assert any(shows_colours(shot.pixels, size) for size in (SIZE, OTHER_SIZE))
        seen.add(shot.pixels.shape)
    assert len(seen) == 2


@pytest.mark.parametrize("kind", SERVED)
def test_another_size_than_asked_is_a_fault_that_names_both(
    kind: str, make: Make, opened: Callable[..., Source]
) -> None:
    source = opened(make(kind), width=1920, height=1080)
    assert shot_of(source).fault == "frame is 162x122, 1920x1080 was asked for"
