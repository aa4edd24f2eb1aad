"""What the benchmark of teaching takes short cuts with; its figures stand in docs/teach.md."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from benchmarks import teach
from benchmarks.interval import auroc_interval, pooled_auroc
from benchmarks.page import write_tables
from benchmarks.results_file import read_results
from benchmarks.teach_curve import Curve
from benchmarks.teach_results import (
    TeachFile,
    accuracy_head,
    accuracy_table,
    curve_table,
    speed_head,
    speed_table,
)
from edge.inference.bundle import load_bundle
from edge.inference.engine import Engine
from edge.pictures import find_pictures, read_picture
from edge.teaching.backbone import load_backbone
from edge.teaching.fit import fit
from edge.teaching.session import Session
from edge.teaching.step import forward


def test_the_curve_gives_what_the_bundle_gives(tiny_backbone: Path, tiny_dataset: Path, tmp_path: Path) -> None:
    """Fitted and scored in numpy, as many draws of pictures are."""
    backbone = load_backbone(tiny_backbone)
    good = [read_picture(path) for path in find_pictures(tiny_dataset / "train" / "good")]
    tested = [
        [read_picture(path) for path in find_pictures(tiny_dataset / "test" / kind)] for kind in ("good", "blob")
    ]
    with Session(tmp_path / "session", backbone, seed=3) as session:
        for pixels in good:
            session.add(pixels, "good")
        path = tmp_path / "plate.xml"
        taught = fit(session, backbone, forward(session), path, name="plate", device="CPU")
    engine = Engine(load_bundle(path), device="CPU")
    curve = Curve(backbone)
    run = curve.run(curve.look(good), [curve.look(pictures).coarse for pictures in tested], 3)
    for scores, pictures in ((run.good, tested[0]), (run.anomalous, tested[1])):
        np.testing.assert_allclose(scores, [engine.infer(pixels).score for pixels in pictures], rtol=5e-3)
    assert run.promised == pytest.approx(taught.calibration.false_alarm_rate)
    judged = [engine.infer(pixels).score > taught.calibration.threshold for pixels in tested[0]]
    assert run.alarms == pytest.approx(np.mean(judged))


def test_the_interval_of_one_run_is_that_of_its_test_pictures_and_of_several_is_wider() -> None:
    rng = np.random.default_rng(0)
    runs = [(rng.normal(0, 1, 60), rng.normal(shift, 1, 80)) for shift in (1.0, 2.0)]
    means, intervals = zip(*(pooled_auroc([run]) for run in runs), strict=True)
    assert intervals[0] == auroc_interval(*runs[0])
    mean, (low, high) = pooled_auroc(runs)
    assert mean == pytest.approx(np.mean(means))
    assert low < min(means) < max(means) < high


def test_the_page_shows_the_results_file(tmp_path: Path) -> None:
    results = read_results(teach.SPEED.json, TeachFile)
    assert results is not None
    copy = tmp_path / teach.PAGE.name
    shutil.copy(teach.PAGE, copy)
    if results.speed:
        write_tables(copy, teach.SPEED.marker, speed_head(results.speed), [speed_table(results.speed)])
    if results.accuracy:
        head, table = accuracy_head(results.accuracy), accuracy_table(results.accuracy)
        write_tables(copy, teach.ACCURACY.marker, head, [table])
    if results.curve:
        write_tables(copy, teach.CURVE.marker, accuracy_head(results.curve), [curve_table(results.curve)])
    assert copy.read_text(encoding="utf-8") == teach.PAGE.read_text(encoding="utf-8")
