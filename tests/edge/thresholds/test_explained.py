"""What the page says is true: each figure is worked out anew, by other means."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from edge.config.line import LineOptions
from edge.inference.bundle import load_bundle
from edge.inference.calibrate import calibrate
from edge.inference.engine import Engine
from edge.inference.override import write_override
from edge.inspection.chosen import chosen
from edge.inspection.thresholds import Thresholds
from edge.pictures import find_pictures, read_picture
from edge.thresholds.explained import page
from edge.thresholds.in_force import InForce, in_force
from edge.thresholds.labelled import labelled_pictures, score_labelled

good_scores = np.random.default_rng(8).gamma(9.0, 1.0, 120)
LINE = LineOptions(parts_per_hour=600, shift_h=7.5)


@pytest.fixture
def calibrated(own_bundle: Path) -> Path:
    """A model with a calibration of its station, on scores that are known."""
    given = {"false_alarm_rate": 0.05, "device": "CPU", "precision": "int8", "by": "calibrate"}
    write_override(load_bundle(own_bundle), calibrate(good_scores, good_scores + 1.0, **given))
    return own_bundle


def found(model: Path, config: Path | None = None, camera: str | None = None) -> InForce:
    return in_force(chosen(model, config, camera), device="CPU")


def station(tmp_path: Path, extra: str = "", *, threshold: str = "") -> Path:
    path = tmp_path / "line-3.toml"
    table = f'[[cameras]]\nname = "top"\nsource = "0"\n{extra}\n'
    path.write_text(f'{threshold}\nstate_dir = "{tmp_path / "state"}"\n{table}', encoding="utf-8")
    return path


def test_every_figure_equals_an_independent_computation(calibrated: Path) -> None:
    text = page(found(calibrated), LINE, None)
    threshold = np.sort(good_scores)[114]  # ceil(121 * 0.95) = 115th smallest
    law = stats.beta(6, 115)  # of the share above it
    assert text.startswith(f"Threshold {threshold:.4g}\n")
    assert "At most 1 in 20 good parts is a false alarm (5 %)." in text
    assert f"lies between {100 * law.ppf(0.05):.2g} % and {100 * law.ppf(0.95):.2g} % (90 %)" in text
    told = re.search(r"per shift \(600 parts an hour, 7.5 h\): (\d+) \((\d+) to (\d+)\) false alarms", text)
    assert told is not None
    exact = [4500 * share for share in (law.mean(), law.ppf(0.05), law.ppf(0.95))]
    assert [int(number) for number in told.groups()] == pytest.approx(exact, abs=0.51)
    median, highest = np.median(good_scores), good_scores.max()
    assert f"the median good part scores {median:.4g}: {threshold - median:.4g} below the threshold" in text
    assert f"the highest good part scores {highest:.4g}: {highest - threshold:.4g} above it" in text
    assert f"this station's calibration of {found(calibrated).calibration.time:%Y-%m-%d %H:%M} UTC" in text
    assert "120 pictures of good parts" in text and "computed on CPU in int8" in text


def test_a_model_as_it_was_exported_says_that_nobody_calibrated_it_here(own_bundle: Path) -> None:
    text = page(found(own_bundle), LineOptions(), None)
    assert "this station has not calibrated it" in text
    assert "give --parts-per-hour" in text
    assert "--undo" not in text


def test_a_threshold_that_a_person_set_promises_nothing(calibrated: Path, tmp_path: Path) -> None:
    above = int(np.count_nonzero(good_scores > 15.0))
    for config, said in (
        (station(tmp_path, threshold="threshold = 15.0"), "the station's settings"),
        (station(tmp_path, "threshold = 15.0"), "the station's settings"),
    ):
        judged = found(calibrated, config, "top")
        assert (judged.threshold, judged.set_by) == (15.0, "settings")
        text = page(judged, LINE, None)
        assert "Nothing: a person set it." in text and said in text
        exact = [stats.binomtest(count, 120).proportion_ci(0.9, "exact") for count in (above - 1, above + 1)]
        told = re.search(r"actual share at this station lies between ([\d.]+) % and ([\d.]+) %", text)
        assert told is not None
        assert exact[0].low <= float(told[1]) / 100 * 1.01 and float(told[2]) / 100 <= exact[1].high * 1.01


def test_what_was_set_by_control_wins_as_it_does_in_the_station(calibrated: Path, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    thresholds = Thresholds(tmp_path / "state")
    thresholds.keep("top", load_bundle(calibrated).sha256, 16.5)
    thresholds.keep("low", load_bundle(calibrated).sha256, 17.5)
    judged = found(calibrated, station(tmp_path, "threshold = 15.0"), "top")
    assert (judged.threshold, judged.set_by, judged.place) == (16.5, "control", str(thresholds.path))
    thresholds.keep("top", "cd" * 32, 16.5)  # for another model
    assert found(calibrated, station(tmp_path, "threshold = 15.0"), "top").threshold == 15.0


def test_behind_an_ignore_mask_the_threshold_of_the_map_counts(calibrated: Path, tmp_path: Path) -> None:
    judged = found(calibrated, station(tmp_path, "ignore = [[[0, 0], [9, 0], [9, 9]]]"), "top")
    assert judged.masked and judged.threshold == pytest.approx(np.sort(good_scores)[114] + 1.0)
    text = page(judged, LINE, None)
    assert "the highest value of its map outside the ignore mask" in text
    assert f"the median good part scores {np.median(good_scores) + 1.0:.4g}: " in text


def test_a_calibration_of_another_device_is_named(own_bundle: Path) -> None:
    given = {"false_alarm_rate": 0.05, "device": "GPU", "precision": "int8"}
    write_override(load_bundle(own_bundle), calibrate(good_scores, None, **given))
    text = page(found(own_bundle), LINE, None)
    assert "beware     the threshold was set on GPU, CPU will judge: calibrate on CPU" in text


def test_known_parts_are_counted_with_exact_intervals(own_bundle: Path, tiny_dataset: Path) -> None:
    judged = found(own_bundle)
    labelled = score_labelled(judged.bundle, labelled_pictures(tiny_dataset, None), "CPU")
    engine = Engine(judged.bundle, device="CPU")
    above, of = {}, {}
    for kind in ("good", "blob", "scratch"):
        scores = [engine.infer(read_picture(path)).score for path in find_pictures(tiny_dataset / "test" / kind)]
        above[kind], of[kind] = sum(score > judged.threshold for score in scores), len(scores)
    text = page(judged, LINE, labelled)
    for kind in ("blob", "scratch"):
        assert re.search(rf"{kind} +{above[kind]} of {of[kind]} found", text)
    hit, total = above["blob"] + above["scratch"], of["blob"] + of["scratch"]
    interval = stats.binomtest(total - hit, total).proportion_ci(0.9, "exact")
    missed = f"missed: {100 * (1 - hit / total):.2g} % ({100 * interval.low:.2g} % to {100 * interval.high:.2g} %)"
    assert f"all defects          {hit} of {total} found; {missed}" in text
    assert re.search(rf"good parts +{above['good']} of 6 called anomalous", text)


def test_what_is_not_proven_is_not_promised(own_bundle: Path) -> None:
    given = {"false_alarm_rate": 0.05, "device": "CPU", "precision": "int8"}
    bundle = load_bundle(own_bundle)
    write_override(bundle, calibrate(good_scores, None, method="cross-conformal", folds=10, **given))
    proven = found(own_bundle).calibration.promised
    assert proven is not None and proven > 0.05
    text = page(found(own_bundle), LINE, None)
    assert "About 1 in 20 good parts is a false alarm (5 %), as long as" in text
    assert f"CV+ proves at most {100 * proven:.3g} % for the 10 models of the folds." in text
    assert "however their scores are distributed" not in text and "(90 %)" not in text
    assert re.search(r"false alarms: about [45]\.?\d* % of good parts\n", text)
    assert "each scored by one of 10 models, fitted without it" in text
    write_override(bundle, calibrate(good_scores, None, method="sigma", **given))
    text = page(found(own_bundle), LINE, None)
    assert "Nothing, unless scores are normal and many." in text and "At most" not in text


def test_good_parts_unlike_those_of_the_calibration_are_noticed(calibrated: Path) -> None:
    from edge.thresholds.labelled import Labelled

    usual = page(found(calibrated), LINE, Labelled({"good": [9.0] * 19 + [99.0]}))
    unlike = page(found(calibrated), LINE, Labelled({"good": [9.0] * 14 + [99.0] * 6}))
    assert "unlikely under the promise" in unlike and "unlikely under the promise" not in usual


def test_what_a_model_from_elsewhere_does_not_bring_is_said(own_bundle: Path) -> None:
    bundle = load_bundle(own_bundle)
    own = calibrate(good_scores, None, false_alarm_rate=0.05, device="CPU", precision="int8")
    update = {"method": "foreign", "quantiles": (), "pictures": 0, "promised": None, "interval": None}
    write_override(bundle, own.model_copy(update=update | {"false_alarm_rate": None, "confidence": None}))
    text = page(found(own_bundle), LINE, None)
    assert "Nothing is known of good parts: calibrate first." in text
    assert "promises nothing: calibrate on CPU" in text
    assert json.dumps(text).isascii()  # any terminal shows it


def explained(model: Path, scores: np.ndarray, rate: float, **given: object) -> str:
    made = calibrate(scores, None, false_alarm_rate=rate, device="CPU", precision="int8", **given)  # type: ignore[arg-type]
    write_override(load_bundle(model), made)
    return page(found(model), LINE, None)


def expected(text: str) -> list[float]:
    """The share that is expected and the interval that is told, in per cent."""
    told = re.search(r"false alarms: ([\d.]+) % \(([\d.]+) % to ([\d.]+) %\)", text)
    assert told is not None
    return [float(number) for number in told.groups()]


def test_a_rare_rate_is_expected_as_it_is_promised(own_bundle: Path) -> None:
    """Of 5000 parts five lie above the threshold for 1 in 1,000; a hundred quantiles do not show that."""
    many = np.random.default_rng(4).gamma(9.0, 1.0, 5000)
    text = explained(own_bundle, many, 0.001)
    law = stats.beta(5, 4996)
    assert "At most 1 in 1,000 good parts is a false alarm (0.1 %)." in text
    assert expected(text) == pytest.approx([100 * law.mean(), *(100 * law.ppf((0.05, 0.95)))], rel=0.05)
    drawn = text[text.index("--- threshold") :].splitlines()[1:]
    assert sum(int(line.split()[-1]) for line in drawn[: drawn.index("")]) == 5 - 1


def test_the_highest_score_promises_its_own_rate(own_bundle: Path) -> None:
    many = np.random.default_rng(4).gamma(9.0, 1.0, 999)
    text = explained(own_bundle, many, 0.01, method="maximum")
    assert "At most 1 in 1,000 good parts is a false alarm (0.1 %)." in text
    assert "CV+" not in text and "1e+" not in text
    assert expected(text)[0] == 0.1
    few = explained(own_bundle, many[:9], 0.01, method="maximum")
    assert "At most 1 in 10 good parts is a false alarm (10 %). 1 % was asked, which needs 99 pictures." in few


def test_a_plain_quantile_is_expected_to_be_exceeded_as_it_is(own_bundle: Path) -> None:
    text = explained(own_bundle, np.random.default_rng(5).gamma(9.0, 1.0, 200), 0.002, method="quantile")
    assert expected(text)[0] == pytest.approx(100 * (1 - (1 + 199 * 0.998) / 201), rel=0.02)  # 0.7 %, not 0.2 %


def test_a_threshold_set_with_defects_is_not_said_to_be_set_by_good_parts(own_bundle: Path) -> None:
    text = explained(own_bundle, good_scores, 0.05, method="youden", defective=good_scores + 20.0)
    assert "good parts alone" not in text
    assert "It was set with defective parts" in text
    assert "--method youden --defective defects/" in text


def test_a_tail_is_calibrated_again_as_a_tail(own_bundle: Path) -> None:
    text = explained(own_bundle, np.random.default_rng(6).gamma(9.0, 1.0, 200), 0.001, method="tail")
    assert "--false-alarm-rate 0.001 --method tail" in text


def test_a_threshold_by_judged_alarms_does_not_rest_on_the_scores_they_refuted(own_bundle: Path) -> None:
    old = calibrate(good_scores, None, false_alarm_rate=0.01, device="CPU", precision="int8")
    how = "40 of 40 alarms among 2000 parts were judged"
    update = {"method": "acknowledged", "promised": None, "interval": None, "confidence": None}
    raised = update | {"threshold": old.threshold + 3, "how": how, "warning": "an estimate, nothing is promised"}
    write_override(load_bundle(own_bundle), old.model_copy(update=raised))
    text = page(found(own_bundle), LINE, None)
    assert f"how        {how}" in text and "An estimate, nothing is promised." in text
    assert "rests on" not in text and "By these" not in text and "good parts alone" not in text
    assert "false alarms: about 1 % of good parts" in text
    assert "These are of the calibration before" in text


def test_a_hand_set_threshold_is_told_to_win_over_every_calibration(calibrated: Path, tmp_path: Path) -> None:
    text = page(found(calibrated, station(tmp_path, "threshold = 15.0"), "top"), LINE, None)
    assert "It wins over every calibration: take threshold out of the station file first." in text
    assert "A person set it: how many defects it misses" in text and "good parts alone" not in text
    (tmp_path / "state").mkdir()
    Thresholds(tmp_path / "state").keep("top", load_bundle(calibrated).sha256, 16.5)
    text = page(found(calibrated, station(tmp_path), "top"), LINE, None)
    assert "It wins over every calibration: send set_threshold with null first." in text
