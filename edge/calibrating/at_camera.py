"""Calibrating at a camera: whether it can show parts at all, how they are told apart, what becomes of pictures."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from edge.area import AreaPlan, area_plan_of
from edge.calibrating.asked import Asked
from edge.calibrating.calibrate import Calibrated, calibrate_on
from edge.calibrating.camera import GoodFrames, Taking
from edge.cameras.capture import Capture
from edge.cameras.choose import source_for
from edge.cameras.folder import FolderSource
from edge.cameras.options import CameraOptions, camera_options
from edge.cameras.source import Source
from edge.cameras.video import VideoFileSource
from edge.collecting.collection import Pacing
from edge.collecting.numbered import NumberedPictures
from edge.collecting.sieve import Limits
from edge.errors import CalibrationError, CameraError, EdgeAdError, UsageError
from edge.inference.bundle import Bundle
from edge.inspection.chosen import Chosen
from edge.pictures import short_digest

LEAST_PARTS = 200
GIVE_UP_AFTER_S = 120.0


@dataclass(frozen=True, slots=True)
class AtCamera:
    """What was asked about a camera.

    Attributes:
        source: as for ``edge-ad run``; not needed where the station file says which camera is meant.
        count: parts; None for what the rate needs, 200 at least.
        interval_s: least time between two parts; None for what suits the camera, see ``interval_of``.
        max_motion: change between two frames from which a part moves, grey levels; 0: it is not looked for.
        limits: what a picture must reach, see ``Taking``.
        keep: folder that the pictures go to; None to keep them only where the calibration fails.
    """

    source: str | None
    count: int | None
    interval_s: float | None
    max_motion: float
    limits: Limits
    keep: Path | None

    def calibrate(self, where: Chosen, asked: Asked) -> Calibrated:
        """Takes parts and sets the threshold by them.

        Raises:
            UsageError: no camera was given, or one whose frames are no parts.
            CameraError: it cannot be opened.
            CalibrationError: see ``calibrate_on``; the message tells where the pictures are.
        """
        options, plan = self._camera(where, asked)
        source = source_for(options)
        _require_parts(source, options)
        count = self.count or max(asked.pictures_needed, LEAST_PARTS)
        asked.check_enough(count)
        with _pictures_of(self.keep, where.model) as folder, Capture(options) as capture:
            _wait_until_open(capture)
            pace_s = interval_of(options, where.config.drift.every_s, live=capture.live)
            interval_s = pace_s if self.interval_s is None else self.interval_s
            motion = 0.0 if options.triggered else self.max_motion
            taking = Taking(count, Pacing(interval_s, GIVE_UP_AFTER_S + interval_s), motion, self.limits)

            def parts_of(bundle: Bundle) -> GoodFrames:
                _require_unseen(source, options, bundle)
                return GoodFrames(capture, plan, taking, NumberedPictures(folder, options.name), folder)

            return calibrate_on(where.model, parts_of, asked)

    def _camera(self, where: Chosen, asked: Asked) -> tuple[CameraOptions, AreaPlan]:
        if asked.suspects != "refuse" and self.keep is None:
            raise UsageError(
                "nobody has looked yet at the parts that this camera will show",
                hint="calibrate without it first: suspects are shown and all pictures kept, for --images",
            )
        if where.camera is not None:
            if where.camera.mode == "trigger":
                raise UsageError(
                    f"camera {where.camera.name} is in mode trigger: only a PLC knows when a part lies there",
                    hint="give --images with one picture of each part",
                )
            return where.camera.options(), area_plan_of(where.camera)
        if self.source is None or where.cameras:
            raise UsageError(
                "no pictures were given", hint="--images DIR with pictures of good parts, or --camera"
            )
        return camera_options(name="camera", source=self.source), AreaPlan()


def interval_of(options: CameraOptions, every_s: float, *, live: bool) -> float:
    """Seconds between two parts, unless somebody says: each frame is a part where parts start frames, or of files.

    Args:
        options: of the camera.
        every_s: what the station takes for longer than a part stays before a free-running camera.
        live: whether it is a live camera.
    """
    return every_s if live and not options.triggered else 0.0


def _require_parts(source: Source, options: CameraOptions) -> None:
    if isinstance(source, VideoFileSource):
        raise UsageError(
            f"{options.source} is a video: it shows each part in many frames, and a threshold needs parts",
            hint="give --images with one picture of each part",
        )


def _require_unseen(source: Source, options: CameraOptions, bundle: Bundle) -> None:
    """Pictures of a folder camera may be those that the model was fitted on, which score low."""
    fitted = set(bundle.card.training.fitted if bundle.card.training else ())
    if not isinstance(source, FolderSource) or not fitted:
        return
    pictures = source.pictures()
    known = sum(short_digest(path) in fitted for path in pictures)
    if known:
        raise CalibrationError(
            f"the model was fitted on {known} of the {len(pictures)} pictures of {options.source}",
            hint="give --images with their folder: it leaves those out",
        )


def _wait_until_open(capture: Capture) -> None:
    try:
        capture.wait_until_open()
    except CameraError as error:
        if not capture.live:
            raise
        held = "a camera that a running station holds is free once the station is stopped"
        raise CameraError(error.message, hint=f"{error.hint}; {held}" if error.hint else held) from error


@contextmanager
def _pictures_of(keep: Path | None, model: Path) -> Iterator[Path]:
    """Where the pictures go to. Those that nobody asked for are removed, unless the calibration fails: then a
    person has to look at them, or does not want to wait for them again."""
    folder = keep or model.with_name(f"{model.stem}.parts-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
    stay = False
    try:
        yield folder
    except EdgeAdError as error:
        stay = folder.is_dir() and any(folder.iterdir())
        if stay and str(folder) not in error.hint:
            kept = f"the pictures taken are in {folder}"
            error.hint = f"{error.hint}; {kept}" if error.hint else kept
        raise
    finally:
        if keep is None and not stay:
            shutil.rmtree(folder, ignore_errors=True)
