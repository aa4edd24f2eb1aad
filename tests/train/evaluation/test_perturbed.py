from __future__ import annotations

import datetime

import numpy as np
import pytest

from edge.inference.card import Calibration
from train.evaluation.perturb_levels import CHANGES, GRID
from train.evaluation.perturbed import Perturbed, sentence, tabulate

LAMP, BLUR = CHANGES[0], CHANGES[1]
GOOD, ANOMALOUS = 20, 10
LABELS = np.repeat([0, 1], [GOOD, ANOMALOUS])


def calibrated(rate: float | None) -> Calibration:
    return Calibration(
        method="conformal",
        false_alarm_rate=rate,
        threshold=1.0,
        pictures=40,
        quantiles=(),
        device="CPU",
        precision="int8",
        time=datetime.datetime.now(datetime.UTC),
    )


def table(alarms: dict[tuple[str, float], int], *, rate: float | None = 0.05, unchanged: int = 0) -> Perturbed:
    """So many good pictures above the threshold at each level, none at others; every anomalous one is found."""
    counts = [unchanged, *(alarms.get((level.change.name, level.value), 0) for level in GRID)]
    scores = np.zeros((GOOD + ANOMALOUS, 1 + len(GRID)))
    scores[GOOD:] = 3.0
    for column, count in enumerate(counts):
        scores[:count, column] = 2.0
    return tabulate(scores, LABELS, calibrated(rate), longer_px=900)


def test_a_change_is_borne_up_to_the_level_before_the_first_with_more_than_twice_the_promise() -> None:
    """5 % of 20 is one, so two false alarms are borne and three are not."""
    found = table({("lamp", -15): 3, ("lamp", 10): 2, ("lamp", 15): 4, ("lamp", -5): 2})
    assert found.bears(LAMP) == (-10, 10)
    assert found.bears(BLUR) == (0, BLUR.levels[-1])
    rows = {row.level: row for row in found.rows["lamp"]}
    assert (rows[15].false_alarms, rows[15].borne, rows[20].borne) == (4 / 20, False, True)
    # A level beyond the first that is not borne does not count, though it is borne itself.
    assert "lamp -10 % to +10 %, blur up to 0.8 % (7.2 px), noise up to 20 grey levels" in sentence(found)
    assert "(false alarms stay within 10.0%, AUROC falls by at most 0.01)" in sentence(found)


def test_a_change_that_is_not_borne_at_all_is_said_so() -> None:
    weakest = {("lamp", -5.0): 9, ("lamp", 5.0): 9, ("blur", 0.1): 9, ("JPEG quality", 90.0): 9}
    shown = sentence(table(weakest))
    assert shown.startswith("bears: no lamp, no blur, noise up to")
    assert "JPEG quality 100 (" in shown


def test_one_side_that_is_not_borne_ends_at_what_changes_nothing() -> None:
    assert "lamp +0 % to +30 %," in sentence(table({("lamp", -5.0): 9}))


def test_where_unchanged_pictures_alarm_more_often_than_promised_a_change_may_add_the_promise() -> None:
    """Six of twenty, and one more."""
    found = table({("lamp", -5.0): 7, ("lamp", 5.0): 8}, unchanged=6)
    assert found.most_false_alarms == pytest.approx(7 / 20)
    assert found.bears(LAMP) == (-30, 0)


def test_a_fall_of_the_auroc_counts_without_any_false_alarm() -> None:
    scores = np.zeros((GOOD + ANOMALOUS, 1 + len(GRID)))
    scores[GOOD:] = 3.0
    first = 1 + [level.change.name for level in GRID].index("blur")
    scores[GOOD, first] = -1.0  # one of ten below all good ones: the AUROC falls to 0.9
    found = tabulate(scores, LABELS, calibrated(None), longer_px=900)
    assert found.rows["blur"][0].image_auroc == pytest.approx(0.9)
    assert found.rows["blur"][0].missed == 0.1
    assert found.bears(BLUR) == (0, 0)
    assert found.bears(LAMP) == (-30, 30)


def test_a_threshold_that_was_set_for_no_rate_bears_no_alarms_on_every_part() -> None:
    """A model from elsewhere: the AUROC stays, as all scores rise alike, and every good part is anomalous."""
    found = table({("lamp", -5.0): 2, ("lamp", 5.0): GOOD}, rate=None)
    assert found.bears(LAMP) == (-30, 0)
    assert "(false alarms stay within 10.0%, " in sentence(found)
    only_anomalous = tabulate(np.full((4, 1 + len(GRID)), 3.0), np.ones(4, int), calibrated(0.05), longer_px=900)
    assert only_anomalous.most_false_alarms is None and "false alarms" not in sentence(only_anomalous)


def test_good_pictures_alone_give_false_alarms_alone() -> None:
    scores = np.full((GOOD, 1 + len(GRID)), 0.5)
    scores[:5, 1] = 2.0
    found = tabulate(scores, LABELS[:GOOD], calibrated(0.05), longer_px=900)
    row = found.rows["lamp"][0]
    assert (row.image_auroc, row.false_alarms, row.missed, row.borne) == (None, 0.25, None, False)
