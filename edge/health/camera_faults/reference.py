"""What good pictures of a station look like as a whole; part of a calibration, taken with it."""

from __future__ import annotations

import base64
import binascii
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

LEAST_FIT = 0.8  # of good pictures with their mean, in the median
LEAST_LOSS = 0.002  # of a movement; less is what moving by parts of a pixel costs
_SHARE = "share of pixels of a good picture"
_RANKS = ", at evenly spaced ranks from 0 to 100 %; empty where a card is older"


class ViewReference(BaseModel):
    """The view of a camera and its picture quality, from good pictures: "low" and "high" are 5 and 95 % quantiles.

    Sharpness and noise depend on the frame's size, so they count for frames of the very same size. The picture
    counts for frames of the same aspect ratio.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    height: int = Field(ge=1, description="rows of the pictures, pixels")
    width: int = Field(ge=1, description="columns of the pictures, pixels")
    pictures: int = Field(ge=1, description="good pictures looked at")
    black_high: float = Field(ge=0, le=1, description=f"{_SHARE} that is black, high")
    white_high: float = Field(ge=0, le=1, description=f"{_SHARE} that is white, high")
    sharpness_low: float = Field(ge=0, description="sharpness of good pictures, low")
    sharpness_median: float = Field(ge=0, description="the same, median")
    sharpness_blurred: float = Field(ge=0, description="median sharpness of the same when blurred on purpose")
    contrast_low: float = Field(
        ge=0, description="mean square step between neighbouring pixels, low; grey levels²"
    )
    noise_high: float = Field(ge=0, description="noise of good pictures, high; standard deviation, grey levels")
    rows: int = Field(ge=8, le=128, description="rows of the mean picture")
    columns: int = Field(ge=8, le=128, description="columns of the mean picture")
    mean: str = Field(max_length=6000, description="mean of the good pictures, grey, uint8 row by row, base64")
    fit_low: float = Field(ge=-1, le=1, description="correlation of good pictures with their mean, low")
    fit_median: float = Field(ge=-1, le=1, description="the same, median")
    fit_shifted: float = Field(
        ge=-1,
        le=1,
        description="the mean's correlation with itself shifted by 5 % of the longer side; the worse way",
    )
    fit_rotated: float = Field(ge=-1, le=1, description="the same rotated by 5 degrees")
    shift_high: float = Field(ge=0, description="how far good parts lie off, high; shares of the longer side")
    rotation_high: float = Field(ge=0, description="how far good parts are turned, high; degrees")

    brightness: tuple[float, ...] = Field(
        default=(), max_length=101, description=f"mean grey level of good pictures{_RANKS}"
    )
    sharpness: tuple[float, ...] = Field(default=(), max_length=101, description=f"their sharpness{_RANKS}")
    right: tuple[float, ...] = Field(
        default=(),
        max_length=101,
        description=f"how far to the right of their mean they lie, shares of the longer side{_RANKS}",
    )
    down: tuple[float, ...] = Field(default=(), max_length=101, description=f"the same, how far down{_RANKS}")

    @model_validator(mode="after")
    def _mean_is_whole(self) -> Self:
        try:
            found = len(base64.b64decode(self.mean, validate=True))
        except binascii.Error as error:
            raise ValueError("the mean picture is not base64") from error
        if found != self.rows * self.columns:
            raise ValueError(f"the mean picture has {found} bytes, not {self.rows} x {self.columns}")
        return self

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the frames it was taken of, pixels."""
        return self.height, self.width

    @property
    def sharpness_least(self) -> float:
        """What a sound picture reaches; the more good pictures differ, the lower."""
        return self.sharpness_low**2 / self.sharpness_median if self.sharpness_median else 0.0

    @property
    def mean_picture(self) -> NDArray[np.uint8]:
        """uint8 [rows, columns], grey."""
        return np.frombuffer(base64.b64decode(self.mean), np.uint8).reshape(self.rows, self.columns)

    @property
    def has_common_view(self) -> bool:
        """Whether good pictures are so much alike that a view can be told from another."""
        return self.fit_median >= LEAST_FIT

    @property
    def shift_shows(self) -> bool:
        """Whether a good picture that is shifted fits worse than good ones do; not so for stripes."""
        return self.fit_median * self.fit_shifted < self.fit_low - LEAST_LOSS

    @property
    def rotation_shows(self) -> bool:
        """The same for one that is turned; not so for a round part."""
        return self.fit_median * self.fit_rotated < self.fit_low - LEAST_LOSS

    def same_size(self, height: int, width: int) -> bool:
        """Whether sharpness and noise can be compared with those of a frame of this size."""
        return (height, width) == self.size

    def same_shape(self, height: int, width: int) -> bool:
        """Whether a frame of this size shows the same view: aspect ratios within 2 %."""
        return abs(height * self.width / (width * self.height) - 1) < 0.02
