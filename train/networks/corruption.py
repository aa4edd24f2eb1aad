"""Artificial corruption of good pictures, for networks that learn to undo it.

Two kinds, each inside a random patch with soft borders: the part is pulled out of shape, or something else covers
it. Everything is drawn from the generator that is given, so that the same seed corrupts alike.

Source of the elastic deformation: Simard et al., "Best Practices for Convolutional Neural Networks Applied to
Visual Document Analysis", 2003.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.pictures import Picture, read_picture
from train.networks.textures import procedural

Mask = NDArray[np.float32]


@dataclass(frozen=True)
class Corruption:
    """Draws corruptions.

    Attributes:
        textures: files of pictures of any size that cover the part, read when they are drawn, as a folder of them
            may not fit into memory; none for procedural ones.
        largest: share of the picture's area in the ellipse that a patch is drawn from at most; an uneven border
            makes few patches larger than that, and up to three add up.
    """

    textures: Sequence[Path] = ()
    largest: float = 0.2

    def corrupt(self, picture: Picture, rng: np.random.Generator) -> tuple[Picture, Mask]:
        """One to three patches, each deformed or covered.

        Args:
            picture: uint8 [H, W, 3].
            rng: generator.

        Returns:
            The corrupted picture, and float32 [H, W] in [0, 1]: how far each pixel is replaced.

        Raises:
            PictureError: a texture cannot be read.
        """
        corrupted, replaced = picture, np.zeros(picture.shape[:2], np.float32)
        for _ in range(int(rng.integers(1, 4))):
            mask = patch(picture.shape[:2], self.largest, rng)
            other = elastic(corrupted, rng) if rng.random() < 0.5 else self._texture(picture, rng)
            corrupted = blend(corrupted, other, mask)
            replaced = np.maximum(replaced, mask)
        return corrupted, replaced

    def _texture(self, picture: Picture, rng: np.random.Generator) -> Picture:
        height, width = picture.shape[:2]
        if not self.textures:
            return procedural((height, width), rng)
        chosen = read_picture(self.textures[int(rng.integers(len(self.textures)))])
        if chosen.shape[0] < height or chosen.shape[1] < width:
            chosen = cv2.resize(chosen, (max(width, chosen.shape[1]), max(height, chosen.shape[0])))  # type: ignore[assignment]
        top = int(rng.integers(chosen.shape[0] - height + 1))
        left = int(rng.integers(chosen.shape[1] - width + 1))
        return np.ascontiguousarray(chosen[top : top + height, left : left + width])


def patch(size: tuple[int, ...], largest: float, rng: np.random.Generator) -> Mask:
    """A blob with an irregular, soft border, float32 [H, W] in [0, 1]; never empty."""
    height, width = size
    area = height * width * float(rng.uniform(largest / 20, largest))
    ratio = float(rng.uniform(0.3, 3.0))
    axes = np.sqrt(area / np.pi * np.array([ratio, 1 / ratio]))
    centre = rng.uniform((0, 0), (width, height))
    angle = float(rng.uniform(0, np.pi))
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    across, along = columns - centre[0], rows - centre[1]
    turned = across * np.cos(angle) + along * np.sin(angle), along * np.cos(angle) - across * np.sin(angle)
    radius = np.hypot(turned[0] / axes[0], turned[1] / axes[1])
    radius += 0.3 * _smooth_noise((height, width), min(height, width) / 16, rng)
    inside = np.clip((1 - radius) * axes.min() / 2, 0, 1).astype(np.float32)  # a border of two pixels
    inside[min(int(centre[1]), height - 1), min(int(centre[0]), width - 1)] = 1
    return inside


def elastic(picture: Picture, rng: np.random.Generator) -> Picture:
    """Pulls every pixel along a smooth random field, down and across each by a sixteenth to a fortieth of the
    shorter side in the mean square, and seldom by four times as much."""
    height, width = picture.shape[:2]
    short = min(height, width)
    sigma, reach = short / float(rng.uniform(16, 40)), short / float(rng.uniform(16, 40))
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    down = rows + reach * _smooth_noise((height, width), sigma, rng)
    right = columns + reach * _smooth_noise((height, width), sigma, rng)
    moved = cv2.remap(picture, right, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(moved, dtype=np.uint8)


def blend(picture: Picture, other: Picture, mask: Mask) -> Picture:
    """mask * other + (1 - mask) * picture, rounded; pixels where the mask is 0 keep their value."""
    weight = mask[:, :, None]
    return np.rint(picture + weight * (other.astype(np.float32) - picture)).astype(np.uint8)


def _smooth_noise(size: tuple[int, int], sigma: float, rng: np.random.Generator) -> Mask:
    """Gaussian-filtered noise of unit deviation, float32 [H, W]."""
    noise = cv2.GaussianBlur(rng.standard_normal(size, dtype=np.float32), (0, 0), sigma)
    return np.asarray(noise / max(float(noise.std()), 1e-6), dtype=np.float32)
