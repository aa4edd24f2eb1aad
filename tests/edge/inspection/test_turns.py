from __future__ import annotations

import threading
import time
from collections import Counter

import pytest

from edge.inspection.turns import Turns


def test_no_more_than_so_many_are_in_their_turn_at_once() -> None:
    turns, inside, most, lock = Turns(2), [0], [0], threading.Lock()

    def lane() -> None:
        for _ in range(50):
            with turns.turn():
                with lock:
                    inside[0] += 1
                    most[0] = max(most[0], inside[0])
                time.sleep(0.0002)
                with lock:
                    inside[0] -= 1

    threads = [threading.Thread(target=lane) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert most == [2] and inside == [0]


def test_first_come_first_served() -> None:
    """Each thread queues behind a turn that is held, one after the other; they get theirs in that order."""
    turns, order = Turns(1), []
    threads: list[threading.Thread] = []
    with turns.turn():
        for number in range(8):
            thread = threading.Thread(target=lambda number=number: _note(turns, order, number))
            thread.start()
            threads.append(thread)
            deadline_s = time.monotonic() + 5
            while len(turns._waiting) <= number and time.monotonic() < deadline_s:
                time.sleep(0.001)
    for thread in threads:
        thread.join(5)
    assert order == list(range(8))


def _note(turns: Turns, order: list[int], number: int) -> None:
    with turns.turn():
        order.append(number)


def test_a_lane_that_never_stops_asking_takes_no_more_than_its_share() -> None:
    turns, counts, stop = Turns(1), Counter[int](), threading.Event()

    def lane(number: int) -> None:
        while not stop.is_set():
            with turns.turn():
                counts[number] += 1
                time.sleep(0.0005)

    threads = [threading.Thread(target=lane, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    stop.set()
    for thread in threads:
        thread.join(5)
    assert max(counts.values()) - min(counts.values()) <= 3


def test_a_turn_ends_with_an_error_too() -> None:
    turns = Turns(1)
    with pytest.raises(ZeroDivisionError), turns.turn():
        _ = 1 / 0
    with turns.turn():
        pass
