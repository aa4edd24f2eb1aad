from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.health.incident import Change, Incident


def changes(looks: list[str], over_after: int = 3) -> list[tuple[int, Change]]:
    incident = Incident(over_after)
    return [(number, change) for number, look in enumerate(looks) if (change := incident.take(look))]


def test_a_fault_begins_once_and_is_over_once() -> None:
    began, over = Change("began", "black picture"), Change("over", "black picture")
    assert changes(["", "black picture", "black picture", "", "", "", "", ""]) == [(1, began), (5, over)]


def test_a_fault_that_flickers_is_one_incident() -> None:
    assert changes(["dark", "", ""] * 50 + [""] * 3) == [
        (0, Change("began", "dark")),
        (150, Change("over", "dark")),
    ]


def test_other_reasons_belong_to_the_incident_that_they_came_with() -> None:
    assert changes(["shifted", "black", "", "", ""]) == [
        (0, Change("began", "shifted")),
        (4, Change("over", "shifted")),
    ]


def test_a_second_incident_is_announced_again() -> None:
    kinds = [change.kind for _, change in changes(["a", "", "", "", "b", "", "", ""])]
    assert kinds == ["began", "over", "began", "over"]


@given(st.lists(st.sampled_from(["", "dark", "blurred"])), st.integers(1, 6))
def test_beginnings_and_ends_take_turns(looks: list[str], over_after: int) -> None:
    found = changes(looks, over_after)
    assert [change.kind for _, change in found] == (["began", "over"] * len(found))[: len(found)]
    for number, change in found:
        if change.kind == "over":
            assert looks[number + 1 - over_after : number + 1] == [""] * over_after
