from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy import ndimage

from train.networks import corruption
from train.networks.corruption import Corruption, blend, elastic, patch
from train.networks.textures import procedural

RNG = np.random.default_rng(0)
PICTURE = np.clip(ndimage.gaussian_filter(RNG.normal(128, 300, (48, 64, 3)), (2, 2, 0)), 0, 255).astype(np.uint8)


def test_only_pixels_under_the_mask_change_and_by_the_share_it_says() -> None:
    other = RNG.integers(0, 256, PICTURE.shape, dtype=np.uint8)
    mask = np.zeros(PICTURE.shape[:2], np.float32)
    mask[10:20, 10:30], mask[20:22, 10:30] = 1, 0.25
    found = blend(PICTURE, other, mask)
    expected = np.rint(
        (1 - mask[..., None].astype(np.float64)) * PICTURE + mask[..., None] * other.astype(np.float64)
    )
    np.testing.assert_allclose(found, expected, atol=1)
    np.testing.assert_array_equal(found[mask == 0], PICTURE[mask == 0])
    np.testing.assert_array_equal(found[mask == 1], other[mask == 1])


def test_the_elastic_deformation_is_that_of_scipy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same displacements, the other library's interpolation."""
    fields: list[np.ndarray] = []
    drawn = corruption._smooth_noise

    def noted(size: tuple[int, int], sigma: float, rng: np.random.Generator) -> np.ndarray:
        fields.append(drawn(size, sigma, rng))
        return fields[-1]

    monkeypatch.setattr(corruption, "_smooth_noise", noted)
    found = elastic(PICTURE, np.random.default_rng(5))
    rng = np.random.default_rng(5)
    rng.uniform(16, 40)
    reach = 48 / rng.uniform(16, 40)
    rows, columns = np.mgrid[0:48, 0:64].astype(np.float64)
    places = [rows + reach * fields[0], columns + reach * fields[1]]
    for channel in range(3):
        expected = ndimage.map_coordinates(
            PICTURE[..., channel].astype(np.float64), places, order=1, mode="reflect"
        )
        # OpenCV's interpolation has steps of 1/32 of a pixel.
        np.testing.assert_allclose(found[..., channel], expected, atol=6)
    assert np.abs(found.astype(int) - PICTURE).mean() > 2


def test_corruption_is_drawn_by_the_seed_and_told_by_its_mask() -> None:
    for seed in range(20):
        found, replaced = Corruption().corrupt(PICTURE, np.random.default_rng(seed))
        again, _ = Corruption().corrupt(PICTURE, np.random.default_rng(seed))
        np.testing.assert_array_equal(found, again)
        np.testing.assert_array_equal(found[replaced == 0], PICTURE[replaced == 0])
        assert 0 < replaced.mean() < 0.9
        assert (found != PICTURE).any()
    other, _ = Corruption().corrupt(PICTURE, np.random.default_rng(21))
    assert (other != found).any()


def test_given_textures_are_what_covers_the_part(tmp_path: Path) -> None:
    """A texture in one colour, smaller than the picture, must show in some of many draws."""
    red = np.full((20, 20, 3), (1, 2, 250), np.uint8)
    cv2.imwrite(str(tmp_path / "red.png"), red)
    shown = 0
    for seed in range(20):
        found, replaced = Corruption([tmp_path / "red.png"]).corrupt(PICTURE, np.random.default_rng(seed))
        shown += bool((found[replaced == 1] == red[0, 0]).all(axis=-1).any())
    assert shown >= 8


def test_patches_have_about_the_size_that_is_asked_and_soft_borders() -> None:
    masks = [patch((96, 128), 0.1, np.random.default_rng(seed)) for seed in range(60)]
    areas = np.array([mask.mean() for mask in masks])
    assert (areas > 0).all()
    assert np.quantile(areas, 0.9) < 0.2
    assert any(((mask > 0.1) & (mask < 0.9)).any() for mask in masks)


def test_procedural_textures_are_of_many_kinds() -> None:
    drawn = [procedural((40, 56), np.random.default_rng(seed)) for seed in range(40)]
    assert {texture.shape for texture in drawn} == {(40, 56, 3)}
    deviations = np.array([texture.std(axis=(0, 1)).max() for texture in drawn])
    assert (deviations == 0).any()
    assert (deviations > 20).sum() > 10
