from __future__ import annotations

import gc
from collections.abc import Iterator

import numpy as np
import pytest

from edge.cameras.ring import RingReader, RingWriter, create_ring
from edge.cameras.source import Shot


@pytest.fixture
def ring() -> Iterator[tuple[RingWriter, RingReader]]:
    fds = create_ring(4)
    reader = RingReader(fds)
    yield RingWriter(fds), reader
    reader.close()


def shot(level: int, picture: str | None = None) -> Shot:
    return Shot(np.full((30, 40, 3), level, np.uint8), level * 1000, picture)


def test_a_frame_arrives_with_all_that_belongs_to_it(ring: tuple[RingWriter, RingReader]) -> None:
    writer, reader = ring
    name = "ä" * 2047 + "b"  # 4095 bytes, the longest path that Linux takes
    assert writer.put(shot(7, name), 3, drop_oldest=True) == (True, 0)
    frame, dropped = reader.take(newest=True)
    assert frame is not None
    assert (frame.seq, frame.captured_ns, frame.picture, dropped) == (3, 7000, name, 0)
    assert np.array_equal(frame.pixels, shot(7).pixels)


def test_a_full_ring_drops_the_oldest_or_refuses(ring: tuple[RingWriter, RingReader]) -> None:
    writer, reader = ring
    for level in range(4):
        assert writer.put(shot(level), level, drop_oldest=False) == (True, 0)
    assert writer.put(shot(4), 4, drop_oldest=False) == (False, 0)
    assert writer.put(shot(4), 4, drop_oldest=True) == (True, 1)
    frames = [reader.take(newest=False)[0] for _ in range(4)]
    assert [frame.seq for frame in frames if frame] == [1, 2, 3, 4]


def test_the_newest_is_taken_and_the_others_are_counted(ring: tuple[RingWriter, RingReader]) -> None:
    writer, reader = ring
    for level in range(4):
        writer.put(shot(level), level, drop_oldest=True)
    frame, dropped = reader.take(newest=True)
    assert frame is not None
    assert (frame.seq, dropped) == (3, 3)
    assert reader.take(newest=True) == (None, 0)


def test_frames_given_up_by_the_reader_leave_their_slots_free(ring: tuple[RingWriter, RingReader]) -> None:
    writer, reader = ring
    for _ in range(5):
        for level in range(3):
            assert writer.put(shot(level), level, drop_oldest=False) == (True, 0)
        frame, dropped = reader.take(newest=True)
        assert frame is not None
        assert (frame.seq, dropped) == (2, 2)
        del frame


def test_few_frames_kept_are_shared_and_more_are_copied_so_capture_goes_on(
    ring: tuple[RingWriter, RingReader],
) -> None:
    writer, reader = ring
    kept = []
    for level in range(10):
        assert writer.put(shot(level), level, drop_oldest=False)[0]
        frame, _ = reader.take(newest=False)
        assert frame is not None
        kept.append(frame.pixels)
    assert [int(pixels.min()) for pixels in kept] == list(range(10))
    assert [bool(pixels.flags.owndata) for pixels in kept] == [False] * 2 + [True] * 8


def test_a_slot_is_free_again_when_its_last_view_is_gone(ring: tuple[RingWriter, RingReader]) -> None:
    writer, reader = ring
    for level in range(20):
        writer.put(shot(level), level, drop_oldest=False)
        frame, _ = reader.take(newest=False)
        assert frame is not None
        assert not frame.pixels.flags.owndata, "a slot was not given back"
        corner = frame.pixels[5:][:5].reshape(-1)
        del frame
        gc.collect()
        assert set(corner) == {level}
        del corner


def test_pixels_outlive_the_ring(ring: tuple[RingWriter, RingReader]) -> None:
    writer, reader = ring
    writer.put(shot(9), 0, drop_oldest=True)
    frame, _ = reader.take(newest=True)
    assert frame is not None
    reader.close()
    assert int(frame.pixels.min()) == 9
