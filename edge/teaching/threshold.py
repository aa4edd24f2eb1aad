"""The threshold of a taught model: split conformal, on pictures that were not fitted."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path

from edge import progress
from edge.health.camera_faults.reference import ViewReference
from edge.inference.batch import score_pictures
from edge.inference.calibrate import DEFAULT_RATE, calibrate, reachable_rate
from edge.inference.card import Calibration
from edge.inference.engine import Engine
from edge.scorers.moments import Array
from edge.teaching.records import Kept
from edge.teaching.session import Session


@dataclass(frozen=True)
class Alone:
    """What some of the pictures that set a threshold promise by themselves.

    Attributes:
        pictures: how many they are.
        false_alarm_rate: at most, for parts that are taken as they were.
    """

    pictures: int
    false_alarm_rate: float


_MOST_MAPS = 32  # that are held: few good parts exceed the pixel threshold


def set_threshold(
    engine: Engine,
    session: Session,
    aside: Sequence[Kept],
    *,
    false_alarm_rate: float | None,
    view: ViewReference | None,
) -> Calibration:
    """Scores the pictures that were set aside with the model as it was written.

    Args:
        engine: runs the model.
        session: where the pictures are.
        aside: those that were not fitted.
        false_alarm_rate: to be promised; None for 5 %, or what the pictures can promise.
        view: what the camera showed of all pictures.

    Raises:
        CalibrationError: the scores support no threshold.
        TeachingError: a picture is damaged.
        DeviceError: the device failed.
    """
    pictures = ((Path(str(kept.number)), pixels) for kept, pixels in zip(aside, session.read(aside), strict=True))
    scores: list[float] = []
    peaks: list[float] = []
    highest: list[tuple[float, Array]] = []
    with progress.bar("scores for the threshold", len(aside)) as seen:
        for _, raw in score_pictures(engine, pictures, seen=seen):
            scores.append(raw.score)
            if raw.anomaly_map is not None:
                peaks.append(float(raw.anomaly_map.max()))
                highest = heapq.nlargest(_MOST_MAPS, [*highest, (peaks[-1], raw.anomaly_map)], key=itemgetter(0))
    return calibrate(
        scores,
        peaks,
        maps=(anomaly_map for _, anomaly_map in highest),
        false_alarm_rate=false_alarm_rate or reachable_rate(DEFAULT_RATE, len(scores)),
        device=engine.device,
        precision=engine.bundle.card.precision,
        view=view,
        by="teach",
    )


def alone(engine: Engine, session: Session, some: Sequence[Kept], threshold: float) -> Alone:
    """What pictures promise without the others that set the threshold with them.

    A threshold of 120 pictures under one lamp and 20 under another promises something about both in that
    proportion. Of the second lamp alone it is known how many of its pictures are above: the next one counts as one
    more, as the split conformal bound has it.

    Args:
        engine: runs the model.
        session: where the pictures are.
        some: of those that set the threshold.
        threshold: raw score.

    Raises:
        TeachingError: a picture is damaged.
        DeviceError: the device failed.
    """
    pictures = ((Path(str(kept.number)), pixels) for kept, pixels in zip(some, session.read(some), strict=True))
    above = sum(raw.score > threshold for _, raw in score_pictures(engine, pictures))
    return Alone(len(some), (above + 1) / (len(some) + 1))
