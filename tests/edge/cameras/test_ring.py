from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from edge.cameras.ring import Keep, RingFds, RingReader, RingWriter, create_ring
from edge.cameras.source import Shot

MakeRing = Callable[[Keep], tuple[RingWriter, RingReader]]


@pytest.fixture
def fds() -> RingFds:
    return create_ring(4)


@pytest.fixture
def ring(fds: RingFds) -> Iterator[MakeRing]:
    reader = RingReader(fds)
    yield lambda keep: (RingWriter(fds, keep), reader)
    reader.close()


def shot(level: int, picture: str | None = None, fault: str = "") -> Shot:
    return Shot(np.full((30, 40, 3), level, np.uint8), level * 1000, picture, fault)


def rest(reader: RingReader) -> list[int]:
    """Numbers of the frames that wait, the oldest first."""
    seqs = []
    while (frame := reader.take(newest=False)[0]) is not None:
        seqs.append(frame.seq)
    return seqs


def used(fds: RingFds) -> int:
    """Slots that take memory."""
    return sum(Path(f"/proc/self/fd/{fd}").stat().st_blocks > 0 for fd in fds.slots)


def test_a_frame_arrives_with_all_that_belongs_to_it(ring: MakeRing) -> None:
    writer, reader = ring(Keep.NEWEST)
    name = "ä" * 2047 + "b"  # 4095 bytes, the longest path that Linux takes
    assert writer.put(shot(7, name, "not a number in 3 of 5 välues"), 3) == (True, 0)
    frame, dropped = reader.take(newest=True)
    assert frame is not None
    assert (frame.seq, frame.captured_ns, frame.picture, dropped) == (3, 7000, name, 0)
    assert frame.fault == "not a number in 3 of 5 välues"
    assert np.array_equal(frame.pixels, shot(7).pixels)


@pytest.mark.parametrize("size", [(0, 0), (0, 40), (30, 0)])
def test_a_faulty_frame_may_have_no_pixels(ring: MakeRing, size: tuple[int, int]) -> None:
    writer, reader = ring(Keep.ALL)
    assert writer.put(Shot(np.zeros((*size, 3), np.uint8), 5), 0) == (True, 0)
    assert writer.put(Shot(np.zeros((*size, 3), np.uint8), 5, "a.tif", "zero bytes"), 1) == (True, 0)
    assert writer.put(shot(9), 2) == (True, 0)
    frames = [reader.take(newest=False)[0] for _ in range(3)]
    assert [(frame.pixels.shape, frame.picture, frame.fault) for frame in frames if frame] == [
        ((*size, 3), None, ""),
        ((*size, 3), "a.tif", "zero bytes"),
        ((30, 40, 3), None, ""),
    ]


def test_where_all_are_wanted_a_full_ring_takes_no_more(ring: MakeRing) -> None:
    writer, reader = ring(Keep.ALL)
    assert [writer.put(shot(level), level) for level in range(5)] == [(True, 0)] * 4 + [(False, 0)]
    assert rest(reader) == [0, 1, 2, 3]


def test_where_the_latest_are_wanted_a_full_ring_gives_up_the_oldest(ring: MakeRing) -> None:
    writer, reader = ring(Keep.LATEST)
    assert [writer.put(shot(level), level) for level in range(6)] == [(True, 0)] * 4 + [(True, 1)] * 2
    assert rest(reader) == [2, 3, 4, 5]


def test_where_the_newest_is_wanted_frames_nobody_takes_cost_two_slots(ring: MakeRing, fds: RingFds) -> None:
    writer, reader = ring(Keep.NEWEST)
    given_up = sum(writer.put(shot(level), level)[1] for level in range(50))
    assert used(fds) == 2
    frame, dropped = reader.take(newest=True)
    assert frame is not None
    assert (frame.seq, given_up + dropped) == (49, 49)
    assert reader.take(newest=True) == (None, 0)


def test_a_reader_that_holds_frames_finds_a_newer_one_whenever_it_looks(ring: MakeRing, fds: RingFds) -> None:
    writer, reader = ring(Keep.NEWEST)
    held = []
    for level in range(40):
        assert writer.put(shot(level), level)[0]
        assert reader.waiting()
        if level % 10 == 9:
            frame, _ = reader.take(newest=True)
            assert frame is not None and frame.seq == level
            held.append(frame.pixels)
    assert [int(pixels.min()) for pixels in held] == [9, 19, 29, 39]
    assert used(fds) == 4


@pytest.mark.parametrize("keep", Keep)
def test_a_reader_that_keeps_up_costs_two_slots(ring: MakeRing, fds: RingFds, keep: Keep) -> None:
    writer, reader = ring(keep)
    for level in range(20):
        assert writer.put(shot(level), level) == (True, 0)
        frame, _ = reader.take(newest=keep is Keep.NEWEST)
        assert frame is not None and frame.seq == level
    assert used(fds) == 2


def test_frames_given_up_by_the_reader_leave_their_slots_free(ring: MakeRing) -> None:
    writer, reader = ring(Keep.ALL)
    for _ in range(5):
        for level in range(3):
            assert writer.put(shot(level), level) == (True, 0)
        frame, dropped = reader.take(newest=True)
        assert frame is not None
        assert (frame.seq, dropped) == (2, 2)
        del frame


def test_few_frames_kept_are_shared_and_more_are_copied_so_capture_goes_on(ring: MakeRing) -> None:
    writer, reader = ring(Keep.ALL)
    kept = []
    for level in range(10):
        assert writer.put(shot(level), level)[0]
        frame, _ = reader.take(newest=False)
        assert frame is not None
        kept.append(frame.pixels)
    assert [int(pixels.min()) for pixels in kept] == list(range(10))
    assert [bool(pixels.flags.owndata) for pixels in kept] == [False] * 2 + [True] * 8


def test_a_slot_is_free_again_when_its_last_view_is_gone(ring: MakeRing) -> None:
    writer, reader = ring(Keep.ALL)
    for level in range(20):
        writer.put(shot(level), level)
        frame, _ = reader.take(newest=False)
        assert frame is not None
        assert not frame.pixels.flags.owndata, "a slot was not given back"
        corner = frame.pixels[5:][:5].reshape(-1)
        del frame
        gc.collect()
        assert set(corner) == {level}
        del corner


def test_pixels_outlive_the_ring(ring: MakeRing) -> None:
    writer, reader = ring(Keep.NEWEST)
    writer.put(shot(9), 0)
    frame, _ = reader.take(newest=True)
    assert frame is not None
    reader.close()
    assert int(frame.pixels.min()) == 9
    assert not reader.waiting()
