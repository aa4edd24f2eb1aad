"""Real pictures for the demo: the monocrystalline solar cells of the PyPI package ``elpv-dataset``.

Electroluminescence photographs, 300 x 300 pixels, each with the probability that its cell is defective. They are
CC BY-NC-SA 4.0: linked into the demo's folder where links can be made, never part of this project.

Source: Deitsch et al., "Segmentation of photovoltaic module cells in uncalibrated electroluminescence images",
Machine Vision and Applications, 2021.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from edge import progress
from edge.errors import PictureError
from edge.extras import needs_extra
from export.demo.folder import DemoFolder

TEST_GOOD = 150
CALIBRATION = 100
LINE_GOOD, LINE_DEFECTIVE = 40, 20
GOOD, DEFECTIVE = "good", "defective"


@dataclass(frozen=True, slots=True)
class Cells:
    """Pictures of cells that are certainly good (probability 0) and certainly defective (1.0)."""

    good: tuple[Path, ...]
    defective: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Parts:
    """What each cell is used for; train, calibration and test share none.

    Attributes:
        train: good cells; training keeps a fifth of them for the model's first threshold.
        calibration: good cells for the station's threshold.
        test_good, test_defective: cells that nothing was fitted on.
        line: pairs of truth ("good" or "defective") and test cell, in the order of the line.
    """

    train: tuple[Path, ...]
    calibration: tuple[Path, ...]
    test_good: tuple[Path, ...]
    test_defective: tuple[Path, ...]
    line: tuple[tuple[str, Path], ...]


def installed_cells() -> Cells:
    """The cells of the installed package.

    Raises:
        MissingExtraError: the package is not installed.
        PictureError: its list of labels cannot be read.
    """
    with needs_extra("demo"):
        folder = Path(str(files("elpv_dataset").joinpath("data")))
    return read_cells(folder / "labels.csv")


def read_cells(labels: Path) -> Cells:
    """Reads lines of ``file probability type``; doubtful cells (0.33, 0.67) and other types are left out.

    Raises:
        PictureError: the list cannot be read or understood.
    """
    good: list[Path] = []
    defective: list[Path] = []
    try:
        for line in labels.read_text(encoding="utf-8").splitlines():
            name, probability, kind = line.split()
            if kind == "mono" and float(probability) in (0.0, 1.0):
                (defective if float(probability) else good).append(labels.parent / name)
    except (OSError, ValueError) as error:
        raise PictureError(f"cannot read {labels}: {error}", hint="install elpv-dataset again") from error
    return Cells(tuple(good), tuple(defective))


def split(cells: Cells, *, seed: int = 0) -> Parts:
    """Deals the cells out; the same seed deals the same everywhere.

    Raises:
        PictureError: too few cells to leave any for training.
    """
    good, defective = _shuffled(cells.good, seed), _shuffled(cells.defective, seed)
    aside = TEST_GOOD + CALIBRATION
    if len(good) < 2 * aside or len(defective) < LINE_DEFECTIVE:
        found = f"{len(good)} good and {len(defective)} defective cells"
        raise PictureError(f"{found} are too few for the demo", hint="install elpv-dataset again")
    line = [(GOOD, path) for path in good[:LINE_GOOD]] + [(DEFECTIVE, path) for path in defective[:LINE_DEFECTIVE]]
    in_order = {path: truth for truth, path in line}
    return Parts(
        train=tuple(good[aside:]),
        calibration=tuple(good[TEST_GOOD:aside]),
        test_good=tuple(good[:TEST_GOOD]),
        test_defective=tuple(defective),
        line=tuple((in_order[path], path) for path in _shuffled(in_order, seed + 1)),
    )


def lay_out(parts: Parts, folder: DemoFolder) -> None:
    """Links (else copies) every cell to its place in the demo's folder.

    Raises:
        PictureError: a picture can be neither linked nor copied.
    """
    dataset = folder.dataset
    places = {
        dataset / "train" / GOOD: [(path.name, path) for path in parts.train],
        dataset / "test" / GOOD: [(path.name, path) for path in parts.test_good],
        dataset / "test" / DEFECTIVE: [(path.name, path) for path in parts.test_defective],
        folder.calibration: [(path.name, path) for path in parts.calibration],
        folder.line: [
            (f"{number:02}-{truth}-{path.name}", path) for number, (truth, path) in enumerate(parts.line, start=1)
        ],
    }
    with progress.bar("laying out solar cells", sum(map(len, places.values()))) as done:
        for place, cells in places.items():
            place.mkdir(parents=True)
            for name, path in cells:
                _link(path, place / name)
                done(1)


def truth_of(picture: str) -> str:
    """ "good" or "defective", from the name that ``lay_out`` gave a picture of the line."""
    return picture.split("-")[1]


def _shuffled(paths: Iterable[Path], seed: int) -> list[Path]:
    """By a digest of the name, so that no version of Python or order on disk changes it."""
    return sorted(paths, key=lambda path: hashlib.sha256(f"{seed} {path.name}".encode()).digest())


def _link(picture: Path, link: Path) -> None:
    try:
        try:
            link.symlink_to(picture.resolve())
        except OSError:  # no links here: Windows without the right, or a FAT disk
            shutil.copyfile(picture, link)
    except OSError as error:
        raise PictureError(f"cannot put {picture} at {link}: {error.strerror}") from error
