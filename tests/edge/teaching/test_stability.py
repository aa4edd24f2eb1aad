"""Whether the threshold still moves."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from edge.teaching.fit import fit
from edge.teaching.session import Session
from edge.teaching.stability import Estimate, Stability
from edge.teaching.step import forward
from tests.edge.teaching.conftest import teach_plates
from tests.edge.teaching.parts import parts

GOOD = np.linspace(1.0, 2.0, 19)


def test_the_first_estimate_says_nothing_about_movement() -> None:
    first = Estimate.after(None, 100, GOOD, None)
    assert (first.threshold, first.moved, first.stable) == (2.0, None, False)


def test_more_pictures_that_allow_a_lower_rate_are_no_movement() -> None:
    first = Estimate.after(None, 100, GOOD, 0.01)
    more = np.linspace(1.0, 2.0, 39)
    second = Estimate.after(first, 200, np.append(more, 2.5), 0.01)
    assert (first.threshold, second.threshold) == (2.0, 2.5), "at 5 % and at 2.4 %"
    assert second.moved == pytest.approx(0.0, abs=0.02), "at 5 % both say about 2.0"


def test_twice_in_a_row_nearly_the_same_is_stable_and_a_jump_ends_it() -> None:
    estimate = None
    told = []
    for factor in (1.0, 1.3, 1.31, 1.32, 1.5):
        estimate = Estimate.after(estimate, 0, GOOD * factor, None)
        told.append((round(estimate.moved or 0, 2), estimate.stable))
    assert told == [(0, False), (0.23, False), (0.01, False), (0.01, True), (0.12, False)]


def settled(stability: Stability, pictures: int) -> Estimate:
    """Looks until so many pictures are in the estimate."""
    deadline_s = time.monotonic() + 20
    while stability.latest is None or stability.latest.pictures < pictures:
        assert time.monotonic() < deadline_s
        stability.look()
        time.sleep(0.01)
    return stability.latest


def test_what_is_estimated_while_pictures_come_is_what_the_fit_gives_in_the_end(
    backbone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.teaching.stability.FASTEST_PER_S", float("inf"))
    good = parts(60)
    with Session(tmp_path / "plate", backbone) as session, Stability(session, backbone, None) as stability:
        teach_plates(session, good[:19])
        stability.look()
        teach_plates(session, good[19:30])
        first = settled(stability, 30)
        teach_plates(session, good[30:])
        found = settled(stability, 60)
        taught = fit(session, backbone, forward(session), tmp_path / "plate.xml", name="plate")
    assert first.moved is None and found.moved is not None
    assert found.threshold == pytest.approx(taught.calibration.threshold, rel=0.02)


def test_nothing_is_estimated_while_pictures_come_faster_than_anybody_follows(backbone, tmp_path: Path) -> None:
    with Session(tmp_path / "plate", backbone) as session, Stability(session, backbone, None) as stability:
        teach_plates(session, parts(24))
        stability.look()
        assert stability.latest is None
    with Session(tmp_path / "plate", backbone) as session, Stability(session, backbone, None) as later:
        assert settled(later, 24).pictures == 24, "a run that goes on knows what it has"
