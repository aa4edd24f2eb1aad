"""Good parts that nobody takes for one another: plates with a plug at another place each."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from edge.pictures import Picture
from tests.conftest import plate


def parts(count: int, *, seed: int = 7) -> list[Picture]:
    """At most 60."""
    rng = np.random.default_rng(seed)
    places = [(x, y) for y in (15, 35, 55, 75, 95, 110) for x in range(20, 140, 12)]
    return [cv2.circle(plate(rng), place, 7, (0, 0, 0), -1) for place in places[:count]]


def written(folder: Path, pictures: list[Picture]) -> Path:
    """Puts them into a new folder: 000.png, 001.png, ..."""
    folder.mkdir(parents=True)
    for number, pixels in enumerate(pictures):
        assert cv2.imwrite(str(folder / f"{number:03}.png"), pixels)
    return folder
