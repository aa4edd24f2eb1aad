"""Good parts from a running camera: each part once, taken as guided teaching takes it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from edge.area import AreaPlan
from edge.calibrating.gathered import Gathered, Part
from edge.cameras.capture import Capture
from edge.collecting.collection import Pacing
from edge.collecting.live_sieve import LiveSieve
from edge.collecting.numbered import NumberedPictures
from edge.collecting.sieve import Limits
from edge.errors import CalibrationError, CameraError, TeachingError
from edge.inference.engine import Engine
from edge.pictures import Picture
from edge.teaching.guide import Guide, Taken


@dataclass(frozen=True, slots=True)
class Taking:
    """How parts are taken.

    A threshold needs parts, not frames: ten frames of one part are one part, and count as ten that agree.

    Attributes:
        count: parts wanted.
        pacing: least time between two of them, longer than a part stays; how long to go on while none can be kept.
        max_motion: change from frame to frame from which a part moves, grey levels; 0: it is not looked for.
        limits: what a picture must reach; one of a part that was taken before is refused.
    """

    count: int
    pacing: Pacing
    max_motion: float
    limits: Limits


class GoodFrames:
    """Parts before a camera, each judged once: blurred, badly exposed, moving and repeated ones are refused.

    Args:
        capture: the camera, started.
        plan: what of its frames is inspected.
        taking: how they are taken.
        kept: where their pictures go to.
        folder: of these, for messages.

    Attributes:
        total: parts wanted.
        fitted: 0: no model was fitted on what a camera shows now.
        copies: 0: a part that comes again is refused.
        again: options that score the same parts again, once somebody has looked at their pictures.
    """

    fitted = 0
    copies = 0

    def __init__(
        self, capture: Capture, plan: AreaPlan, taking: Taking, kept: NumberedPictures, folder: Path
    ) -> None:
        self.total = taking.count
        self.again = f"--images {quote(str(folder))} "
        self._capture = capture
        self._plan = plan
        self._taking = taking
        self._kept = kept

    @property
    def skipped(self) -> list[Path]:
        """Pictures of a folder camera that could not be decoded."""
        return [Path(name) for name in self._capture.skipped]

    def fill(self, engine: Engine, gathered: Gathered) -> None:
        """Judges parts until there are enough, or the camera's files have ended.

        Raises:
            CalibrationError: for too long no part could be kept, or the camera is lost.
            PictureError: a picture cannot be kept.
            DeviceError: the device failed.
        """

        def keep(pixels: Picture) -> bool:
            path = self._kept.add(pixels)
            gathered.add(Part(path.name, pixels, engine.infer(pixels)))
            return True

        def show(taken: Taken) -> None:
            gathered.refused = {str(reason): number for reason, number in taken.refused.items()}
            gathered.trouble = taken.what_to_do

        taking, capture = self._taking, self._capture
        sieve = LiveSieve(taking.limits, engine.size, max_motion=taking.max_motion, live=capture.live)
        taken = Taken(taking.count)
        try:
            Guide(capture, sieve, self._plan, keep, taking.pacing).collect(taken, show)
        except (CameraError, TeachingError) as error:
            hint = f"{taken.count} of {taken.wanted} parts were taken"
            raise CalibrationError(f"cannot calibrate: {error.message}", hint=hint) from error
