"""A kind of model: what ``--model`` names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.progress import Advance
from edge.scorers.scorer import Scorer

Array = NDArray[np.float32]
Batches = Iterable[Sequence[Array]]
Size = tuple[int, int]


@dataclass(frozen=True)
class FeatureKind:
    """A model with a fixed backbone and a scorer fitted in closed form on its features.

    Attributes:
        name: as ``--model`` takes it.
        summary: one line for ``edge-ad models kinds``.
        source: paper or origin.
        cost: one line on what training and inference cost.
        options: pydantic model of its options; its ``views()`` names the features it needs.
        fit: (batches of views, (height, width), options, seed, advance) to a scorer. ``advance`` counts the
            steps of what comes after the last picture, where that is slow.
        steps: how many steps ``fit`` will count; 0 for none.
        restore: (arrays, (height, width), options) to the scorer that gave these arrays.
        copies: jittered copies of each good picture that its fit does best with; docs/calibration.md.
    """

    name: str
    summary: str
    source: str
    cost: str
    options: Any
    fit: Callable[[Batches, Size, Any, int, Advance], Scorer]
    steps: Callable[[Any], int]
    restore: Callable[[Mapping[str, Array], Size, Any], Scorer]
    copies: int = 0
