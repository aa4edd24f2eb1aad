from __future__ import annotations

from edge.store.waiting import Waiting


def rows(*numbers: int) -> list[tuple[int, str]]:
    return [(number, str(number)) for number in numbers]


def test_rows_leave_in_their_order_and_only_when_they_are_taken_out() -> None:
    waiting = Waiting(10)
    assert waiting.add(rows(1, 2, 3)) == 0
    assert waiting.first(2) == waiting.first(2) == rows(1, 2)
    waiting.remove(2)
    assert (waiting.first(5), len(waiting)) == (rows(3), 1)


def test_when_it_is_full_the_oldest_go_and_are_counted() -> None:
    waiting = Waiting(3)
    waiting.add(rows(1, 2))
    assert waiting.add(rows(3, 4, 5)) == 2
    assert waiting.add(rows(6)) == 1
    assert (waiting.first(9), waiting.dropped) == (rows(4, 5, 6), 3)


def test_what_waits_can_be_read_from_any_number() -> None:
    waiting = Waiting(10)
    waiting.add(rows(4, 5, 6, 7))
    assert waiting.since(5, 1) == ["6"]
    assert waiting.since(5, 10) == ["6", "7"]
    assert waiting.since(7, 10) == waiting.since(0, 0) == []
