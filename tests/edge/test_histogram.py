from __future__ import annotations

import re

import numpy as np
import pytest

from edge import histogram

good_scores = np.random.default_rng(5).gamma(9.0, 1.0, 300)


def counts(lines: list[str]) -> tuple[list[int], list[int]]:
    """Counts of the bins below and above the threshold's line."""
    cut = next((number for number, line in enumerate(lines) if line.startswith("---")), len(lines))
    numbers = [int(line.split()[-1]) if "threshold" not in line else 0 for line in lines]
    return numbers[:cut], numbers[cut + 1 :]


@pytest.mark.parametrize("threshold", [1.0, 6.0, 9.7, float(np.sort(good_scores)[-4]), 60.0])
def test_the_threshold_divides_the_bars_as_it_divides_the_scores(threshold: float) -> None:
    below, above = counts(histogram.of_scores(good_scores, threshold))
    assert (sum(below), sum(above)) == (
        np.count_nonzero(good_scores <= threshold),
        np.count_nonzero(good_scores > threshold),
    )


def test_each_bar_counts_the_scores_of_its_span() -> None:
    for line in histogram.of_scores(good_scores, 14.0):
        found = re.match(r" +([\d.]+) to ([\d.]+) +#* +(\d+)$", line)
        if found:
            low, high, count = float(found[1]), float(found[2]), int(found[3])
            inside = np.count_nonzero((good_scores > low) & (good_scores <= high))
            assert abs(count - inside) <= 2  # the ends are shown to four digits


@pytest.mark.parametrize("threshold", [1.0, 14.0, 60.0])
def test_counts_above_values_draw_the_same_as_the_scores(threshold: float) -> None:
    drawn = histogram.of_counts(
        lambda score: float(np.count_nonzero(good_scores > score)),
        300,
        (float(good_scores.min()), float(good_scores.max())),
        threshold,
    )
    assert drawn == histogram.of_scores(good_scores, threshold)


@pytest.mark.parametrize(
    ("scores", "threshold"), [([3.0], None), ([3.0, 3.0], 3.0), ([0.0], 0.0), ([-2.0, -1.0], -1.5)]
)
def test_few_or_equal_scores_are_drawn_too(scores: list[float], threshold: float | None) -> None:
    lines = histogram.of_scores(scores, threshold)
    below, above = counts(lines)
    assert sum(below) + sum(above) == len(scores)
    assert any("threshold" in line for line in lines) == (threshold is not None)
