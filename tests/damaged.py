"""Files that are no pictures."""

from __future__ import annotations

from itertools import count
from pathlib import Path

from train.data.find import find_dataset
from train.data.split import split_for_calibration


def damaged_aside(good: Path, names: tuple[str, ...]) -> None:
    """Adds files that cannot be decoded, of such content that just these are kept aside for a threshold."""
    added: set[Path] = set()
    for name in names:
        added.add(good / name)
        for number in count():
            (good / name).write_text(f"damaged {name} {number}")
            paths = find_dataset(good).train
            if set(split_for_calibration(paths, fraction=len(added) / len(paths), seed=0).calibration) == added:
                break
