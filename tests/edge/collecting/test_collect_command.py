"""``edge-ad collect`` as a user runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.pictures import find_pictures
from tests.edge.cameras.mjpeg_server import MjpegServer

RANDOM = np.random.default_rng(0)
SHARP = [RANDOM.integers(0, 256, (120, 160, 3), dtype=np.uint8) for _ in range(14)]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "edge", "collect", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    """Ten sharp pictures, one of them twice, then a blurred, a black and a sharp one; one file is damaged."""
    folder = tmp_path / "parts"
    folder.mkdir()
    black = np.zeros_like(SHARP[0])
    pictures = [*SHARP[:10], SHARP[9], cv2.GaussianBlur(SHARP[10], (9, 9), 0), black, SHARP[11]]
    for i, pixels in enumerate(pictures):
        assert cv2.imwrite(str(folder / f"{i:02}.png"), pixels)
    (folder / "05-damaged.png").write_bytes(b"no picture")
    return folder


def test_good_pictures_are_kept_and_the_rest_is_counted_by_reason(parts: Path, tmp_path: Path) -> None:
    done = run("--camera", str(parts), "--output", str(tmp_path / "good"), "--count", "11", "--json")
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert facts["refused"] == {"same": 1, "blurred": 1, "dark": 1}
    assert facts["skipped"] == ["05-damaged.png"]
    assert facts["missing"] == 0
    assert [Path(path) for path in facts["taken"]] == find_pictures(tmp_path / "good")


def test_a_camera_that_ends_too_early_says_how_many_are_missing(parts: Path, tmp_path: Path) -> None:
    done = run("--camera", str(parts), "--output", str(tmp_path / "good"), "--count", "20")
    assert done.returncode == 1
    assert f"11 of 20 pictures taken to {tmp_path / 'good'}; 9 missing; refused: 1 same as the last" in done.stdout
    assert "11/20" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_second_run_adds_to_the_first(parts: Path, tmp_path: Path) -> None:
    for _ in range(2):
        assert run("--camera", str(parts), "--output", str(tmp_path / "good"), "--count", "3").returncode == 0
    assert [path.name for path in find_pictures(tmp_path / "good")] == [f"camera-{i:05}.png" for i in range(1, 7)]


def test_a_live_camera_is_sampled_at_the_interval(tmp_path: Path) -> None:
    with MjpegServer(SHARP, fps=50) as server:
        done = run(
            *("--camera", server.url, "--output", str(tmp_path), "--count", "4"),
            *("--interval-s", "0.2", "--json"),
        )
        assert done.returncode == 0, done.stderr
        assert server.served >= 10 + 3 * 10, "ten to warm up, then one in ten"
    assert len(json.loads(done.stdout)["taken"]) == 4


def test_a_lost_camera_is_given_up(tmp_path: Path) -> None:
    with MjpegServer(SHARP, fps=50) as server:
        command = [sys.executable, "-m", "edge", "collect", "--camera", server.url, "--output", str(tmp_path)]
        options = ["--count", "1000", "--interval-s", "0.05", "--give-up-after-s", "0.5"]
        with subprocess.Popen([*command, *options], stderr=subprocess.PIPE, text=True) as collecting:
            while not list(tmp_path.glob("*.png")):
                assert collecting.poll() is None
            server.kill()
            assert collecting.wait(20) == 1
            assert collecting.stderr is not None
            last = collecting.stderr.read().splitlines()[-1]
    assert last.startswith("edge-ad: error: camera camera gave no picture for ")
    assert last.endswith("of 1000 are taken, the same command takes more")


@pytest.mark.parametrize(
    ("options", "line", "exit_code"),
    [
        (["--camera", "97"], "cannot open camera 97: no such device /dev/video97; plug it in", 1),
        (["--camera", "nowhere.avi"], "cannot open camera nowhere.avi: no such file or folder; give", 1),
        (["--camera", "0", "--fps", "-1"], "--fps -1.0: input should be greater than 0", 2),
        (["--camera", "foo://bar"], "cannot use camera foo://bar: unknown kind of address foo://; these", 2),
    ],
)
def test_bad_requests_are_one_line(options: list[str], line: str, exit_code: int, tmp_path: Path) -> None:
    done = run(*options, "--output", str(tmp_path / "good"))
    assert done.returncode == exit_code
    assert done.stderr.startswith(f"edge-ad: error: {line}")
    assert done.stderr.count("\n") == 1
