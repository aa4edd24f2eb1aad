"""Good parts from a running camera, sieved as pictures for training are."""

from __future__ import annotations

from pathlib import Path

from edge.calibrating.gathered import Gathered, Part
from edge.cameras.capture import CameraState, Capture
from edge.collecting.collection import Collection, Pacing, collect
from edge.collecting.numbered import NumberedPictures
from edge.collecting.sieve import Limits, Sieve
from edge.inference.engine import Engine
from edge.inspection.area import AreaPlan
from edge.pictures import Picture


class GoodFrames:
    """Parts before a camera, each judged once: blurred, badly exposed and repeated frames are refused.

    Args:
        capture: the camera, started.
        plan: what of its frames is inspected.
        count: parts wanted.
        pacing: between two of them.
        keep: folder that their pictures are added to; None: they are not kept.

    Attributes:
        total: parts wanted.
        fitted: 0: no model was fitted on what a camera shows now.
    """

    fitted = 0

    def __init__(
        self, capture: Capture, plan: AreaPlan, *, count: int, pacing: Pacing, keep: Path | None = None
    ) -> None:
        self.total = count
        self._capture = capture
        self._plan = plan
        self._pacing = pacing
        self._kept = NumberedPictures(keep, capture.options.name) if keep else None

    @property
    def skipped(self) -> list[Path]:
        """Pictures of a folder camera that could not be decoded."""
        return [Path(name) for name in self._capture.skipped]

    def fill(self, engine: Engine, gathered: Gathered) -> None:
        """Judges parts until there are enough, or the camera has ended.

        Raises:
            CameraError: it gave no picture for too long.
            PictureError: a picture cannot be kept.
            DeviceError: the device failed.
        """

        def show(collection: Collection, state: CameraState) -> None:
            gathered.refused = {str(reason): number for reason, number in collection.refused.items()}
            gathered.trouble = self._capture.lost_because if state is CameraState.STALLED else ""

        taker = _Judging(engine, gathered, self._kept)
        sieve = Sieve(Limits())
        collect(self._capture, sieve, taker, Collection(self.total), self._pacing, show, self._plan)


class _Judging:
    """Takes the place of a folder that pictures are added to: it scores them, and may add them to one too."""

    def __init__(self, engine: Engine, gathered: Gathered, kept: NumberedPictures | None) -> None:
        self._engine = engine
        self._gathered = gathered
        self._kept = kept

    def add(self, pixels: Picture) -> Path:
        path = self._kept.add(pixels) if self._kept else Path(f"part {len(self._gathered.scores) + 1}")
        self._gathered.add(Part(path.name, pixels, self._engine.infer(pixels)))
        return path
