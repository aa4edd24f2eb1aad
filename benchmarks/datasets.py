"""The labelled pictures that accuracy is measured on, in the MVTec layout.

Bottle and capsule are read where they lie. The solar cells of ``elpv-dataset`` are laid out as links in a work
folder: cells that all experts called good against those that all called defective; the doubtful ones are left out.
"""

from __future__ import annotations

import os
import random
from importlib.util import find_spec
from pathlib import Path

from edge.errors import PictureError, UsageError
from train.data.dataset import Dataset
from train.data.mvtec import read_mvtec

MVTEC = ("bottle", "capsule")
ELPV = {"elpv-mono": "mono", "elpv-poly": "poly"}
SETS = (*MVTEC, *ELPV)

TRAIN_GOOD = 312  # drawn once for every seed, so that all seeds are tested on the same cells
DRAW_SEED = 0
_BESIDE = Path(__file__).parents[1].parent / "shared" / "data"


def data_folder() -> Path:
    """Where ``mvtec_ad`` lies: $EDGE_AD_DATA, or shared/data beside the repository."""
    return Path(os.environ.get("EDGE_AD_DATA", _BESIDE))


def absent(name: str) -> str:
    """Why a set cannot be measured here, in one line; empty where it can."""
    if name in MVTEC:
        folder = data_folder() / "mvtec_ad" / name
        return "" if folder.is_dir() else f"no folder {folder}; $EDGE_AD_DATA says where mvtec_ad lies"
    return "" if find_spec("elpv_dataset") else "the package elpv-dataset is not installed"


def find_set(name: str, work: Path) -> Dataset:
    """Reads a set by its name.

    Args:
        name: one of ``SETS``.
        work: folder where links to the solar cells may be made.

    Raises:
        UsageError: there is no set of that name.
        PictureError: its pictures are not here.
    """
    if name not in SETS:
        raise UsageError(f"no set {name!r}", hint=f"the sets are: {' '.join(SETS)}")
    if reason := absent(name):
        raise PictureError(f"{name} cannot be measured: {reason}")
    if name in MVTEC:
        return read_mvtec(data_folder() / "mvtec_ad" / name)
    return _lay_out(ELPV[name], work / name)


def _lay_out(kind: str, root: Path) -> Dataset:
    """Links the cells of one kind into ``root`` and reads them from there."""
    cells = _cells(kind)
    train = set(random.Random(DRAW_SEED).sample(cells[0.0], TRAIN_GOOD))  # noqa: S311 (a draw, not a secret)
    folders = {
        "train/good": sorted(train),
        "test/good": [path for path in cells[0.0] if path not in train],
        "test/defective": cells[1.0],
    }
    for folder, paths in folders.items():
        (root / folder).mkdir(parents=True, exist_ok=True)
        for path in paths:
            link = root / folder / path.name
            if not link.is_symlink():
                link.symlink_to(path)
    return read_mvtec(root)


def _cells(kind: str) -> dict[float, list[Path]]:
    """Pictures of one kind of cell by the probability of a defect: 0, 1/3, 2/3 or 1; in the file's order."""
    found: dict[float, list[Path]] = {0.0: [], 1.0: []}
    spec = find_spec("elpv_dataset")
    if spec is None or spec.origin is None:
        raise PictureError("the solar cells are not here", hint="pip install elpv-dataset")
    data = Path(spec.origin).parent / "data"
    for line in (data / "labels.csv").read_text(encoding="utf-8").splitlines():
        name, probability, its_kind = line.split()
        if its_kind == kind:
            found.setdefault(float(probability), []).append(data / name)
    return found
