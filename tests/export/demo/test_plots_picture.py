"""The picture for the documentation has a report's curves and none of its photographs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest

from edge.errors import DemoError
from export.demo.plots_picture import plots_picture
from train.evaluation.report import evaluate_scored
from train.evaluation.scores import Scored

SVG = "{http://www.w3.org/2000/svg}"


def report_of(scores: dict[str, list[float]], folder: Path) -> Path:
    """A real report on grey photographs with these scores; those called "good" are good."""
    photograph = folder / "photograph.png"
    cv2.imwrite(str(photograph), np.full((16, 16, 3), 128, np.uint8))
    scored = [
        Scored(photograph, int(defect != "good"), defect, score)
        for defect, each in scores.items()
        for score in each
    ]
    evaluate_scored(scored, 2.0, folder / "report", name="plate")
    return folder / "report" / "report.html"


def test_three_curves_and_no_photograph_are_drawn_side_by_side(tmp_path):
    report = report_of({"good": [0.5, 1.0, 2.5], "blob": [1.5, 3.0, 4.0]}, tmp_path)
    picture = tmp_path / "plots.svg"
    command = [sys.executable, "-m", "export.demo.plots_picture", str(report), str(picture)]
    subprocess.run(command, check=True, cwd=Path(__file__).parents[3])
    assert "image/jpeg" in report.read_text()
    drawn = ElementTree.parse(picture).getroot()  # noqa: S314, written two lines above
    assert not list(drawn.iter(f"{SVG}image"))
    curves = drawn.findall(f"{SVG}svg")
    assert len(curves) == 3
    boxes = [tuple(float(curve.get(side, "")) for side in ("x", "y", "width", "height")) for curve in curves]
    for number, (x, y, width, height) in enumerate(boxes):
        for other_x, other_y, *_ in boxes[number + 1 :]:
            assert other_x >= x + width or other_y >= y + height


def test_a_report_without_defects_has_too_few_curves(tmp_path):
    report = report_of({"good": [0.5, 1.0, 2.5]}, tmp_path)
    with pytest.raises(DemoError, match="the report has 1 curves, not 3; evaluate with good and defective parts"):
        plots_picture(report.read_text())
