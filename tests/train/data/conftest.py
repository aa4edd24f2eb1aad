from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

WritePictures = Callable[..., list[Path]]


@pytest.fixture
def write_pictures() -> WritePictures:
    """Writes ``count`` pictures 000.png, 001.png ... that all differ, also between folders of different seeds."""

    def write(folder: Path, count: int, *, seed: int = 0) -> list[Path]:
        folder.mkdir(parents=True, exist_ok=True)
        noise = np.random.default_rng([seed, *str(folder).encode()])
        paths = [folder / f"{number:03}.png" for number in range(count)]
        for path in paths:
            cv2.imwrite(str(path), noise.integers(0, 255, (6, 9, 3), dtype=np.uint8))
        return paths

    return write
