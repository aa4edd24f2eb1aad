"""Models that lost a bit, an end or their other half: none is loaded, each is one line."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.errors import BundleError
from edge.inference.bundle import load_bundle
from tests.edge import tiny_models
from tests.faults.conftest import CYCLES, Report

FLIPS, CUTS = 20 * CYCLES, 2 * CYCLES  # 1,000 and 100 in the long form


@pytest.fixture
def own(tiny_bundle: Path, tmp_path: Path) -> Path:
    for suffix in (".xml", ".bin"):
        shutil.copy(tiny_bundle.with_suffix(suffix), tmp_path)
    return tmp_path / tiny_bundle.name


def flipped(content: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(content))
    return content[:place] + bytes([content[place] ^ 1 << chance.randrange(8)]) + content[place + 1 :]


def refused(model: Path) -> str:
    """The line that a user reads."""
    with pytest.raises(BundleError) as caught:
        load_bundle(model)
    line = str(caught.value)
    assert "\n" not in line and model.stem in line
    return line


def damaged(model: Path, report: Report, times: int, damage: object) -> Iterator[Path]:
    """Damages the .xml and the .bin in turn, and mends them again."""
    assert callable(damage)
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")  # shown where the test fails
    chance = random.Random(seed)  # noqa: S311
    whole = {path: path.read_bytes() for path in (model, model.with_suffix(".bin"))}
    slowest_s = 0.0
    for number in range(times):
        path = list(whole)[number % 2]
        path.write_bytes(damage(whole[path], chance))
        began_s = time.perf_counter()
        yield path
        slowest_s = max(slowest_s, time.perf_counter() - began_s)
        path.write_bytes(whole[path])
    assert load_bundle(model).sha256  # mended again: the refusals were for the damage
    what = getattr(damage, "__name__", "")
    report(f"{times} models {what}: 0 loaded, slowest refusal {slowest_s * 1e3:.0f} ms (seed {seed})")


def test_no_flipped_bit_is_loaded(own: Path, report: Report) -> None:
    for _ in damaged(own, report, FLIPS, flipped):
        refused(own)


def cut_off(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content))]


def test_no_truncated_model_is_loaded(own: Path, report: Report) -> None:
    for _ in damaged(own, report, CUTS, cut_off):
        refused(own)


def test_the_halves_of_two_models_are_not_loaded_together(own: Path, tmp_path: Path) -> None:
    other = tiny_models.grey(tmp_path / "other" / "grey.xml")
    for one, another in ((own, other), (other, own)):
        (tmp_path / "mixed").mkdir(exist_ok=True)
        mixed = tmp_path / "mixed" / one.name
        shutil.copy(one, mixed)
        shutil.copy(another.with_suffix(".bin"), mixed.with_suffix(".bin"))
        assert "belongs to another .xml" in refused(mixed)
