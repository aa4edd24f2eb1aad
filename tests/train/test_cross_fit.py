from __future__ import annotations

import numpy as np
import pytest

from edge.progress import silent
from train.cross_fit import cross_fit
from train.models.registry import find_kind, options_of

SIZE = (64, 64)
FOLDS = (0, 1, 2, 0, 1, 2, 0, 1)
KIND = find_kind("patchcore")
OPTIONS = options_of(KIND, {"coreset": 64})


@pytest.mark.parametrize("copies", [0, 2])
def test_a_picture_is_scored_by_what_was_fitted_without_its_fold_and_without_its_copies(copies: int) -> None:
    rng = np.random.default_rng(1)
    features = [rng.normal(size=(len(FOLDS) * (1 + copies), 12, 4, 4)).astype(np.float32)]
    found = cross_fit(KIND, features, FOLDS, SIZE, OPTIONS, 0, copies=copies)
    fold_of_row = np.repeat(FOLDS, 1 + copies)
    for picture, fold in enumerate(FOLDS):
        scorer = KIND.fit([[features[0][fold_of_row != fold]]], SIZE, OPTIONS, 0, silent)
        scored = scorer.score([features[0][[picture * (1 + copies)]]])
        assert found.scores[picture] == pytest.approx(scored.scores[0], rel=1e-5)
        assert found.peaks[picture] == pytest.approx(scored.maps.max(), rel=1e-5)
    everything = KIND.fit([features], SIZE, OPTIONS, 0, silent)
    np.testing.assert_allclose(
        found.scorer.arrays()["memory"], everything.arrays()["memory"], rtol=1e-5, atol=1e-6
    )
    assert found.maps is None
