"""Takes the reference: looks at good pictures while they are read for something else."""

from __future__ import annotations

import base64
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer

from calibration.scores import quantiles
from edge.health.camera_faults.exposure import shares
from edge.health.camera_faults.noise import noise_of
from edge.health.camera_faults.options import FaultOptions
from edge.health.camera_faults.place import Place
from edge.health.camera_faults.reference import ViewReference
from edge.health.camera_faults.sharpness import Sharpness, out_of_focus, sharpness
from edge.health.camera_faults.view import Stamp, View, moved, stamp, stamp_size
from edge.pictures import Picture

LEAST_PICTURES = 8
LEAST_SIDE_PX = 32
LOW, HIGH = 0.05, 0.95
RANKS = 41  # 0, 2.5 ... 100 %
BLUR = 3 / 512  # standard deviation of the blur on purpose, shares of the width
SHIFT, ROTATION = 0.05, 5.0  # the movements on purpose
_DEFAULTS = FaultOptions()  # the levels of black and white


def _stored(stamp: Stamp) -> tuple[int, int, str]:
    rows, columns = stamp.shape
    return rows, columns, base64.b64encode(stamp.astype("<f4").tobytes()).decode()


def _restored(stored: object) -> object:
    if not isinstance(stored, list | tuple):
        return stored
    try:
        rows, columns, text = stored
        return np.frombuffer(base64.b64decode(text, validate=True), "<f4").reshape(rows, columns)
    except TypeError as error:
        raise ValueError("a stamp is rows, columns and base64") from error


StoredStamp = Annotated[Stamp, BeforeValidator(_restored), PlainSerializer(_stored)]


class Look(BaseModel):
    """What one look at a good picture keeps, 10 kB as JSON."""

    model_config = ConfigDict(frozen=True, extra="ignore", arbitrary_types_allowed=True)

    shape: tuple[int, int]
    stamp: StoredStamp
    black: float
    white: float
    sharpness: Sharpness
    blurred: float
    noise: float


def look_at(pixels: Picture, prepare: Callable[[Picture], Picture]) -> Look | None:
    """Looks at one good picture.

    Args:
        pixels: uint8 [H, W, 3] BGR at full size.
        prepare: brings a frame to the model's size, as the station does it.

    Returns:
        None where the picture is too small to tell anything.
    """
    height, width = pixels.shape[:2]
    if min(height, width) < LEAST_SIDE_PX:
        return None
    grey = np.asarray(cv2.cvtColor(prepare(pixels), cv2.COLOR_BGR2GRAY), np.uint8)
    black, white = shares(grey, black_level=_DEFAULTS.black_level, white_level=_DEFAULTS.saturated_level)
    noise = noise_of(pixels)
    finer = min(1.0, math.sqrt(grey.size / (height * width)))  # what the resize leaves of the noise
    return Look(
        shape=(height, width),
        stamp=stamp(grey, stamp_size(height, width)),
        black=black,
        white=white,
        sharpness=sharpness(grey),
        blurred=sharpness(out_of_focus(grey, BLUR * grey.shape[1], noise * finer)).value,
        noise=noise,
    )


class ReferenceTaker:
    """Looks at good pictures one by one; keeps 10 kB of each.

    Args:
        prepare: brings a frame to the model's size, as the station does it.
    """

    def __init__(self, prepare: Callable[[Picture], Picture]) -> None:
        self._prepare = prepare
        self._looks: list[Look] = []

    def passing(self, pictures: Iterable[tuple[Path, Picture]]) -> Iterator[tuple[Path, Picture]]:
        """Looks at pictures on their way, each uint8 [H, W, 3] BGR at full size."""
        for path, pixels in pictures:
            self.look(pixels)
            yield path, pixels

    def look(self, pixels: Picture) -> None:
        """Looks at one good picture, uint8 [H, W, 3] BGR at full size."""
        if look := look_at(pixels, self._prepare):
            self._looks.append(look)

    def reference(self) -> ViewReference | None:
        """See ``reference_of``, for all that was looked at."""
        return reference_of(self._looks)


def reference_of(looks: Sequence[Look]) -> ViewReference | None:
    """The reference, from pictures of the commonest size; None for fewer than ``LEAST_PICTURES`` of it."""
    if not looks:
        return None
    shape, count = Counter(look.shape for look in looks).most_common(1)[0]
    if count < LEAST_PICTURES:
        return None
    return _reference([look for look in looks if look.shape == shape])


def _reference(looks: Sequence[Look]) -> ViewReference:
    (height, width), stamps = looks[0].shape, [look.stamp for look in looks]
    mean = np.clip(np.rint(np.mean(stamps, axis=0)), 0, 255).astype(np.uint8)
    view = View(mean.astype(np.float32))
    fits = [view.fit(picture) for picture in stamps]
    movements = [movement for picture in stamps if (movement := view.movement(picture))]
    by = SHIFT * max(mean.shape)
    itself = mean.astype(np.float32)
    place = Place(itself)
    places = [place.of(picture) for picture in stamps]
    return ViewReference(
        height=height,
        width=width,
        pictures=len(looks),
        black_high=_quantile([look.black for look in looks], HIGH),
        white_high=_quantile([look.white for look in looks], HIGH),
        sharpness_low=_quantile([look.sharpness.value for look in looks], LOW),
        sharpness_median=_quantile([look.sharpness.value for look in looks], 0.5),
        sharpness_blurred=_quantile([look.blurred for look in looks], 0.5),
        contrast_low=_quantile([look.sharpness.contrast for look in looks], LOW),
        noise_high=_quantile([look.noise for look in looks], HIGH),
        rows=mean.shape[0],
        columns=mean.shape[1],
        mean=base64.b64encode(mean.tobytes()).decode(),
        fit_low=_quantile(fits, LOW),
        fit_median=_quantile(fits, 0.5),
        fit_shifted=max(view.fit(moved(itself, right=by)), view.fit(moved(itself, down=by))),
        fit_rotated=view.fit(moved(itself, degrees=ROTATION)),
        shift_high=_quantile([movement.shift for movement in movements], HIGH),
        rotation_high=_quantile([movement.rotation for movement in movements], HIGH),
        brightness=_ranks([float(picture.mean()) for picture in stamps], 3),
        sharpness=_ranks([look.sharpness.value for look in looks], 5),
        right=_ranks([right for right, _ in places], 5),
        down=_ranks([down for _, down in places], 5),
    )


def _ranks(values: Sequence[float], places: int) -> tuple[float, ...]:
    return tuple(round(value, places) for value in quantiles(values, RANKS))


def _quantile(values: list[float], level: float) -> float:
    return round(float(np.quantile(values, level)), 6) if values else 0.0
