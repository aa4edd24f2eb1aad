from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor, from_numpy, nn

from train.models.registry import find_kind, options_of
from train.models.setup import Setup
from train.networks.autoencoder import unit

KIND = find_kind("dagmm-conv")
SIZE = (32, 40)
RNG = np.random.default_rng(4)
PICTURES = RNG.integers(0, 256, (30, *SIZE, 3), dtype=np.uint8)
PICTURE = (PICTURES.transpose(0, 3, 1, 2) / 255).astype(np.float32)
BLUR = RNG.normal(0, 0.05, PICTURE.shape) * RNG.uniform(0.9, 1.1, (30, 1, 1, 1))
RECONSTRUCTION = (PICTURE + BLUR).astype(np.float32)
LATENT = RNG.normal(0, 0.3, (30, 3)).astype(np.float32)
MEMBERSHIPS = RNG.dirichlet([4, 2], 30).astype(np.float32)
GOOD = [PICTURE, RECONSTRUCTION, LATENT, MEMBERSHIPS]


class Given(nn.Module):
    def forward(self, pictures: Tensor) -> tuple[Tensor, ...]:
        return unit(pictures), *(from_numpy(each) for each in GOOD[1:])


def place(features: list[np.ndarray]) -> np.ndarray:
    """Latent, relative distance and cosine, by their definitions."""
    left, right = (each.reshape(len(each), -1).astype(np.float64) for each in features[:2])
    lengths = np.linalg.norm(left, axis=1), np.linalg.norm(right, axis=1)
    distance = np.linalg.norm(left - right, axis=1) / lengths[0]
    cosine = (left * right).sum(axis=1) / lengths[0] / lengths[1]
    return np.column_stack([features[2], distance, cosine])


def gaussians(places: np.ndarray, floor: float) -> list[tuple[float, np.ndarray, np.ndarray]]:
    """Weight, mean and covariance of each, with the floor."""
    return [
        (
            gamma.mean(),
            np.average(places, axis=0, weights=gamma),
            np.cov(places.T, aweights=gamma, ddof=0) + floor * np.eye(5),
        )
        for gamma in MEMBERSHIPS.astype(np.float64).T
    ]


def energy(places: np.ndarray, seen: np.ndarray, floor: float) -> np.ndarray:
    found = gaussians(places, floor)
    return -np.log(sum(weight * stats.multivariate_normal(*shape).pdf(seen) for weight, *shape in found))


@pytest.mark.parametrize(("energy_weight", "thin_weight"), [(0, 0), (10, 0), (0, 0.1), (10, 0.1)])
def test_the_loss_is_error_energy_and_thinness_of_the_numbers_as_they_come(
    energy_weight: float, thin_weight: float
) -> None:
    given = {"energy_weight": energy_weight, "thin_weight": thin_weight, "floor": 0.01}
    setup = Setup(model=KIND.name, height=SIZE[0], width=SIZE[1], backbone=None, seed=0, options=given)
    assert KIND.lesson is not None
    lesson = KIND.lesson(setup, options_of(KIND, given))
    loss = float(lesson(Given(), from_numpy(PICTURES), RNG))
    places = place(GOOD)
    error = np.square(RECONSTRUCTION - PICTURE).sum(axis=(1, 2, 3)).mean()
    thin = sum((1 / covariance.diagonal()).sum() for _, _, covariance in gaussians(places, 0.01))
    parts = [error, energy_weight * energy(places, places, 0.01).mean(), thin_weight * thin]
    assert all(abs(part) > 1 for part in parts if part)
    assert loss == pytest.approx(sum(parts), rel=1e-4)


def test_the_memberships_are_estimated_from_the_numbers_as_they_come() -> None:
    setup = Setup(
        model=KIND.name, height=32, width=32, backbone=None, seed=0, options={"latent": 3, "mixtures": 2}
    )
    network = KIND.network(setup, options_of(KIND, setup.options), False).eval()
    with torch.inference_mode():
        shown = from_numpy(RNG.integers(0, 256, (4, 32, 32, 3), dtype=np.uint8))
        *features, memberships = (output.numpy() for output in network(shown))
        expected = network.estimation(from_numpy(place(features)).float())
    np.testing.assert_allclose(memberships, expected, rtol=1e-5)


def test_the_score_is_the_energy_of_numbers_in_deviations() -> None:
    places = place(GOOD)
    counted = places / places.std(axis=0)
    scorer = KIND.fit([GOOD], SIZE, options_of(KIND, {"floor": 0.01}), 0, lambda steps: None)
    np.testing.assert_allclose(scorer.score(GOOD).scores, energy(counted, counted, 0.01), rtol=1e-3)


def test_a_part_that_is_only_drawn_worse_is_above_all_good_ones() -> None:
    """By 12 deviations, which are a hundredth of a length; the latent says nothing."""
    scorer = KIND.fit([GOOD], SIZE, options_of(KIND, {}), 0, lambda steps: None)
    worse = [PICTURE, (PICTURE + 1.7 * BLUR).astype(np.float32), np.broadcast_to(LATENT.mean(axis=0), (30, 3))]
    assert scorer.score([*worse, MEMBERSHIPS]).scores.min() > scorer.score(GOOD).scores.max()
