"""What the inspector says about a frame: value objects between inference, alarm logic and messages.

Scores and maps are raw: unbounded floats, higher is more anomalous. The threshold stands beside the score, not
inside it, so that a station can move it without a new model.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from edge.frame import Frame


class Verdict(StrEnum):
    """The answer about one part. ``unknown`` is never treated as good."""

    GOOD = "good"
    ANOMALOUS = "anomalous"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ModelId:
    """Which bundle judged.

    Attributes:
        name: product or model name from the card.
        version: of the bundle, from the card.
        sha256: digest that names the bundle, 64 hexadecimal digits.
    """

    name: str
    version: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels of the camera's frame; ``x``, ``y`` are its upper left pixel."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Region:
    """A connected area of the anomaly map above the pixel threshold, in pixels of the camera's frame."""

    x: int
    y: int
    width: int
    height: int
    area_px: int
    score: float


@dataclass(frozen=True, slots=True)
class Latency:
    """Where the time between shutter and verdict went, in milliseconds.

    ``capture`` is the wait between the frame's arrival and the start of its preparation.
    """

    capture: float
    preprocess: float
    inference: float
    postprocess: float

    @property
    def total(self) -> float:
        return self.capture + self.preprocess + self.inference + self.postprocess


@dataclass(frozen=True, slots=True)
class Inspection:
    """A frame with its verdict.

    Attributes:
        frame: the frame that was judged.
        model: the bundle that judged.
        verdict: good, anomalous, or unknown.
        score: raw picture score, higher is more anomalous; NaN where none could be computed.
        threshold: the score from which a part is anomalous (score > threshold).
        percentile: share of good calibration parts, 0 to 100, that score lower; None without a score.
        good_parts: how many those are; beyond all of them a share says no more.
        anomaly_map: float32 [h, w] raw map at the model's size; None where the model has no map.
        peak: (x, y) of the map's maximum in pixels of the frame; None without a map.
        regions: areas above the pixel threshold, largest score first.
        latency: where the time went.
        device: the OpenVINO device that ran the model, e.g. "CPU".
        reason: why the verdict is unknown; empty otherwise.
        part_id: the part the PLC asked about; None outside trigger mode.
        late: the verdict came after the time that the PLC allowed.
        box: where the anomaly map lies in the frame; None for the whole frame.
        pixel_threshold: the raw map value above which a pixel belongs to a region; ``threshold`` may be of another
            unit, as where the score is a density. None where the model brings none.
    """

    frame: Frame
    model: ModelId
    verdict: Verdict
    score: float
    threshold: float
    percentile: float | None
    anomaly_map: NDArray[np.float32] | None
    peak: tuple[int, int] | None
    regions: tuple[Region, ...]
    latency: Latency
    device: str
    reason: str = ""
    part_id: str | None = None
    late: bool = False
    box: Box | None = None
    good_parts: int | None = None
    pixel_threshold: float | None = None
