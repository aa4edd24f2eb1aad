from __future__ import annotations

import threading
import time

import pytest

from edge.inspection.turns import Turns
from tests.edge.cameras.capturing import wait_for


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
    turns, order = Turns(1), list[int]()
    with turns.turn():
        threads = queued(turns, order, 8)
    for thread in threads:
        thread.join(5)
    assert order == list(range(8))


def test_a_lane_that_asks_again_at_once_stands_behind_those_who_wait() -> None:
    turns, order = Turns(1), list[int]()
    with turns.turn():
        queued(turns, order, 3)
    with turns.turn():
        assert order == [0, 1, 2]


def queued(turns: Turns, order: list[int], count: int) -> list[threading.Thread]:
    """Threads that wait for a turn one behind the other, and note their number in it."""

    def lane(number: int) -> None:
        with turns.turn():
            order.append(number)

    threads = [threading.Thread(target=lane, args=(number,)) for number in range(count)]
    for number, thread in enumerate(threads, 1):
        thread.start()
        wait_for(lambda number=number: len(turns._waiting) == number)
    return threads


def test_a_turn_ends_with_an_error_too() -> None:
    turns = Turns(1)
    with pytest.raises(ZeroDivisionError), turns.turn():
        _ = 1 / 0
    with turns.turn():
        pass
