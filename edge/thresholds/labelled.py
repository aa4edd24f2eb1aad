"""Parts whose answer is known, scored with the bundle: what a threshold finds and what it misses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge import progress
from edge.area import AreaPlan
from edge.calibrating.folder import scored
from edge.calibrating.masking import counting
from edge.errors import PictureError
from edge.inference.bundle import Bundle
from edge.inference.engine import Engine
from edge.pictures import find_pictures, readable
from edge.thresholds.expected import Share, interval_of

GOOD = "good"


@dataclass(frozen=True)
class Labelled:
    """Scores by kind of part; ``good`` is the kind of good ones."""

    scores: Mapping[str, Sequence[float]]

    @property
    def good(self) -> Sequence[float]:
        return self.scores.get(GOOD, ())

    @property
    def defective(self) -> Mapping[str, Sequence[float]]:
        """Scores of each kind of defect."""
        return {kind: scores for kind, scores in self.scores.items() if kind != GOOD}


@dataclass(frozen=True, slots=True)
class Tried:
    """How many of some parts lie above a threshold.

    Attributes:
        above: so many.
        of: of so many.
    """

    above: int
    of: int

    @property
    def share(self) -> Share:
        """The share of such parts to come, with the exact binomial interval."""
        return Share(self.above / self.of, *interval_of(self.above, self.of))

    @property
    def missed(self) -> Share:
        """The share of such parts to come that is not above it."""
        low, high = interval_of(self.above, self.of)
        return Share(1 - self.above / self.of, 1 - high, 1 - low)


def tried(scores: Sequence[float], threshold: float) -> Tried:
    """Counts the scores above a threshold."""
    return Tried(sum(score > threshold for score in scores), len(scores))


def labelled_pictures(data: Path | None, defective: Path | None) -> dict[str, list[Path]]:
    """Finds pictures by kind.

    Args:
        data: folder in the layout of MVTec: its ``test``, or it itself, has one folder for each kind, ``good`` for
            good parts.
        defective: folder of pictures of defective parts, of whatever kind.

    Raises:
        PictureError: a folder is absent, or no picture is in it.
    """
    found: dict[str, list[Path]] = {}
    if data is not None:
        root = data / "test" if (data / "test").is_dir() else data
        if not root.is_dir():
            raise PictureError(
                f"no such folder: {data}", hint="give a folder with one folder for each kind of part"
            )
        found = {kind.name: find_pictures(kind) for kind in sorted(root.iterdir()) if kind.is_dir()}
        if not found:
            raise PictureError(f"{data} has no folders", hint="one for each kind of part, good for good ones")
    if defective is not None:
        found["defective"] = find_pictures(defective)
    return found


def score_labelled(
    bundle: Bundle,
    pictures: Mapping[str, list[Path]],
    device: str,
    *,
    plan: AreaPlan = AreaPlan(),  # noqa: B008 - frozen
    arithmetic: str | None = None,
) -> Labelled:
    """Scores pictures by kind as a camera does; those that cannot be decoded are left out.

    Args:
        bundle: the model.
        pictures: by kind, cut to the region of interest if there is one.
        device: that judges.
        plan: of the camera: what it ignores does not count.
        arithmetic: INFERENCE_PRECISION_HINT that the camera is judged with; None for the model's own.

    Raises:
        DeviceError: the device cannot run the model.
        ConfigError: a picture is not cut as the camera's are.
    """
    engine = Engine(bundle, device=device, hint="throughput", precision=arithmetic)
    scores: dict[str, list[float]] = {}
    with progress.bar("scores of labelled pictures", sum(map(len, pictures.values()))) as seen:
        for kind, paths in pictures.items():
            scores[kind] = []
            for part in scored(engine, readable(paths, [])):
                height, width = part.pixels.shape[:2]
                scores[kind].append(counting(part.raw, plan, (height, width)).score)
                seen(1)
    return Labelled({kind: values for kind, values in scores.items() if values})
