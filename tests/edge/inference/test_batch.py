from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge.inference.batch import score_pictures
from edge.inference.engine import Engine
from edge.pictures import prepare
from tests.edge.inference.conftest import SIZE, WriteToy


def test_every_picture_is_scored_once_under_its_own_name(write_toy: WriteToy) -> None:
    rng = np.random.default_rng(0)
    pictures = {
        Path(f"{number}.png"): rng.integers(0, 5 + number, (50, 70, 3), dtype=np.uint8) for number in range(40)
    }
    seen: list[int] = []
    engine = Engine(write_toy(), device="CPU")
    results = list(score_pictures(engine, iter(pictures.items()), seen=seen.append))
    assert sorted(path for path, _ in results) == sorted(pictures)
    assert sum(seen) == 40
    for path, raw in results:
        assert raw.score == pytest.approx(float(prepare(pictures[path], SIZE).mean()), rel=1e-5)


def test_no_pictures_give_no_results(write_toy: WriteToy) -> None:
    assert list(score_pictures(Engine(write_toy(), device="CPU"), iter([]))) == []
