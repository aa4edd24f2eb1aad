"""What somebody asks of a calibration."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from calibration import conformal
from calibration.methods import DEFAULT
from edge.inference.calibrate import check_enough

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
        sheet: where a contact sheet of them is written; beside the station's calibration if None.
    """

    false_alarm_rate: float
    method: str = DEFAULT
    device: str = "AUTO"
    defective: Path | None = None
    suspects: Suspects = "refuse"
    sheet: Path | None = None

    @property
    def pictures_needed(self) -> int:
        """Good pictures without which the method cannot keep its promise; 1 where it promises nothing."""
        return conformal.pictures_needed(self.false_alarm_rate) if self.method == "conformal" else 1

    def check_enough(self, pictures: int) -> None:
        """Refuses what so many good pictures cannot promise.

        Raises:
            CalibrationError: there are too few.
        """
        if pictures < self.pictures_needed:
            check_enough(pictures, self.false_alarm_rate)
