"""Pictures and videos on disk, through the real capture process."""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.cameras.capture import CameraState
from edge.errors import CameraError
from tests.edge.cameras.capturing import PATIENCE_S, gone, next_frame, rest, wait_for
from tests.edge.cameras.conftest import LEVELS, StartCapture


class TestFiles:
    @pytest.mark.parametrize("kind", ["folder", "video"])
    def test_every_picture_is_waited_for(
        self, kind: str, capture: StartCapture, request: pytest.FixtureRequest
    ) -> None:
        camera = capture(request.getfixturevalue(kind))
        levels = []
        for _ in LEVELS:
            levels.append(int(next_frame(camera).pixels.mean().round()))
            time.sleep(0.02)  # an inspector slower than the disk
        assert np.allclose(levels, LEVELS, atol=4)
        assert camera.next_frame(PATIENCE_S) is None
        assert camera.state is CameraState.ENDED
        assert (camera.captured, camera.dropped) == (len(LEVELS), 0)

    def test_pictures_come_by_name_with_their_own_size(self, folder: Path, capture: StartCapture) -> None:
        frames = rest(capture(folder))
        assert [frame.picture for frame in frames] == [f"part-{i:02}.png" for i in range(10)]
        assert [frame.pixels.shape[0] for frame in frames] == [60 + 20 * (i % 3) for i in range(10)]

    def test_the_end_is_told_only_after_the_last_picture(self, folder: Path, capture: StartCapture) -> None:
        camera = capture(folder / "part-0[0-2].png")
        camera.wait_until_open()
        wait_for(lambda: camera.captured == 3 and gone(camera.process_id or 0))
        for _ in range(3):
            assert camera.state is CameraState.STREAMING
            next_frame(camera)
        assert camera.state is CameraState.ENDED

    def test_frames_that_are_kept_never_change(self, folder: Path, capture: StartCapture) -> None:
        frames = rest(capture(folder))
        assert [int(frame.pixels.mean()) for frame in frames] == list(LEVELS)

    def test_a_part_of_a_frame_keeps_it_from_changing(self, folder: Path, capture: StartCapture) -> None:
        camera = capture(folder, loop=True)
        corner = next_frame(camera).pixels[:2][:, :2]
        for _ in range(30):
            next_frame(camera)
        assert int(corner.max()) == LEVELS[0]

    def test_a_picture_larger_than_all_before_grows_the_ring(self, folder: Path, capture: StartCapture) -> None:
        large = np.random.default_rng(0).integers(0, 256, (1500, 2000, 3), dtype=np.uint8)
        assert cv2.imwrite(str(folder / "part-05.png"), large)
        by_name = {frame.picture: frame for frame in rest(capture(folder))}
        assert np.array_equal(by_name["part-05.png"].pixels, large)
        assert int(by_name["part-09.png"].pixels.mean()) == LEVELS[9]

    def test_a_damaged_picture_is_skipped_and_named_once(self, folder: Path, capture: StartCapture) -> None:
        (folder / "part-04.png").write_bytes(b"not a picture")
        camera = capture(folder, loop=True)
        names = [next_frame(camera).picture for _ in range(20)]
        assert "part-04.png" not in names
        assert camera.skipped == ("part-04.png",)

    def test_pictures_of_several_folders_keep_names_that_tell_them_apart(
        self, folder: Path, capture: StartCapture
    ) -> None:
        for part in ("a", "b"):
            (folder / part).mkdir()
            (folder / part / "torn.png").write_bytes(b"not a picture")
            shutil.copy(folder / "part-00.png", folder / part / "whole.png")
        camera = capture(folder / "*" / "*.png")
        assert [frame.picture for frame in rest(camera)] == ["a/whole.png", "b/whole.png"]
        assert camera.skipped == ("a/torn.png", "b/torn.png")

    def test_with_fps_it_plays_in_real_time(self, folder: Path, capture: StartCapture) -> None:
        camera = capture(folder, fps=20)
        frames = rest(camera)
        stamps_s = [frame.captured_ns / 1e9 for frame in frames]
        assert camera.captured == len(LEVELS)
        assert stamps_s[-1] - stamps_s[0] > 0.3
        assert camera.state is CameraState.ENDED

    def test_a_loop_that_has_become_unreadable_is_an_error(self, folder: Path, capture: StartCapture) -> None:
        camera = capture(folder, loop=True)
        next_frame(camera)
        for path in folder.iterdir():
            path.write_bytes(b"")
        with pytest.raises(CameraError, match=r"none of the 10 pictures in .* can be decoded; replace"):
            for _ in range(30):
                next_frame(camera)

    def test_a_hung_file_source_is_an_error_not_a_new_beginning(self, folder: Path, capture: StartCapture) -> None:
        camera = capture(folder, fps=5, loop=True, open_timeout_s=0.2, stall_after_s=0.2)
        next_frame(camera)
        assert camera.process_id is not None
        os.kill(camera.process_id, signal.SIGSTOP)
        with pytest.raises(CameraError, match="made no progress and was killed"):
            for _ in range(20):
                camera.next_frame(PATIENCE_S)
