"""What somebody asks of a calibration."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from calibration import conformal
from calibration.methods import DEFAULT, METHODS
from edge.area import AreaPlan
from edge.errors import CalibrationError, UsageError
from edge.inference.calibrate import check_enough

USUAL_RATE = 0.01  # on site, where parts pass all day; a training has pictures for less, and asks for less
_HERE = tuple(name for name in METHODS if name != "cross-conformal")
Suspects = Literal["refuse", "leave out", "keep"]


@dataclass(frozen=True, slots=True)
class Asked:
    """How a threshold is to be set.

    Attributes:
        false_alarm_rate: share of good parts that may be called anomalous, in (0, 1).
        method: see ``calibration.methods``.
        device: AUTO, CPU, GPU or NPU: the one that will judge.
        defective: folder of pictures of defective parts, for methods that need them.
        suspects: what becomes of pictures that may show defects; unless a person has said, nothing is set.
        arithmetic: INFERENCE_PRECISION_HINT of the station; None for the model's own.
        plan: what counts of each picture: the one of all cameras that the threshold is for; see ``masking``.
        sheet: where a contact sheet of them is written; beside the station's calibration if None.

    Raises:
        UsageError: there is no such method here, or it lacks its defective parts.
    """

    false_alarm_rate: float
    method: str = DEFAULT
    device: str = "AUTO"
    defective: Path | None = None
    suspects: Suspects = "refuse"
    sheet: Path | None = None
    arithmetic: str | None = None
    plan: AreaPlan = AreaPlan()

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise UsageError(f"unknown method {self.method!r}", hint=f"here are: {' '.join(_HERE)}")
        if self.method not in _HERE:
            raise UsageError(
                f"{self.method} needs models of folds", hint="'edge-ad train' and 'edge-ad export' do it"
            )
        if METHODS[self.method].labelled and self.defective is None:
            raise UsageError(
                f"method {self.method} needs pictures of defective parts", hint="give --defective DIR"
            )

    @property
    def pictures_needed(self) -> int:
        """Good pictures without which the method cannot keep its promise; 1 where it promises nothing."""
        return conformal.pictures_needed(self.false_alarm_rate) if self.method == "conformal" else 1

    def check_enough(self, pictures: int, copies: int = 0) -> None:
        """Refuses what so many good pictures cannot promise.

        Args:
            pictures: that count.
            copies: of them, which do not count.

        Raises:
            CalibrationError: there are too few.
        """
        if pictures >= self.pictures_needed:
            return
        try:
            check_enough(pictures, self.false_alarm_rate)
        except CalibrationError as error:
            if copies:
                error.hint += f"; {copies} copies of other pictures do not count"
            raise
