"""One tiny product for the whole suite: a stamped plate, trained and exported once by the real chain.

Real network, real files, small pictures. Nothing here may be changed by a test: copy what you want to break.
"""

from __future__ import annotations

import signal
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.made_once import made_once

SIZE = (96, 96)  # (height, width) of the model
FRAME = (120, 144)  # (height, width) of the pictures
GOOD, TESTED = 24, 6

Picture = NDArray[np.uint8]

# A shell starts what goes to its background with Ctrl-C ignored, and all that a test starts would inherit it.
signal.signal(signal.SIGINT, signal.default_int_handler)


def plate(rng: np.random.Generator) -> Picture:
    """A good part: a brushed plate with a ring and four holes, slightly moved, with the sensor's noise."""
    height, width = FRAME
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    light = 120 + 25 * np.sin(rows / 3.0) + 20 * (columns / width) + rng.normal(0, 10)
    pixels = np.repeat(light[:, :, None], 3, axis=2).astype(np.float32)
    middle = (width // 2 + int(rng.integers(-1, 2)), height // 2 + int(rng.integers(-1, 2)))
    cv2.circle(pixels, middle, 34, (60, 80, 170), 6, cv2.LINE_AA)
    for x, y in ((24, 20), (120, 20), (24, 100), (120, 100)):
        cv2.circle(pixels, (x, y), 8, (30, 30, 30), -1, cv2.LINE_AA)
    noisy = pixels + rng.normal(0, 8, pixels.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


def plates_in(folder: Path, count: int, *, seed: int) -> Path:
    """Writes good parts that no model has seen, and returns their new folder."""
    folder.mkdir()
    rng = np.random.default_rng(seed)
    for number in range(count):
        cv2.imwrite(str(folder / f"{number:03}.png"), plate(rng))
    return folder


def with_blob(pixels: Picture, rng: np.random.Generator) -> tuple[Picture, Picture]:
    """A bright stain and its mask."""
    mask = np.zeros(FRAME, np.uint8)
    centre = int(rng.integers(30, FRAME[1] - 30)), int(rng.integers(30, FRAME[0] - 30))
    cv2.ellipse(mask, centre, (13, 9), float(rng.uniform(0, 180)), 0, 360, 255, -1)
    spoilt = pixels.copy()
    spoilt[mask > 0] = (40, 230, 240)
    return spoilt, mask


def with_scratch(pixels: Picture, rng: np.random.Generator) -> tuple[Picture, Picture]:
    """A dark scratch and its mask."""
    mask = np.zeros(FRAME, np.uint8)
    start = int(rng.integers(15, 60)), int(rng.integers(20, FRAME[0] - 20))
    end = int(rng.integers(90, FRAME[1] - 10)), int(rng.integers(20, FRAME[0] - 20))
    cv2.line(mask, start, end, 255, 5)
    spoilt = pixels.copy()
    spoilt[mask > 0] = 10
    return spoilt, mask


@pytest.fixture(scope="session")
def tiny_dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MVTec layout: train/good (24), test/good, test/blob, test/scratch (6 each), ground_truth."""
    return made_once(tmp_path_factory, "data", lambda folder: _dataset(folder / "plate"))


@pytest.fixture(scope="session")
def tiny_checkpoint(tiny_dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """model.safetensors of ``padim`` on the real backbone at 96 x 96."""
    return made_once(tmp_path_factory, "runs", lambda folder: _trained(tiny_dataset, folder / "plate"))


@pytest.fixture(scope="session")
def tiny_bundle(tiny_checkpoint: Path, tiny_dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """INT8 bundle, torch to INT8 compared on the labelled pictures; the parity table lies beside it."""

    def make(folder: Path) -> Path:
        return _exported(tiny_checkpoint, tiny_dataset, folder / "plate.xml", "int8")

    return made_once(tmp_path_factory, "bundle", make)


@pytest.fixture(scope="session")
def tiny_bundle_fp32(tiny_checkpoint: Path, tiny_dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same in float."""

    def make(folder: Path) -> Path:
        return _exported(tiny_checkpoint, tiny_dataset, folder / "plate.xml", "fp32")

    return made_once(tmp_path_factory, "bundle-fp32", make)


@pytest.fixture(scope="session")
def tiny_backbone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The backbone of the models above in half precision, for teaching on a device."""
    from edge.scorers.padim import PadimOptions
    from export.backbone_bundle import export_backbone

    def make(folder: Path) -> Path:
        options = {"size": SIZE, "options": PadimOptions(), "precision": "fp16"}
        return export_backbone(folder / "lite0-fp16.xml", backbone="efficientnet-lite0", **options).path

    return made_once(tmp_path_factory, "backbone", make)


def _dataset(root: Path) -> Path:
    rng = np.random.default_rng(20261122)
    for folder, count in (("train/good", GOOD), ("test/good", TESTED)):
        (root / folder).mkdir(parents=True)
        for number in range(count):
            cv2.imwrite(str(root / folder / f"{number:03}.png"), plate(rng))
    for defect, spoil in (("blob", with_blob), ("scratch", with_scratch)):
        (root / "test" / defect).mkdir()
        (root / "ground_truth" / defect).mkdir(parents=True)
        for number in range(TESTED):
            pixels, mask = spoil(plate(rng), rng)
            cv2.imwrite(str(root / "test" / defect / f"{number:03}.png"), pixels)
            cv2.imwrite(str(root / "ground_truth" / defect / f"{number:03}_mask.png"), mask)
    return root


def _trained(dataset: Path, output: Path) -> Path:
    from train.data.find import find_dataset
    from train.fit import train
    from train.models.setup import Setup

    setup = Setup(model="padim", height=SIZE[0], width=SIZE[1], backbone="efficientnet-lite0", seed=0)
    found = find_dataset(dataset)
    return train(found, setup, output, false_alarm_rate=0.05, folds=0, device="cpu").checkpoint


def _exported(checkpoint: Path, dataset: Path, output: Path, precision: str) -> Path:
    from export.export import export

    options = {"data": dataset, "precision": precision, "false_alarm_rate": 0.05}
    return export(checkpoint, output, **options).bundle.path
