from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.distributions import Normal, kl_divergence

from train.models.sdc_ccm import DILATIONS
from train.models.vae import divergence
from train.networks.blocks import ConvexCombination, StackedDilated


def test_a_latents_divergence_is_that_of_torch() -> None:
    generator = torch.Generator().manual_seed(0)
    mean, log_variance = (torch.randn(5, 7, generator=generator) for _ in range(2))
    peer = kl_divergence(Normal(mean, (log_variance / 2).exp()), Normal(0.0, 1.0)).sum(dim=1)
    np.testing.assert_allclose(divergence(mean, log_variance), peer, rtol=1e-5)


@pytest.mark.parametrize(("closed", "expected"), [(True, "decoded"), (False, "skipped")])
def test_a_skip_is_opened_and_closed_by_its_weights(closed: bool, expected: str) -> None:
    block = ConvexCombination(3).eval()
    torch.nn.init.constant_(block.weigh[1].bias, -50.0 if closed else 50.0)
    given = {"skipped": torch.rand(2, 3, 4, 5), "decoded": torch.rand(2, 3, 4, 5)}
    with torch.inference_mode():
        np.testing.assert_allclose(block(**given), given[expected], atol=1e-6)


def test_what_a_skip_gives_lies_between_both() -> None:
    torch.manual_seed(1)
    skipped, decoded = torch.rand(2, 3, 4, 5), torch.rand(2, 3, 4, 5)
    with torch.inference_mode():
        given = ConvexCombination(3).eval()(skipped, decoded)
    low, high = torch.minimum(skipped, decoded), torch.maximum(skipped, decoded)
    assert bool(((given >= low - 1e-6) & (given <= high + 1e-6)).all())


def test_rings_see_as_far_as_their_gaps() -> None:
    """What changes one cell changes cells exactly as far away as the gaps of the convolutions."""
    torch.manual_seed(2)
    block = StackedDilated(6, DILATIONS).eval()
    dark = torch.zeros(1, 6, 129, 1)
    lit = dark.clone()
    lit[0, :, 64] = 1
    with torch.inference_mode():
        changed = (block(lit) - block(dark)).abs().amax(dim=(0, 1, 3)) > 1e-7
    assert set((changed.nonzero().ravel() - 64).abs().tolist()) == {0, *DILATIONS}
