from __future__ import annotations

import hashlib
import math
from pathlib import Path

import numpy as np
import pytest

from edge.inference import golden
from edge.inference.bundle import load_bundle
from edge.inference.engine import Engine
from edge.inference.golden import agree, difference, golden_pictures, golden_scores
from tests.edge.inference.conftest import WriteToy

BYTES_OF_VERSION_1 = {
    (96, 96): "cea6ec5da5444a33",
    (48, 64): "cde004e014d2bf1c",
}


@pytest.mark.parametrize("size", BYTES_OF_VERSION_1, ids=str)
def test_the_pictures_are_the_same_bytes_for_ever(size: tuple[int, int]) -> None:
    """Scores in cards were made with them: who draws them otherwise must raise the version."""
    assert golden.VERSION == 1
    drawn = b"".join(picture.tobytes() for picture in golden_pictures(size))
    assert hashlib.sha256(drawn).hexdigest()[:16] == BYTES_OF_VERSION_1[size]


@pytest.mark.parametrize("size", [(16, 16), (256, 256), (160, 416)], ids=str)
def test_they_run_from_dark_to_bright_and_none_is_flat(size: tuple[int, int]) -> None:
    pictures = golden_pictures(size)
    assert {picture.shape for picture in pictures} == {(*size, 3)}
    means = [float(picture.mean()) for picture in pictures]
    assert means == sorted(means)
    assert means[-1] - means[0] > 120
    assert min(float(picture.std()) for picture in pictures) > 8
    assert all((picture[..., 0] != picture[..., 2]).any() for picture in pictures)  # colour order matters


def test_the_card_holds_what_the_bundle_gives_on_the_cpu(tiny_bundle: Path) -> None:
    bundle = load_bundle(tiny_bundle)
    assert bundle.card.golden is not None
    assert bundle.card.golden.version == golden.VERSION
    given = golden_scores(Engine(bundle, device="CPU"))
    assert given == pytest.approx(bundle.card.golden.scores, rel=1e-4)
    assert agree(bundle.card.golden.scores, given) == ""


def test_another_model_does_not_agree(tiny_bundle: Path, tiny_bundle_fp32: Path, write_toy: WriteToy) -> None:
    """INT8 weights against float ones move scores of golden pictures far more than another device may."""
    one, other = (load_bundle(path).card.golden for path in (tiny_bundle, tiny_bundle_fp32))
    assert one is not None
    assert other is not None
    assert agree(one.scores, other.scores).startswith("differ by ")


def test_scores_come_first_and_then_the_peaks_of_the_maps(write_toy: WriteToy) -> None:
    engine = Engine(write_toy(score=2.0), device="CPU")
    pictures = golden_pictures(engine.size)
    expected = [2 * float(p.mean()) for p in pictures] + [float(p.mean(axis=2).max()) for p in pictures]
    assert golden_scores(engine) == pytest.approx(expected, rel=1e-4)
    assert len(golden_scores(Engine(write_toy(has_map=False), device="CPU"))) == len(pictures)


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        ((1.0, 2.0), (1.0, 2.0), ""),
        ((100.0, 2.0), (100.9, 2.0), ""),
        ((100.0, 2.0), (102.0, 2.0), "differ by 2 %"),
        ((100.0, 2.0), (100.0, 1.76), "differ by 12 %"),
        ((100.0, 1e-9), (100.0, 3e-9), ""),
        ((-5.0,), (5.0,), "differ by 2e+02 %"),
        ((0.0, 0.0), (0.0, 0.0), ""),
        ((1.0, math.nan), (1.0, math.nan), "are not all numbers"),
        ((1.0,), (1.0, 1.0), "are not all numbers"),
    ],
)
def test_one_percent_is_what_devices_may_differ(
    one: tuple[float, ...], other: tuple[float, ...], said: str
) -> None:
    assert agree(one, other) == said
    assert agree(other, one) == said


def test_the_difference_is_that_of_the_worst_picture() -> None:
    assert difference(np.array([10.0, 20.0, 30.0]), [10.0, 25.0, 30.3]) == pytest.approx(0.2)
