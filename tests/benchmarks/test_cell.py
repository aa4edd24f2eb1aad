"""One small cell from pictures to figures, and its bundle timed in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from benchmarks.cell import Cell, Key, judge_test_pictures, measure
from benchmarks.conditions import ROOT, conditions_here
from benchmarks.speed import ISAS, in_a_process
from benchmarks.speed_results import NATIVE
from edge.inference.bundle import load_bundle
from train.data.dataset import Dataset
from train.data.mvtec import read_mvtec

SIDE = 64
MANY = 105  # good pictures: no folds, each of which would be fitted at every precision


def draw(path: Path, rng: np.random.Generator, *, hole: bool = False) -> None:
    """A grey disc on noise; a defect is a black square in its middle."""
    pixels = rng.integers(90, 110, (SIDE, SIDE, 3), dtype=np.uint8)
    cv2.circle(pixels, (SIDE // 2, SIDE // 2), 22, (180, 170, 160), -1)
    if hole:
        pixels[26:38, 26:38] = 0
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), pixels)


@pytest.fixture(scope="module")
def discs(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    root, rng = tmp_path_factory.mktemp("discs"), np.random.default_rng(0)
    for number in range(MANY):
        draw(root / "train" / "good" / f"{number:02}.png", rng)
    for number in range(5):
        draw(root / "test" / "good" / f"{number:02}.png", rng)
        draw(root / "test" / "hole" / f"{number:02}.png", rng, hole=True)
        mask = np.zeros((SIDE, SIDE), np.uint8)
        mask[26:38, 26:38] = 255
        masks = root / "ground_truth" / "hole"
        masks.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(masks / f"{number:02}_mask.png"), mask)
    return read_mvtec(root)


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("work")


@pytest.fixture(scope="module")
def cell(discs: Dataset, work: Path) -> Cell:
    # Threads of BLAS wait by spinning: on a machine with other work, small matrices take a hundred times longer.
    with threadpool_limits(limits=1, user_api="blas"):
        return measure(Key("padim", "discs", 3), discs, work)


def test_a_cell_has_the_figures_of_the_int8_bundle_on_disk(cell: Cell, discs: Dataset, work: Path) -> None:
    bundle = load_bundle(work / "discs.xml")
    good = [s.score for s in judge_test_pictures(bundle.path, discs) if not s.label]

    assert (bundle.card.precision, bundle.card.training.seed) == ("int8", 3)
    assert (cell.good, cell.anomalous, cell.fitted, cell.calibrated) == (5, 5, 84, 21)
    assert cell.false_alarms == sum(score > bundle.card.calibration.threshold for score in good)
    assert cell.bundle_bytes == sum((work / f"discs.{end}").stat().st_size for end in ("xml", "bin"))


def test_a_hole_in_every_anomalous_disc_is_found_and_pointed_at(cell: Cell) -> None:
    assert cell.image_auroc == cell.fp32_image_auroc == 1.0
    assert cell.image_auroc_interval == (1.0, 1.0)
    assert cell.pixel_auroc is not None
    assert cell.pixel_auroc > 0.9
    assert cell.box_hit_rate is None


@pytest.mark.parametrize("isa", ISAS)
def test_a_frame_is_timed_with_the_kernels_of_the_instruction_set_asked_for(
    isa: str, cell: Cell, discs: Dataset, work: Path
) -> None:
    here = conditions_here().isa
    if "avx512_vnni" not in here or "avx_vnni" not in here:
        pytest.skip("this processor has nothing beyond AVX2_VNNI that it could be held back from")

    timed = in_a_process(work / "discs.xml", [s.path for s in discs.test[-2:]], 20, isa, work / f"compiled-{isa}")

    assert any("avx512" in kernel for kernel in timed.kernels) == (isa == NATIVE)
    assert any("avx2" in kernel for kernel in timed.kernels) == (isa != NATIVE)
    assert any("I8" in kernel for kernel in timed.kernels)
    assert 0 < timed.p50_ms <= timed.p99_ms
    assert timed.inference_ms < timed.p50_ms
    assert timed.frames_per_s > 0


def test_the_timing_process_is_one_of_the_device() -> None:
    code = "import sys, benchmarks.frames; print(sorted({'torch', 'nncf', 'train', 'export'} & set(sys.modules)))"
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert ended.stdout.strip() == "[]"
