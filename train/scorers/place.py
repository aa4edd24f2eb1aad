"""Where a part lies among the good ones: an autoencoder's latent joined with how well it reconstructs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset13 as ops

from train.scorers.likeness import attach_likeness, likeness

Array = NDArray[np.float32]
STILL = 1e-6  # the least deviation; float32 rounds a cosine by a tenth of it


def place(features: Sequence[Array]) -> Array:
    """Latent, relative distance and cosine, as they come: float32 [N, d + 2].

    Args:
        features: picture and reconstruction [N, C, h, w] in [0, 1], latent [N, d]; what follows is not looked at.
    """
    picture, reconstruction, latent = features[:3]
    return np.concatenate([latent, likeness(picture, reconstruction)], axis=1)


@dataclass(frozen=True)
class Scale:
    """Counts each number of a place in its deviations over the good parts.

    Over good parts the two numbers of likeness vary by a hundredth or a thousandth, a latent by whatever its
    network took: as they come, a density would hardly see the former.

    Attributes:
        deviations: float32 [d + 2], at least ``STILL``.
    """

    deviations: Array

    @classmethod
    def fit(cls, places: Array) -> Self:
        """Fits to the places of good parts, [n, d + 2]."""
        return cls(np.maximum(places.std(axis=0, dtype=np.float64), STILL).astype(np.float32))

    def place(self, features: Sequence[Array]) -> Array:
        """``place`` in deviations, float32 [N, d + 2]."""
        return np.asarray(place(features) / self.deviations, dtype=np.float32)

    def attach(self, features: Sequence[ov.Output]) -> ov.Output:
        """``place`` in deviations as OpenVINO operations: to [1, d + 2]."""
        picture, reconstruction, latent = features[:3]
        joined = ops.concat([latent, attach_likeness(picture, reconstruction)], 1)
        return ops.divide(joined, ops.constant(self.deviations[None])).output(0)

    def arrays(self) -> dict[str, Array]:
        return {"deviations": self.deviations}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> Self:
        """Builds it from what ``arrays`` gave; KeyError when it is missing."""
        return cls(arrays["deviations"])
