"""What networks are trained to do, against plain numpy on networks that give what is known."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, from_numpy, nn

from train.models.model import Model, network_of
from train.models.registry import find_kind, options_of
from train.models.setup import Setup
from train.models.vae import Variational
from train.networks.autoencoder import unit
from train.networks.corruption import Corruption
from train.training.lesson import Lesson

RNG = np.random.default_rng(2)
PICTURES = RNG.integers(0, 256, (4, 32, 40, 3), dtype=np.uint8)
CLEAN = PICTURES.transpose(0, 3, 1, 2) / 255
RECONSTRUCTION = RNG.random(CLEAN.shape).astype(np.float32)
MEAN, LOG_VARIANCE = (RNG.normal(size=(4, 3)).astype(np.float32) for _ in range(2))


class Given(nn.Module):
    """Reconstructs whatever it is shown as the same, and remembers what that was."""

    shown: Tensor

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        self.shown = pictures
        return unit(pictures), from_numpy(RECONSTRUCTION)


class Drawn(nn.Module):
    """A variational autoencoder that always draws the same."""

    def drawn(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        return unit(pictures), from_numpy(RECONSTRUCTION), from_numpy(MEAN), from_numpy(LOG_VARIANCE)


class Encoded(nn.Module):
    """Gives the same mean and log variance for every picture."""

    def forward(self, pictures: Tensor) -> Tensor:
        return torch.tensor([[1.0, -2.0, np.log(0.25), np.log(9.0)]]).expand(len(pictures), -1)


def setup(model: str, **options: object) -> Setup:
    size = {"height": 32, "width": 64}
    return Setup(model=model, **size, backbone=find_kind(model).backbone, seed=1, options=options)


def lesson(model: str, **options: object) -> Lesson:
    kind = find_kind(model)
    assert kind.lesson is not None
    return kind.lesson(setup(model), options_of(kind, options))


@pytest.mark.parametrize("model", ["cae", "residual-ae", "inception-cae"])
def test_an_autoencoder_learns_to_give_back_what_it_is_shown(model: str) -> None:
    loss = lesson(model)(Given(), from_numpy(PICTURES), RNG)
    assert float(loss) == pytest.approx(np.square(RECONSTRUCTION - CLEAN).mean(), rel=1e-5)


def test_sdc_ccm_is_shown_the_corrupted_picture_and_learns_the_clean_one() -> None:
    network = Given()
    loss = lesson("sdc-ccm", inside=0.8)(network, from_numpy(PICTURES), np.random.default_rng(7))
    rng = np.random.default_rng(7)
    corrupted, masks = zip(*(Corruption().corrupt(picture, rng) for picture in PICTURES), strict=True)
    np.testing.assert_array_equal(network.shown, corrupted)
    errors, replaced = np.square(RECONSTRUCTION - CLEAN).mean(axis=1), np.stack(masks)
    inside = np.average(errors, weights=replaced)
    outside = np.average(errors, weights=1 - replaced)
    assert float(loss) == pytest.approx(0.8 * inside + 0.2 * outside, rel=1e-5)
    assert abs(inside - outside) > 1e-3  # or it would not matter which has which weight


def test_vae_learns_to_draw_and_to_keep_its_latent_near_a_unit_gaussian() -> None:
    loss = lesson("vae", beta=3)(Drawn(), from_numpy(PICTURES), RNG)
    divergence = (MEAN**2 + np.exp(LOG_VARIANCE) - LOG_VARIANCE - 1).sum(axis=1).mean() / 2
    expected = np.square(RECONSTRUCTION - CLEAN).mean() / 2 + 3 * divergence / CLEAN[0].size
    assert float(loss) == pytest.approx(expected, rel=1e-5)


def test_the_latent_of_vae_is_drawn_while_it_learns_and_its_mean_when_it_judges() -> None:
    torch.manual_seed(0)
    network = Variational((32, 32), 2)
    network.encoder, network.decoder = Encoded(), nn.Identity()  # what is decoded can be seen
    pictures = torch.zeros((20_000, 1, 1, 3), dtype=torch.uint8)
    _, latent, mean, _ = network.drawn(pictures)
    np.testing.assert_allclose(latent.mean(dim=0), [1, -2], atol=0.1)
    np.testing.assert_allclose(latent.std(dim=0), [0.5, 3], rtol=0.03)
    np.testing.assert_array_equal(mean, network(pictures)[1])
    np.testing.assert_array_equal(mean[:2], [[1, -2], [1, -2]])


def test_the_student_of_stfpm_learns_and_its_teacher_does_not() -> None:
    """The teacher's running means and variances too, which change without any gradient."""
    small = setup("stfpm", epochs=2, held_out=0)
    before, after = network_of(small), Model.fit(small, np.resize(PICTURES, (4, 32, 64, 3))).network
    learnt = after.state_dict()
    changed = {name for name, value in before.state_dict().items() if not torch.equal(value, learnt[name])}
    assert not {name for name in changed if name.startswith("teacher.")}
    assert {name.rsplit(".", 1)[1] for name in changed} >= {"weight", "bias", "running_mean", "running_var"}
