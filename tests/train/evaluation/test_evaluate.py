from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge.errors import PictureError
from edge.inference.batch import score_pictures
from edge.inference.bundle import load_bundle
from edge.inference.engine import Engine
from edge.inference.override import write_override
from edge.pictures import readable
from train.data.find import find_dataset
from train.evaluation.evaluate import evaluate_bundle, evaluate_checkpoint


@pytest.fixture(scope="module")
def by_bundle(
    tiny_bundle_fp32: Path, tiny_dataset: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("report")
    figures, skipped = evaluate_bundle(tiny_bundle_fp32, find_dataset(tiny_dataset), folder, device="CPU")
    assert skipped == ()
    assert json.loads((folder / "metrics.json").read_text()) == figures
    return figures


def test_checkpoint_and_float_model_give_the_same_figures(
    by_bundle: dict[str, Any], tiny_checkpoint: Path, tiny_dataset: Path, tmp_path: Path
) -> None:
    """One judged by torch, the other by the runtime."""
    by_torch, _ = evaluate_checkpoint(tiny_checkpoint, find_dataset(tiny_dataset), tmp_path, device="cpu")
    assert list(by_torch) == list(by_bundle)
    for name in by_torch.keys() - {"per_defect", "box_hit_rate"}:
        assert by_torch[name] == pytest.approx(by_bundle[name], rel=1e-3), name
    for defect, figures in by_torch["per_defect"].items():
        assert figures == pytest.approx(by_bundle["per_defect"][defect], rel=1e-3), defect


def test_the_figures_are_those_of_a_model_that_knows_its_part(by_bundle: dict[str, Any]) -> None:
    assert (by_bundle["image_auroc"], by_bundle["recall"]) == (1.0, 1.0)
    assert by_bundle["pixel_auroc"] > 0.9
    assert by_bundle["box_hit_rate"] is None  # the set has masks
    assert {name: defect["count"] for name, defect in by_bundle["per_defect"].items()} == {"blob": 6, "scratch": 6}


@pytest.fixture
def station_threshold(tiny_bundle_fp32: Path, tmp_path: Path) -> Callable[..., Path]:
    """Copies the bundle and lays a station's own calibration beside it: 24 good parts, 5 % false alarms."""

    def calibrated(threshold: float, **given: object) -> Path:
        for path in (tiny_bundle_fp32, tiny_bundle_fp32.with_suffix(".bin")):
            shutil.copy(path, tmp_path / path.name)
        bundle = load_bundle(tmp_path / tiny_bundle_fp32.name)
        change = {"threshold": threshold, "pictures": 24, "false_alarm_rate": 0.05, "promised": 0.05} | given
        write_override(bundle, bundle.card.calibration.model_copy(update=change))
        return bundle.path

    return calibrated


def head_of(report: Path) -> str:
    text = (report / "report.html").read_text(encoding="utf-8")
    return text[text.index("<header>") : text.index("</header>")]


def test_the_stations_own_threshold_is_the_one_that_counts(
    station_threshold: Callable[..., Path], tiny_dataset: Path, tmp_path: Path
) -> None:
    dataset, report = find_dataset(tiny_dataset), tmp_path / "report"
    figures, _ = evaluate_bundle(station_threshold(1e6), dataset, report, device="CPU")
    assert (figures["threshold"], figures["recall"]) == (1e6, 0.0)
    assert "<dt>promise</dt><dd>at most 5 % false alarms, from 24 good pictures</dd>" in head_of(report)
    assert "<dt>false alarms here</dt><dd>0 of 6</dd>" in head_of(report)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"method": "sigma", "promised": None}, "set for 5 % false alarms, none is promised"),
        ({"method": "f1", "promised": None, "false_alarm_rate": None}, "no false-alarm rate is promised"),
    ],
)
def test_a_method_that_promises_nothing_is_not_told_to_promise(
    station_threshold: Callable[..., Path],
    tiny_dataset: Path,
    tmp_path: Path,
    given: dict[str, object],
    told: str,
) -> None:
    report = tmp_path / "report"
    evaluate_bundle(station_threshold(1e6, **given), find_dataset(tiny_dataset), report, device="CPU")
    assert f"<dt>promise</dt><dd>{told}, from 24 good pictures</dd>" in head_of(report)
    assert "false alarms here" not in head_of(report)


def test_more_false_alarms_than_promised_come_with_their_chance_and_a_reason(
    station_threshold: Callable[..., Path], tiny_dataset: Path, tmp_path: Path
) -> None:
    """Of 24 scores the highest is the threshold, so each order of 30 parts has the six new ones on top."""
    dataset, report = find_dataset(tiny_dataset), tmp_path / "report"
    figures, _ = evaluate_bundle(station_threshold(-1.0), dataset, report, device="CPU")
    assert figures["precision"] == 12 / 18
    assert "<dd>6 of 6; so many or more have a chance of 0.00%, if these good parts are like" in head_of(report)
    assert "they are probably not alike: another light, camera or batch" in head_of(report)


def test_one_false_alarm_too_many_is_told_to_be_nothing_unusual(
    station_threshold: Callable[..., Path], tiny_dataset: Path, tmp_path: Path
) -> None:
    """The chance that the highest of 24 + 6 alike parts is among the six: 6 / 30."""
    dataset, report = find_dataset(tiny_dataset), tmp_path / "report"
    good = sorted(
        raw.score
        for _, raw in score_pictures(
            Engine(load_bundle(station_threshold(0.0)), device="CPU"),
            readable([sample.path for sample in dataset.test if not sample.label], []),
        )
    )
    evaluate_bundle(station_threshold((good[-2] + good[-1]) / 2), dataset, report, device="CPU")
    assert "<dd>1 of 6; so many or more have a chance of 20.00%, if these good parts are like" in head_of(report)
    assert "<dt>so</dt>" not in head_of(report)


def test_damaged_test_pictures_are_left_out_and_named(
    tiny_bundle_fp32: Path, tiny_checkpoint: Path, tiny_dataset: Path, tmp_path: Path
) -> None:
    own = tmp_path / "plate"
    shutil.copytree(tiny_dataset, own)
    broken = own / "test" / "blob" / "002.png"
    broken.write_bytes(broken.read_bytes()[:300])
    dataset = find_dataset(own)
    for figures, skipped in (
        evaluate_bundle(tiny_bundle_fp32, dataset, tmp_path / "bundle", device="CPU"),
        evaluate_checkpoint(tiny_checkpoint, dataset, tmp_path / "checkpoint", device="cpu"),
    ):
        assert skipped == (broken,)
        assert figures["per_defect"]["blob"]["count"] == 5
        assert figures["image_auroc"] == 1.0  # no score was given to its neighbour


def test_good_pictures_alone_cannot_be_evaluated_with(
    tiny_bundle_fp32: Path, tiny_dataset: Path, tmp_path: Path
) -> None:
    with pytest.raises(PictureError, match="has no labelled pictures to evaluate with; give a data set with"):
        evaluate_bundle(tiny_bundle_fp32, find_dataset(tiny_dataset / "train" / "good"), tmp_path, device="CPU")
