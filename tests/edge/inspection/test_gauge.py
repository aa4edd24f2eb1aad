"""What is left to inspect where both a camera's area and a model's window leave something out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edge.area import AreaPlan
from edge.errors import ConfigError
from edge.health.camera_faults.options import FaultOptions
from edge.health.camera_faults.watch import FaultWatch
from edge.health.drift.figures import GoodScores
from edge.health.drift.options import DriftOptions
from edge.health.drift.watch import DriftWatch
from edge.inference.bundle import load_bundle
from edge.inference.engine import Engine
from edge.inference.fallback import SteadyEngine
from edge.inference.judge import Judge, Limits, ModelId
from edge.inspection.gauge import Gauge, _window
from tests.edge.tiny_models import grey
from train.models.window import WindowOptions

FRAME = (1000, 800, 3)


def gauge(folder: Path, plan: AreaPlan, **options: object) -> Gauge:
    """Of a model of 96 x 96 pixels with these options on its card."""
    bundle = load_bundle(grey(folder / "grey.xml"))
    card = bundle.card.model_copy(update={"options": options, "height": 96, "width": 96})
    engine = SteadyEngine(Engine(replace(bundle, card=card), device="CPU"), changed=lambda state, reason: None)
    judge = Judge(Limits(1.0, None, ()), ModelId("grey", "1", "0" * 64))
    drift = DriftWatch(DriftOptions(), GoodScores(), None, each_part=True)
    return Gauge(engine, judge, plan, FaultWatch(FaultOptions(), None, live=False), drift)


def bands_ignored(top: int, bottom: int) -> AreaPlan:
    """Only the rows from top to bottom are inspected."""
    above, below = (0, top), (bottom, FRAME[0])
    return AreaPlan(
        ignored=tuple(((0, first), (799, first), (799, last), (0, last)) for first, last in (above, below))
    )


def test_an_area_outside_of_the_models_window_is_refused(tmp_path: Path) -> None:
    top_only = bands_ignored(10, 150)
    area, mask = gauge(tmp_path, top_only).area("top", FRAME)
    assert area.box is None
    assert mask is not None and mask.any()
    with pytest.raises(ConfigError, match="lies outside the window that the model looks at; inspect the place"):
        gauge(tmp_path, top_only, cut_top=0.4).area("top", FRAME)


def test_an_area_that_reaches_into_the_window_is_inspected(tmp_path: Path) -> None:
    _, mask = gauge(tmp_path, bands_ignored(10, 450), cut_top=0.4, cut_left=0.2).area("top", FRAME)
    assert mask is not None and mask.any()


@pytest.mark.parametrize("size", [(96, 96), (352, 352), (250, 330)])
@pytest.mark.parametrize("cuts", [{}, {"cut_top": 0.28, "cut_bottom": 0.28}, {"cut_left": 0.1, "cut_right": 0.49}])
def test_the_window_is_that_of_the_model(size: tuple[int, int], cuts: dict[str, float], tmp_path: Path) -> None:
    card = load_bundle(grey(tmp_path / "grey.xml")).card
    told = card.model_copy(update={"options": cuts, "height": size[0], "width": size[1]})
    seen, expected = np.zeros(size, np.bool_), np.zeros(size, np.bool_)
    window = WindowOptions(**cuts).window(size)
    seen[_window(told)], expected[window.rows, window.columns] = True, True
    np.testing.assert_array_equal(seen, expected)
