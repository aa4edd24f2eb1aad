"""The figures of a part that are followed, and what each of them was in the calibration."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from calibration.drift.ranks import values_of
from edge.health.camera_faults.figures import Figures
from edge.health.camera_faults.place import Place
from edge.health.camera_faults.reference import ViewReference
from edge.health.camera_faults.view import stamp_size
from edge.health.drift.options import DriftOptions

Name = Literal["scores", "brightness", "sharpness", "right", "down"]
LEAST = 0.01  # of brightness and sharpness, whose logarithms are followed


@dataclass(frozen=True, slots=True)
class GoodScores:
    """Scores of the calibration's good parts.

    Attributes:
        quantiles: at evenly spaced ranks from 0 to 100 %; empty where they are unknown or cannot be compared.
        pictures: that they were taken from.
    """

    quantiles: Sequence[float] = ()
    pictures: int = 0


@dataclass(frozen=True, slots=True)
class Followed:
    """How one figure begins.

    Attributes:
        reference: its values in the calibration; empty where they are unknown.
        least: change that is worth a message, in its own unit.
    """

    reference: Sequence[float]
    least: float


class PartFigures:
    """What is followed in pictures of one size.

    Brightness and sharpness are followed as logarithms, so that changes are shares. They are compared with the
    calibration's in frames of the same size, the position in those of the same aspect ratio; else brightness and
    sharpness begin with the first parts, and the position is not followed.

    Args:
        options: from where on a change is worth a message.
        scores: of the calibration.
        view: of the calibration; None without one.
        shape: (height, width) of the inspected part of a frame, pixels.
    """

    def __init__(
        self, options: DriftOptions, scores: GoodScores, view: ViewReference | None, shape: tuple[int, int]
    ) -> None:
        brightness: Sequence[float] = ()
        sharpness: Sequence[float] = ()
        if view is not None and view.same_size(*shape):
            brightness, sharpness = (_logs(each, view.pictures) for each in (view.brightness, view.sharpness))
        self.followed: dict[Name, Followed] = {
            "scores": Followed(values_of(scores.quantiles, scores.pictures), 0.0),
            "brightness": Followed(brightness, math.log1p(options.brightness_above)),
            "sharpness": Followed(sharpness, math.log1p(options.sharpness_above)),
        }
        self._place = None
        self._size = stamp_size(*shape)
        if view is not None and view.same_shape(*shape) and view.has_common_view and view.shift_shows:
            self._place, self._size = Place(view.mean_picture.astype(np.float32)), (view.rows, view.columns)
            above = options.position_above
            self.followed["right"] = Followed(values_of(view.right, view.pictures), above)
            self.followed["down"] = Followed(values_of(view.down, view.pictures), above)

    def of(self, score: float, figures: Figures) -> Mapping[Name, float]:
        """The values of one part.

        Args:
            score: finite.
            figures: of its picture.
        """
        stamp = figures.stamp(self._size)
        values: dict[Name, float] = {
            "scores": score,
            "brightness": math.log(max(cv2.mean(stamp)[0], LEAST)),
            "sharpness": math.log(max(figures.sharpness.value, LEAST)),
        }
        if self._place is not None:
            values["right"], values["down"] = self._place.of(stamp)
        return values


def _logs(quantiles: Sequence[float], pictures: int) -> tuple[float, ...]:
    return tuple(math.log(max(value, LEAST)) for value in values_of(quantiles, pictures))
