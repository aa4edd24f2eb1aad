"""The summary succeeds or fails as the demo promises, and counts as its report does."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from edge.errors import DemoError
from export.demo.data import Parts
from export.demo.folder import DemoFolder
from export.demo.summary import Accuracy, Line, Summary, as_table, read_accuracy
from train.evaluation.metrics import metrics
from train.evaluation.scores import Scored

FINE = Summary(
    accuracy=Accuracy(image_auroc=0.96, found=270, defective=313, false_alarms=7, good=150),
    line=Line(
        cells=60,
        judged=58,
        dropped=2,
        anomalous=19,
        true=18,
        alerts=19,
        without_alert=(),
        heatmaps=19,
        median_latency_ms=4.25,
    ),
    promised_false_alarm_rate=0.05,
    calibration_cells=100,
    duration_s=61.4,
)


def with_line(**changes: object) -> Summary:
    return replace(FINE, line=replace(FINE.line, **changes))


def test_a_demo_that_went_well_has_no_complaint():
    assert FINE.complaints() == []
    assert replace(FINE, accuracy=replace(FINE.accuracy, image_auroc=0.95)).complaints() == []


@pytest.mark.parametrize("auroc", [0.9499, 0.5, float("nan")])
def test_a_low_auroc_fails(auroc):
    summary = replace(FINE, accuracy=replace(FINE.accuracy, image_auroc=auroc))
    assert [c for c in summary.complaints() if "image AUROC" in c and "is below 0.95" in c]


@pytest.mark.parametrize(
    ("summary", "complaint"),
    [
        (
            with_line(without_alert=("07-defective-cell0007.png",), alerts=18),
            "no alert came for 07-defective-cell",
        ),
        (with_line(alerts=20), "20 alerts came for 19 anomalous verdicts"),
        (with_line(heatmaps=0), "no heatmap came"),
        (with_line(judged=57), "57 results came for 60 cells, of which 2 were dropped"),
    ],
)
def test_what_is_missing_on_the_line_fails(summary, complaint):
    (found,) = summary.complaints()
    assert found.startswith(complaint)
    assert summary.as_json()["complaints"] == [found]


@pytest.mark.parametrize("threshold", [-10.0, 0.4, 1.7, 9.0])
def test_false_alarms_follow_from_the_reports_figures(tmp_path, threshold):
    rng = np.random.default_rng(5)
    good, bad = rng.normal(0, 1, 150), rng.normal(2, 1, 313)
    scored = [Scored(Path("g"), 0, "good", score) for score in good]
    scored += [Scored(Path("b"), 1, "defective", score) for score in bad]
    (tmp_path / "metrics.json").write_text(json.dumps(metrics(scored, threshold)))
    paths = tuple(Path(str(number)) for number in range(313))
    parts = Parts(train=(), calibration=(), test_good=paths[:150], test_defective=paths, line=())
    accuracy = read_accuracy(tmp_path / "metrics.json", parts)
    assert (accuracy.found, accuracy.false_alarms) == ((bad > threshold).sum(), (good > threshold).sum())
    assert (accuracy.defective, accuracy.good) == (313, 150)


@pytest.mark.parametrize("text", [None, "{}", "not json", '{"image_auroc": null, "recall": 1, "precision": 1}'])
def test_figures_that_are_not_there_are_one_line(tmp_path, text):
    file = tmp_path / "metrics.json"
    if text is not None:
        file.write_text(text)
    with pytest.raises(DemoError, match=r"cannot read the figures in .*metrics\.json"):
        read_accuracy(file, Parts((), (), (), (), ()))


def test_the_table_fits_eighty_columns_and_gives_the_counts():
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(as_table(FINE, DemoFolder(Path("demo-output"))))
    text = console.export_text()
    for part in (
        "0.9600",
        "4.7% (7 of 150)",
        "86.3% (270 of 313)",
        "at most 5.0%",
        "19 anomalous verdicts",
        "4.2 ms",
    ):
        assert part in text
    assert "demo-output/report/report.html" in text
    assert all(len(line.rstrip()) <= 80 for line in text.splitlines())
    assert len(text.splitlines()) == 12
