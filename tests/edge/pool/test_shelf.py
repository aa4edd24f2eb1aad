from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from edge.pictures import read_picture
from edge.pool.entry import Entry
from edge.pool.shelf import Shelf, entries_in
from tests.edge.running_station import clean_environment

PNG = b"not looked at"
KILLS = 3


def entry(number: int, *, camera: str = "top") -> Entry:
    return Entry(
        number=number,
        alert_id=f"alarm-{number}",
        camera=camera,
        time=datetime.now(UTC),
        score=5.0,
        threshold=3.0,
        masked=False,
        model="ab" * 32,
    )


def numbers(shelf: Shelf) -> list[int]:
    return [each.number for each in shelf]


def on_disk(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_the_oldest_of_all_cameras_go_when_it_is_full(tmp_path: Path) -> None:
    one = len(entry(1).model_dump_json(indent=2)) + 1 + 1000
    shelf = Shelf(tmp_path, 4 * one + 50)
    for number in range(1, 8):
        shelf.put(entry(number, camera="top" if number % 2 else "low"), b"x" * 1000)
        assert shelf.used_bytes == on_disk(tmp_path) <= 4 * one + 50
    assert numbers(shelf) == [4, 5, 6, 7]
    again = Shelf(tmp_path, 2 * one + 50)
    assert numbers(again) == [4, 5, 6, 7]
    again.put(entry(3), b"x" * 1000)  # judged late: it came last, so it stays
    assert sorted(numbers(again)) == [3, 7]


def test_a_picture_larger_than_the_limit_is_kept_alone(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, 100)
    shelf.put(entry(1), b"x" * 1000)
    shelf.put(entry(2), b"x" * 1000)
    assert numbers(shelf) == [2]


def test_what_a_kill_left_half_done_does_not_count_and_is_removed(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, 10**6)
    for number in (1, 2, 3):
        shelf.put(entry(number), PNG)
    camera = tmp_path / "top"
    (camera / ".half-x1").mkdir()
    (camera / ".half-x1" / "half").write_bytes(PNG)
    (camera / "00000009-alarm-9.png").write_bytes(PNG)  # its entry was not written
    shelf.picture(entry(2)).unlink()  # its entry was not removed
    (camera / "00000003-alarm-3.json").write_text("{", encoding="utf-8")  # by hand
    (tmp_path / "counts.json").write_text("{}", encoding="utf-8")
    assert numbers(Shelf(tmp_path, 10**6)) == [1]
    assert sorted(path.name for path in camera.iterdir()) == ["00000001-alarm-1.json", "00000001-alarm-1.png"]
    assert (tmp_path / "counts.json").exists()


WRITES_FOR_EVER = """
import sys, itertools, numpy as np, cv2
from pathlib import Path
sys.path.insert(0, {root!r})
from edge.pool.shelf import Shelf
from tests.edge.pool.test_shelf import entry
shelf = Shelf(Path({folder!r}), 40_000)
first = shelf.last_number + 1
for number in itertools.count(first):
    _, png = cv2.imencode(".png", np.full((64, 64, 3), number % 256, np.uint8) ^ np.random.default_rng(0).integers(
        0, 2, (64, 64, 3), np.uint8))
    shelf.put(entry(number), png.tobytes())
    print("put", flush=True)
"""


def test_killed_at_any_moment_every_picture_is_whole(tmp_path: Path) -> None:
    root = str(Path(__file__).parents[3])
    script = WRITES_FOR_EVER.format(root=root, folder=str(tmp_path))
    wait = np.random.default_rng(7)
    last = 0
    for _ in range(KILLS):
        command = [sys.executable, "-c", script]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=clean_environment()) as writer:
            assert writer.stdout is not None and writer.stdout.readline() == "put\n"
            time.sleep(wait.uniform(0.02, 0.15))
            os.kill(writer.pid, signal.SIGKILL)
        found = entries_in(tmp_path)
        assert found and found[-1][0].number > last  # it went on
        last = found[-1][0].number
        for each, picture in found:
            assert np.all(np.abs(read_picture(picture).astype(int) - each.number % 256) <= 1)
    shelf = Shelf(tmp_path, 40_000)
    assert list(tmp_path.glob("*/.*")) == []
    assert shelf.used_bytes == on_disk(tmp_path)


def test_entries_of_a_newer_version_are_read(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, 10**6)
    shelf.put(entry(1), PNG)
    path = shelf.picture(entry(1)).with_suffix(".json")
    path.write_text(json.dumps(json.loads(path.read_text()) | {"mood": "good"}), encoding="utf-8")
    assert [each.number for each, _ in entries_in(tmp_path)] == [1]


@pytest.mark.parametrize("alert_id", ["../../etc", "a/b", ""])
def test_a_name_that_leads_elsewhere_is_no_entry(alert_id: str) -> None:
    with pytest.raises(ValueError, match="alert_id"):
        Entry.model_validate(entry(1).model_dump() | {"alert_id": alert_id})
