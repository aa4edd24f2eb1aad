"""Which pictures of a folder count."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge.cli import app
from edge.errors import TeachingError
from edge.pictures import Picture
from edge.teaching.backbone import BackboneBundle
from edge.teaching.images import add_images
from edge.teaching.session import Session
from tests.edge.teaching.parts import parts, written


def video(shown: list[Picture], frames: int) -> list[Picture]:
    """So many pictures of each part, with the sensor's noise of their own."""
    rng = np.random.default_rng(1)
    repeated = np.repeat(shown, frames, axis=0)
    return list(np.clip(repeated + rng.normal(0, 4, repeated.shape), 0, 255).astype(np.uint8))


def test_of_the_frames_that_show_one_part_the_first_one_counts(backbone: BackboneBundle, tmp_path: Path) -> None:
    """Else some are fitted and others set the threshold, which then promises nothing."""
    folder = written(tmp_path / "video", video(parts(6), 4))
    further = written(tmp_path / "further", video(parts(8), 2))
    with Session(tmp_path / "plate", backbone) as session:
        added = add_images(session, folder)
        assert (added.new, added.seen, added.repeated) == (6, 18, 0)
        added = add_images(session, further)
        assert (added.new, added.seen, added.repeated) == (2, 13, 1), "those that were kept before are known"
        added = add_images(session, folder, min_change=0)
        assert (added.new, added.seen, added.repeated) == (18, 0, 6)


def test_that_they_do_not_count_is_said_also_where_too_few_are_left(
    backbone: BackboneBundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = written(tmp_path / "video", video(parts(3), 5))
    options = ("--backbone", str(backbone.path), "--state-dir", str(tmp_path / "state"))
    with pytest.raises(TeachingError, match="3 different pictures are too few"):
        app(["teach", "--name", "plate", "--images", str(folder), *options], standalone_mode=False)
    assert "12 show what another picture shows already" in capsys.readouterr().err
