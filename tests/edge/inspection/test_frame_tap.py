from __future__ import annotations

import threading
import time

import numpy as np

from edge.inspection.frame_tap import FrameTap
from edge.pictures import Picture
from tests.edge.cameras.capturing import wait_for

PIXELS = np.zeros((4, 5, 3), np.uint8)


def offer_once_open(tap: FrameTap, pixels: Picture | None, seq: int) -> None:
    """A lane whose only frame comes when somebody waits for it."""

    def lane() -> None:
        wait_for(lambda: tap.open)
        tap.offer(pixels, seq, seq)

    threading.Thread(target=lane).start()


def test_nothing_is_kept_while_nobody_waits() -> None:
    tap = FrameTap()
    tap.offer(PIXELS, 1, 10)
    assert not tap.open
    assert tap.take(1, 0.01) == []


def test_who_waits_gets_copies_of_the_next_frames_and_no_more() -> None:
    tap, buffer = FrameTap(), PIXELS.copy()
    taken: list[int] = []

    def take() -> None:
        taken.extend(int(sample.pixels.sum()) * 100 + sample.seq for sample in tap.take(2, 10.0))

    taker = threading.Thread(target=take)
    taker.start()
    wait_for(lambda: tap.open)
    for seq in range(3):
        buffer[:] = seq  # as a ring is filled again
        tap.offer(buffer, seq, seq)
    taker.join()
    assert taken == [0, 6001]


def test_a_frame_that_cannot_be_used_is_given_as_such() -> None:
    tap = FrameTap()
    offer_once_open(tap, None, 7)
    (sample,) = tap.take(1, 10.0)
    assert (sample.pixels, sample.seq) == (None, 7)


def test_where_the_time_is_over_there_are_fewer() -> None:
    tap = FrameTap()
    offer_once_open(tap, PIXELS, 1)
    began_s = time.monotonic()
    assert len(tap.take(2, 0.5)) == 1
    assert time.monotonic() - began_s >= 0.5
    assert not tap.open
