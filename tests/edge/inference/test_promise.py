from __future__ import annotations

import pytest

from edge.inference.promise import promise_of
from tests.edge.inference.conftest import MakeCalibration


@pytest.mark.parametrize(
    ("rate", "promised", "folds", "words"),
    [
        (0.05, 0.05, None, "at most 5 % false alarms"),
        (0.001, 0.001, None, "at most 0.1 % false alarms"),
        (0.01, 0.002, None, "at most 0.2 % false alarms"),
        (0.05, 0.1758, 10, "about 5 % false alarms (CV+ proves at most 17.6 % for the models of the folds)"),
        (0.01, 0.02, None, "set for 1 % false alarms, at most 2 % are promised"),
        (0.01, None, None, "set for 1 % false alarms, none is promised"),
        (None, None, None, "no false-alarm rate is promised"),
    ],
)
def test_it_says_no_more_than_is_proven(
    make_calibration: MakeCalibration, rate: float | None, promised: float | None, folds: int | None, words: str
) -> None:
    assert promise_of(make_calibration(false_alarm_rate=rate, promised=promised, folds=folds)) == words
