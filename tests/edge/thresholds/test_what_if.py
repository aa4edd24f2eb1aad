from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from calibration import conformal
from edge.config.line import LineOptions
from edge.errors import CalibrationError, PictureError
from edge.inference.bundle import load_bundle
from edge.inference.calibrate import calibrate
from edge.inference.override import write_override
from edge.inspection.chosen import chosen
from edge.thresholds.good_parts import GoodParts
from edge.thresholds.in_force import InForce, in_force
from edge.thresholds.labelled import Labelled, labelled_pictures
from edge.thresholds.what_if import choices, table

good_scores = np.random.default_rng(9).gamma(9.0, 1.0, 101)  # one quantile for each


@pytest.fixture
def found(own_bundle: Path) -> InForce:
    calibration = calibrate(good_scores, None, false_alarm_rate=0.05, device="CPU", precision="int8")
    write_override(load_bundle(own_bundle), calibration)
    return in_force(chosen(own_bundle, None, None), device="CPU")


def test_another_rate_has_the_threshold_that_a_calibration_for_it_sets(found: InForce) -> None:
    for choice, rate in zip(choices(found, (0.2, 0.1, 0.02), (), None), (0.2, 0.1, 0.02), strict=True):
        assert choice.threshold == pytest.approx(conformal.threshold(good_scores, rate))
        assert choice.share is not None and choice.share.mean <= rate


def test_a_rare_rate_has_the_threshold_that_a_calibration_for_it_sets(own_bundle: Path) -> None:
    many = np.random.default_rng(2).gamma(9.0, 1.0, 10_000)
    calibration = calibrate(many, None, false_alarm_rate=0.05, device="CPU", precision="int8")
    write_override(load_bundle(own_bundle), calibration)
    wide = in_force(chosen(own_bundle, None, None), device="CPU")
    for rate in (0.001, 0.002, 0.0001):
        choice = choices(wide, (rate,), (), None)[0]
        assert choice.threshold == conformal.threshold(many, rate)
        assert choice.share is not None and choice.share.mean <= rate


def test_what_an_old_card_does_not_know_is_said(own_bundle: Path) -> None:
    many = np.random.default_rng(2).gamma(9.0, 1.0, 10_000)
    new = calibrate(many, None, false_alarm_rate=0.05, device="CPU", precision="int8")
    write_override(load_bundle(own_bundle), new.model_copy(update={"highest": (), "highest_peaks": ()}))
    wide = in_force(chosen(own_bundle, None, None), device="CPU")
    made = choices(wide, (0.05, 0.001), (), None)
    assert made[0].threshold == pytest.approx(conformal.threshold(many, 0.05), rel=0.02)
    assert made[1].threshold is None
    assert "0.1 %  not known: this older calibration" in table(wide, made, LineOptions())[-1]


def test_the_table_tells_rates_shifts_and_defects(found: InForce) -> None:
    labelled = Labelled({"good": [5.0], "blob": [12.0, 99.0], "scratch": [99.0]})
    made = choices(found, (0.05, 0.001), (13.5,), labelled)
    title, _, heading, twentieth, thousandth, given = table(
        found, made, LineOptions(parts_per_hour=100, shift_h=10)
    )
    assert title == f"in force: {found.threshold:.4g}; 101 good parts"
    assert " ".join(heading.split()) == "rate threshold false alarms per shift known defects found"
    above = 102 - conformal.rank(101, 0.05)
    assert f"{1000 * above / 102:.0f} (" in twentieth
    caught = sum(score > made[0].threshold for score in (12.0, 99.0, 99.0))
    assert twentieth.endswith(f"{caught} of 3")
    assert thousandth.endswith("needs 999 good parts, there are 101")
    assert given.split()[:2] == ["given", "13.5"] and given.endswith("2 of 3")


def test_a_model_without_scores_of_good_parts_has_no_other_rates(found: InForce) -> None:
    empty = dataclasses.replace(found, good=GoodParts(101, ()))
    with pytest.raises(CalibrationError, match="brings no scores of good parts; calibrate first"):
        choices(empty, (0.1,), (), None)


def test_folders_of_known_parts_are_read_in_either_layout(tiny_dataset: Path, tmp_path: Path) -> None:
    by_test = labelled_pictures(tiny_dataset, None)
    assert by_test == labelled_pictures(tiny_dataset / "test", None)
    assert {kind: len(paths) for kind, paths in by_test.items()} == {"good": 6, "blob": 6, "scratch": 6}
    defective = labelled_pictures(None, tiny_dataset / "test" / "blob")
    assert {kind: len(paths) for kind, paths in defective.items()} == {"defective": 6}
    with pytest.raises(PictureError, match="no such folder: .*gone"):
        labelled_pictures(tmp_path / "gone", None)
    with pytest.raises(PictureError, match="has no folders; one for each kind"):
        labelled_pictures(tmp_path, None)
