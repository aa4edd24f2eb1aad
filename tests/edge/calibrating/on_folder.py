"""Calibrating on a folder of good pictures, as the command does it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from edge.calibrating.asked import Asked
from edge.calibrating.calibrate import Calibrated, calibrate_on
from edge.calibrating.folder import GoodFolder


def calibrate_in(
    model: Path, folder: Path, false_alarm_rate: float, *, device: str = "CPU", **asked: Any
) -> Calibrated:
    """Works the thresholds out and puts them in force."""
    wanted = Asked(false_alarm_rate, device=device, **asked)
    done = calibrate_on(model, lambda bundle: GoodFolder(folder, bundle), wanted)
    done.write()
    return done
