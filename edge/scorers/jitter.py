"""Jittered copies of good pictures, so that a fit covers what a camera shows of the same part.

A workstation and a device that teaches itself make the same ones. They go into the fit alone. A threshold rests on
good pictures as they are: what it promises is about parts as the camera shows them, and copies of one part are not
new parts.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from edge.health.camera_faults.reference import ViewReference
from edge.health.camera_faults.taking import BLUR
from edge.pictures import Picture, prepare
from edge.scorers.changes import blurred, lit, moved

Size = tuple[int, int]
RANGES = ("shift", "rotation", "brightness", "blur")
# Good pictures of one day do not show what lamp, focus and fixture do over months: these are covered at least.
LEAST_SHIFT, LEAST_ROTATION, LEAST_BRIGHTNESS, LEAST_BLUR = 0.01, 1.0, 0.1, 0.002


class Jitter(BaseModel):
    """How many copies of each good picture are fitted besides it, and how far each may be off."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    copies: int = Field(ge=1, le=50, description="jittered copies of each good picture")
    shift: float = Field(
        default=LEAST_SHIFT,
        ge=0,
        le=0.25,
        description="right or left, up or down, at most; shares of the longer side",
    )
    rotation: float = Field(default=LEAST_ROTATION, ge=0, le=45, description="either way, at most; degrees")
    brightness: float = Field(
        default=LEAST_BRIGHTNESS, ge=0, le=0.9, description="darker or brighter, at most; share of the light"
    )
    blur: float = Field(
        default=LEAST_BLUR, ge=0, le=0.02, description="softer, at most; standard deviation, shares of the width"
    )
    aspect: float = Field(default=1.0, gt=0, description="width over height of the camera's pictures")

    @classmethod
    def measured(cls, copies: int, reference: ViewReference | None, given: dict[str, object]) -> Self:
        """As far as good pictures differ among themselves, all but one in twenty, and the least of each at least.

        Args:
            copies: of each picture.
            reference: of the good pictures; None where they are too few to measure.
            given: ranges by name that are taken as they are.

        Raises:
            ValidationError: a name that is none, or a range that is out of its bounds.
        """
        ranges = natural(reference) if reference else {}
        floors = {name: max(value, cls.model_fields[name].default) for name, value in ranges.items()}
        aspect = reference.width / reference.height if reference else 1.0
        return cls.model_validate({"aspect": aspect} | floors | given | {"copies": copies})

    def with_copies(self, pictures: Iterable[Picture], size: Size, seed: int) -> Iterator[Picture]:
        """Yields each picture at the model's size, followed by its copies; none is kept.

        A picture's copies depend on the seed and its content alone, not on its place among the others.

        Args:
            pictures: uint8 BGR of any size.
            size: (height, width) of the model.
            seed: of the draws.
        """
        for pixels in pictures:
            picture = prepare(pixels, size)
            yield picture
            rng = np.random.default_rng([seed, zlib.crc32(picture.tobytes())])
            for _ in range(self.copies):
                yield self.copy_of(picture, rng)

    def copy_of(self, picture: Picture, rng: np.random.Generator) -> Picture:
        """One copy of a picture at the model's size, uint8 [height, width, 3] BGR."""
        height, width = picture.shape[:2]
        right, down, turn, light = rng.uniform(-1.0, 1.0, 4)
        copy = moved(
            picture,
            right_px=right * self.shift * max(1.0, 1 / self.aspect) * width,
            down_px=down * self.shift * max(1.0, self.aspect) * height,
            degrees=turn * self.rotation,
            aspect=self.aspect * height / width,
        )
        softer = blurred(copy, rng.uniform(0.0, self.blur) * width)
        return lit(softer, 1.0 + light * self.brightness)


def natural(reference: ViewReference) -> dict[str, float]:
    """How far good pictures are off their mean in all but one of twenty, by the names of ``Jitter``'s ranges.

    Where they show no common view, or none that a movement would change, shift and rotation cannot be told: 0.
    """
    common = reference.has_common_view
    return {
        "shift": min(0.25, reference.shift_high) if common and reference.shift_shows else 0.0,
        "rotation": min(45.0, reference.rotation_high) if common and reference.rotation_shows else 0.0,
        "brightness": _brightness(reference),
        "blur": _blur(reference),
    }


def augmented(pictures: Iterable[Picture], jitter: Jitter | None, size: Size, seed: int) -> Iterator[Picture]:
    """Pictures with their copies, see ``Jitter.with_copies``; as they are without a jitter."""
    return iter(pictures) if jitter is None else jitter.with_copies(pictures, size, seed)


def copies_of(jitter: Jitter | None) -> int:
    """Copies of each picture; 0 without a jitter."""
    return 0 if jitter is None else jitter.copies


def _brightness(reference: ViewReference) -> float:
    """How far mean grey levels of good pictures spread about their median, as a share of it."""
    levels = reference.brightness
    if not levels:
        return 0.0
    low, median, high = np.interp([0.05, 0.5, 0.95], np.linspace(0.0, 1.0, len(levels)), levels)
    return float(min(0.9, max(high - median, median - low) / median)) if median > 0 else 0.0


def _blur(reference: ViewReference) -> float:
    """The blur that takes a picture of median sharpness to the low one, between none and the reference's own."""
    median, low, soft = reference.sharpness_median, reference.sharpness_low, reference.sharpness_blurred
    if not 0 < soft < median:
        return 0.0
    return BLUR * min(1.0, max(0.0, (median - low) / (median - soft)))
