from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import ndimage

from train.networks.losses import LOSSES, structural_similarity

RNG = np.random.default_rng(0)
LEFT = ndimage.gaussian_filter(RNG.random((2, 3, 30, 40)), (0, 0, 1, 1)).astype(np.float32)
RIGHT = np.clip(LEFT + RNG.normal(0, 0.05, LEFT.shape), 0, 1).astype(np.float32)


def peer(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """SSIM of Wang et al. by SciPy's filter, without the borders that see padding."""

    def window(picture: np.ndarray) -> np.ndarray:
        return np.asarray(
            ndimage.gaussian_filter(picture.astype(np.float64), (0, 0, 1.5, 1.5), radius=(0, 0, 5, 5))
        )

    mean_l, mean_r = window(left), window(right)
    variance_l, variance_r = window(left**2) - mean_l**2, window(right**2) - mean_r**2
    covariance = window(left * right) - mean_l * mean_r
    c1, c2 = 0.01**2, 0.03**2
    whole = (2 * mean_l * mean_r + c1) * (2 * covariance + c2)
    whole /= (mean_l**2 + mean_r**2 + c1) * (variance_l + variance_r + c2)
    return np.asarray(whole[:, :, 5:-5, 5:-5])


def test_structural_similarity_is_that_of_scipys_filters() -> None:
    found = structural_similarity(torch.from_numpy(LEFT), torch.from_numpy(RIGHT))
    np.testing.assert_allclose(found, peer(LEFT, RIGHT), atol=2e-3)


def test_the_losses_are_0_for_equal_pictures_and_combined_is_half_of_each() -> None:
    left, right = torch.from_numpy(LEFT), torch.from_numpy(RIGHT)
    assert [float(loss(left, left)) for loss in LOSSES.values()] == pytest.approx([0, 0, 0], abs=1e-6)
    mse, ssim, both = (float(loss(right, left)) for loss in LOSSES.values())
    assert mse == pytest.approx(float(np.square(LEFT - RIGHT).mean()), rel=1e-5)
    assert ssim == pytest.approx(1 - peer(LEFT, RIGHT).mean(), abs=1e-3)
    assert both == pytest.approx((mse + ssim) / 2)
