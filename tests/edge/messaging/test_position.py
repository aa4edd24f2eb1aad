"""Where a reader stands, on paper."""

from __future__ import annotations

from edge.messaging.position import Position


def take(position: Position, *seqs: int, store: str = "first") -> list[bool]:
    return [position.take(seq, f"{store}-{seq}") for seq in seqs]


def test_an_alert_is_taken_once_in_whatever_order_it_comes():
    position = Position(0)
    assert take(position, 1, 3, 3, 1, 2, 2, 4) == [True, True, False, False, True, False, True]
    assert (position.seq, position.missed) == (4, 0)


def test_a_gap_leaves_the_reader_behind_until_it_is_filled():
    position = Position(0)
    take(position, 1, 3)
    assert position.behind(3) and position.seq == 1
    take(position, 2)
    assert not position.behind(3) and position.seq == 3


def test_what_is_given_up_is_counted():
    position = Position(2)
    take(position, 5)
    position.settle(7)
    assert (position.seq, position.missed) == (7, 4)


def test_a_reader_without_a_past_begins_with_what_comes():
    by_alert, by_heartbeat = Position(), Position()
    assert take(by_alert, 41) == [True] and by_alert.seq == 41
    by_heartbeat.hear(41)
    assert not by_heartbeat.behind(41) and by_heartbeat.behind(42)


def test_a_station_that_lost_its_store_is_heard_from_its_new_beginning():
    position = Position(5)
    take(position, 6)
    assert take(position, 2, store="second") == [True]
    assert position.seq == 0 and position.behind(2)
    assert take(position, 1, 2, 3, store="second") == [True, False, True]
    assert position.seq == 3


def test_a_reader_that_stays_behind_keeps_a_bounded_memory():
    position = Position(0)
    assert all(take(position, *range(2, 12_010)))
    assert (position.missed, position.seq) == (1, 12_009)
    assert len(position._delivered) == 10_000
