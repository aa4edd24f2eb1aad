from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import gumbel_r, norm

from calibration import sigma
from calibration.scores import ScoresError


def test_three_deviations_are_the_rate_of_a_normal_distribution() -> None:
    scores = np.random.default_rng(0).normal(10, 2, size=500)
    found = sigma.set_threshold(scores, float(norm.sf(3)))
    assert found.value == pytest.approx(scores.mean() + 3 * scores.std(ddof=1))
    assert found.promised is None and "normal" in found.warning


def test_it_keeps_its_rate_for_normal_scores_and_breaks_it_for_maxima() -> None:
    rng = np.random.default_rng(1)
    # Of a Gumbel distribution 1 - exp(-exp(-x)) lies above its mean plus 3.09 deviations.
    for law, factor in ((norm, 1.0), (gumbel_r, 10.6)):
        limits = [sigma.set_threshold(row, 0.001).value for row in law.rvs(size=(300, 2000), random_state=rng)]
        actual = law.sf(limits)
        assert actual.mean() / 0.001 == pytest.approx(factor, rel=0.2)


def test_one_score_has_no_deviation() -> None:
    with pytest.raises(ScoresError, match="needs 2 good parts, there is 1"):
        sigma.set_threshold([1.0], 0.05)
