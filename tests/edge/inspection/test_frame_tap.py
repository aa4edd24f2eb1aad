from __future__ import annotations

import threading

import numpy as np

from edge.inspection.frame_tap import FrameTap

PIXELS = np.zeros((4, 5, 3), np.uint8)


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
    while not tap.open:
        pass
    for seq in range(3):
        buffer[:] = seq  # as a ring is filled again
        tap.offer(buffer, seq, seq)
    taker.join()
    assert taken == [0, 6001]


def test_a_frame_that_cannot_be_used_is_given_as_such() -> None:
    tap = FrameTap()
    offering = threading.Timer(0.05, lambda: tap.offer(None, 7, 70))
    offering.start()
    (sample,) = tap.take(1, 10.0)
    assert (sample.pixels, sample.seq) == (None, 7)


def test_where_the_time_is_over_there_are_fewer() -> None:
    tap = FrameTap()
    threading.Timer(0.05, lambda: tap.offer(PIXELS, 1, 1)).start()
    assert len(tap.take(2, 0.3)) == 1
    assert not tap.open
