"""Whether a camera still looks where it looked: a picture of the size of a stamp against the mean of good ones.

A defect changes the picture too, so a low correlation alone says nothing about the camera. It was moved only if
moving the picture back makes it fit about as well as good pictures do. Of a pattern without structure, or of a
round part that is turned, nothing is said.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.pictures import prepare

Grey = NDArray[np.uint8]
Stamp = NDArray[np.float32]

PIXELS = 1764  # of a stamp: 42 x 42 for a square picture; five hundredths of its width are two pixels
_ITERATIONS = 3
_STOP = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, _ITERATIONS, 1e-3)
_FARTHEST = 0.25  # of the longer side; beyond, what phase correlation finds is chance
_BACK = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
_UNSEEN = -1e6  # so low that a pixel with a touch of it is negative too
LEAST_SEEN = 0.4  # of the mean, in a picture that was moved
_SMOOTH = (3, 3)


@dataclass(frozen=True, slots=True)
class Movement:
    """How a picture lies against the mean.

    Attributes:
        shift: of its middle, shares of the longer side, 0 or more.
        rotation: degrees, 0 or more.
        before: correlation with the mean as the picture is, -1 to 1, without the rim that the movement brought in.
        after: the same once the picture is moved back.
    """

    shift: float
    rotation: float
    before: float
    after: float


def stamp_size(height: int, width: int) -> tuple[int, int]:
    """(rows, columns) of the stamp of a frame; its pixels are square, so that a rotation stays one."""
    aspect = min(max(width / height, 0.25), 4.0)
    return round(math.sqrt(PIXELS / aspect)), round(math.sqrt(PIXELS * aspect))


def stamp(grey: Grey, size: tuple[int, int]) -> Stamp:
    """float32 [rows, columns], 0 to 255, slightly smoothed; from uint8 [h, w] of any size and aspect ratio."""
    return np.asarray(cv2.GaussianBlur(prepare(grey, size).astype(np.float32), _SMOOTH, 0), np.float32)


def moved(picture: Stamp, *, right: float = 0.0, down: float = 0.0, degrees: float = 0.0) -> Stamp:
    """The picture shifted by pixels and turned about its middle; what comes in repeats the edge."""
    rows, columns = picture.shape
    matrix = cv2.getRotationMatrix2D(((columns - 1) / 2, (rows - 1) / 2), degrees, 1.0)
    matrix[:, 2] += np.array([right, down])
    warped = cv2.warpAffine(picture, matrix, (columns, rows), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, np.float32)


class View:
    """The view that good pictures show.

    Args:
        mean: float32 [rows, columns], mean of their stamps.
    """

    def __init__(self, mean: Stamp) -> None:
        self._mean = mean
        self._unit = _centred(mean)
        self._everywhere = np.full(mean.shape, 255, np.uint8)
        self._window = cv2.createHanningWindow((mean.shape[1], mean.shape[0]), cv2.CV_32F)

    @property
    def size(self) -> tuple[int, int]:
        """(rows, columns) of the stamps that it takes."""
        return self._mean.shape[0], self._mean.shape[1]

    def fit(self, picture: Stamp) -> float:
        """Correlation of a stamp with the mean, -1 to 1; 0 where one of them has no structure."""
        return _along(self._unit, picture)

    def movement(self, picture: Stamp) -> Movement | None:
        """How a stamp lies against the mean; None where nothing can be said."""
        try:
            _, matrix = cv2.findTransformECC(
                self._mean, picture, self._guess(picture), cv2.MOTION_EUCLIDEAN, _STOP, self._everywhere, 1
            )
        except cv2.error:  # the search runs away: the picture shows something else than the mean
            return None
        rows, columns = picture.shape
        middle = np.array([(columns - 1) / 2, (rows - 1) / 2])
        shift_px = float(np.hypot(*(matrix[:, :2] @ middle + matrix[:, 2] - middle)))
        turned = abs(math.atan2(matrix[1, 0], matrix[0, 0]))
        back = np.asarray(
            cv2.warpAffine(picture, matrix, (columns, rows), flags=_BACK, borderValue=_UNSEEN), np.float32
        )
        seen = back >= 0
        if np.count_nonzero(seen) < LEAST_SEEN * seen.size:
            return None
        mean = _centred(self._mean[seen])
        before, after = _along(mean, picture[seen]), _along(mean, back[seen])
        return Movement(shift_px / max(rows, columns), math.degrees(turned), before, after)

    def _guess(self, picture: Stamp) -> NDArray[np.float32]:
        """A shift to begin with, found at any distance."""
        # Copies: phaseCorrelate writes its window into pictures that it need not pad.
        (right, down), _ = cv2.phaseCorrelate(self._mean.copy(), picture.copy(), self._window)
        if not math.hypot(right, down) <= _FARTHEST * max(picture.shape):
            right = down = 0.0
        return np.array([[1, 0, right], [0, 1, down]], np.float32)


def _along(unit: Stamp, picture: Stamp) -> float:
    """Correlation of pixels with others that are centred already."""
    return float((unit * _centred(picture)).sum())


def _centred(picture: Stamp) -> Stamp:
    """Without its mean, and of length 1 or 0."""
    centred = picture - picture.mean()
    length = float(np.linalg.norm(centred))
    return centred / length if length > 1e-3 * picture.size else np.zeros_like(centred)
