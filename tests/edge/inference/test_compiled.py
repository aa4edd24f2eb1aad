"""The cache of compiled models, damaged on a real disk."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edge.inference.bundle import Bundle, load_bundle
from edge.inference.compiled import MOST_BLOBS, MOST_MODELS, folder_of, open_cache, seal_cache
from edge.inference.engine import Engine
from edge.inference.golden import golden_scores
from tests.edge.inference.conftest import WriteToy

Damage = Callable[[Path], None]


def start(bundle: Bundle, cache: Path) -> tuple[Engine, bool]:
    """A compiled engine, and whether it came from the cache."""
    engine = Engine(bundle, device="CPU", cache_dir=cache)
    return engine, bool(engine._compiled.get_property("LOADED_FROM_CACHE"))


def the_blob(cache: Path) -> Path:
    (blob,) = cache.glob("*/*.blob")
    return blob


def flip(blob: Path) -> None:
    content = bytearray(blob.read_bytes())
    content[len(content) // 2] ^= 0x40
    blob.chmod(0o644)
    blob.write_bytes(content)


def cut_off(blob: Path) -> None:
    blob.chmod(0o644)
    blob.write_bytes(blob.read_bytes()[:-1000])


def empty(blob: Path) -> None:
    blob.chmod(0o644)
    blob.write_bytes(b"")


def lose_seal(blob: Path) -> None:
    blob.with_name(f"{blob.name}.sha256").unlink()


def damage_seal(blob: Path) -> None:
    blob.with_name(f"{blob.name}.sha256").write_bytes(b"\xff")


def test_a_second_start_takes_the_compiled_model_and_gives_the_same(tiny_bundle: Path, tmp_path: Path) -> None:
    bundle = load_bundle(tiny_bundle)
    first, cached = start(bundle, tmp_path)
    assert not cached
    assert the_blob(tmp_path).parent == folder_of(tmp_path, bundle.sha256)
    again, cached = start(load_bundle(tiny_bundle), tmp_path)
    assert cached
    assert golden_scores(again) == pytest.approx(golden_scores(first), rel=1e-6)


@pytest.mark.parametrize("damage", [flip, cut_off, empty, lose_seal, damage_seal])
def test_a_damaged_one_is_compiled_anew_and_kept_again(
    tiny_bundle: Path, tmp_path: Path, damage: Damage, caplog: pytest.LogCaptureFixture
) -> None:
    """OpenVINO itself loads one with a flipped bit and says nothing."""
    bundle = load_bundle(tiny_bundle)
    right = golden_scores(start(bundle, tmp_path)[0])
    damage(the_blob(tmp_path))
    engine, cached = start(bundle, tmp_path)
    assert not cached
    assert golden_scores(engine) == pytest.approx(right, rel=1e-6)
    assert start(bundle, tmp_path)[1]
    told = [record.event for record in caplog.records if record.levelno >= logging.WARNING]  # type: ignore[attr-defined]
    assert told == ([] if damage is lose_seal else ["cache_damaged"])  # without a seal it was only never finished


def test_only_the_most_recent_models_are_kept(write_toy: WriteToy, tmp_path: Path) -> None:
    cache = tmp_path / "compiled"
    bundles = [write_toy(version=str(number)) for number in range(MOST_MODELS + 3)]
    for number, bundle in enumerate(bundles):
        start(bundle, cache)
        if number >= 2:
            assert start(bundles[0], cache)[1]  # used at every start: never the oldest
    kept = {path.name for path in cache.iterdir()}
    expected = [bundles[0], *bundles[-(MOST_MODELS - 1) :]]
    assert kept == {folder_of(cache, bundle.sha256).name for bundle in expected}


def test_files_of_one_model_are_bounded_and_those_of_an_older_layout_removed(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, "ab" * 32)
    folder.mkdir()
    (tmp_path / "123.blob").write_bytes(b"of an older version")
    for number in range(MOST_BLOBS + 2):
        blob = folder / f"{number}.blob"
        blob.write_bytes(bytes([number]))
        os.utime(blob, ns=(number, number))
    seal_cache(folder)
    open_cache(folder)
    assert sorted(path.name for path in folder.glob("*.blob")) == ["2.blob", "3.blob", "4.blob", "5.blob"]
    assert len(list(folder.glob("*.sha256"))) == MOST_BLOBS
    assert list(tmp_path.iterdir()) == [folder]


def test_a_cache_that_cannot_be_made_is_told_once_and_done_without(
    write_toy: WriteToy, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "compiled").write_text("in the way")
    engine, cached = start(write_toy(), tmp_path / "compiled")
    assert not cached
    assert engine.infer(np.full((9, 9, 3), 7, np.uint8)).score == pytest.approx(7)
    (record,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert record.event == "cache_unusable"  # type: ignore[attr-defined]


FULL = """
import resource, sys
from pathlib import Path
from edge.inference.bundle import load_bundle
from edge.inference.engine import Engine
from edge.inference.golden import golden_scores
bundle = load_bundle(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
print(golden_scores(Engine(bundle, device="CPU", cache_dir=Path(sys.argv[2])))[0])
"""


def test_a_full_disk_does_not_stop_the_load(tiny_bundle: Path, tmp_path: Path) -> None:
    """A limit on file sizes stands in for the full disk."""
    command = [sys.executable, "-c", FULL, tiny_bundle, tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    bundle = load_bundle(tiny_bundle)
    right = golden_scores(Engine(bundle, device="CPU"))[0]
    assert float(done.stdout) == pytest.approx(right, rel=1e-6)
    engine, cached = start(bundle, tmp_path)  # what little came to disk is not taken for whole
    assert not cached
    assert golden_scores(engine)[0] == pytest.approx(right, rel=1e-6)
