from __future__ import annotations

import time
from pathlib import Path

import pytest

from edge.cameras.memory import MemorySource
from edge.errors import CameraError, PictureError
from tests.edge.cameras.conftest import LEVELS


def levels(source: MemorySource, count: int) -> list[int | None]:
    shots = [source.read() for _ in range(count)]
    return [int(shot.pixels.mean()) if shot else None for shot in shots]


def test_plays_all_pictures_once_by_name(folder: Path) -> None:
    source = MemorySource(str(folder), loop=False)
    source.open()
    assert levels(source, 11) == [*LEVELS, None]


def test_reads_the_disk_only_when_it_is_opened(folder: Path) -> None:
    source = MemorySource(str(folder / "*.png"), loop=True)
    source.open()
    for path in folder.iterdir():
        path.unlink()
    assert levels(source, 20) == [*LEVELS, *LEVELS]


def test_each_shot_has_its_name_and_the_time_it_was_taken(folder: Path) -> None:
    source = MemorySource(str(folder), loop=True)
    source.open()
    shots = [source.read() for _ in range(11)]
    asked_ns = time.monotonic_ns()
    last = source.read()
    assert last.picture == shots[1].picture == "part-01.png"
    assert shots[1].captured_ns < asked_ns <= last.captured_ns


def test_damaged_pictures_are_named_and_none_at_all_is_an_error(folder: Path) -> None:
    (folder / "part-03.png").write_bytes(b"torn")
    source = MemorySource(str(folder), loop=False)
    source.open()
    assert levels(source, 10) == [level for level in LEVELS if level != LEVELS[3]] + [None]
    assert list(source.skipped) == ["part-03.png"]
    for path in folder.iterdir():
        path.write_bytes(b"torn")
    with pytest.raises(CameraError, match="none of the 10 pictures"):
        source.open()
    with pytest.raises(PictureError, match="no such folder"):
        MemorySource(str(folder / "absent"), loop=False).open()


def test_closed_it_gives_nothing(folder: Path) -> None:
    source = MemorySource(str(folder), loop=True)
    source.open()
    source.close()
    assert source.read() is None
