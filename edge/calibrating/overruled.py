"""Thresholds that a person set win over a calibration: where a station would go on judging by one of them."""

from __future__ import annotations

from dataclasses import replace

from edge.errors import EdgeAdError
from edge.inspection.chosen import Chosen
from edge.thresholds.in_force import in_force
from edge.thresholds.remedies import to_be_taken_back


def overruled(where: Chosen) -> dict[str, str]:
    """Cameras that do not judge by the calibration of their model, by name, with one line each.

    Without a station file the only name is empty. What keeps a camera from judging at all is a line too: the
    calibration is written by then, and somebody has to know both.
    """
    places = {
        each.name: replace(where, camera=each) for each in where.config.cameras if each.name in where.cameras
    }
    lines = {name: _line(name, place) for name, place in (places or {"": where}).items()}
    return {name: line for name, line in lines.items() if line}


def _line(name: str, where: Chosen) -> str:
    who = f"camera {name}" if name else "the station"
    try:
        found = in_force(where)
    except EdgeAdError as error:
        return f"{who}: {error}"
    if found.calibrated:
        return ""
    return f"{who} judges by {found.threshold:.4g} from {found.place} and not by this: {to_be_taken_back(found)}"
