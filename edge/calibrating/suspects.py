"""Pictures that are said to be good and may show defects: a person looks at them before they count."""

from __future__ import annotations

from pathlib import Path

from calibration.scores import ScoresError
from calibration.suspects import REFUSED, find
from edge.calibrating.asked import Asked
from edge.calibrating.gathered import Gathered
from edge.contact_sheet import write_contact_sheet
from edge.errors import CalibrationError

_NAMED = 5


def suspects_among(gathered: Gathered, asked: Asked, sheet: Path, again: str = "") -> tuple[int, ...]:
    """The numbers of the parts that may show defects, highest score first; a contact sheet of them is written.

    Args:
        gathered: all parts.
        asked: what becomes of suspects.
        sheet: where the contact sheet goes.
        again: options with which the same parts are scored again; empty for those that were given.

    Raises:
        CalibrationError: there are some, and nobody has said what becomes of them; or scores that are not finite.
    """
    try:
        found = find(gathered.scores, REFUSED)
    except ScoresError as error:
        raise CalibrationError(f"cannot calibrate: {error}") from error
    if not found:
        return ()
    write_contact_sheet(sheet, gathered.tiles(found))
    if asked.suspects == "refuse":
        good = f"or {again}--keep-suspects if they are good"
        raise CalibrationError(
            f"{len(found)} of {len(gathered.scores)} pictures may show defects: {named(gathered, found)}",
            hint=f"look at {sheet}, then give {again}--leave-out-suspects, {good}",
        )
    return found


def named(gathered: Gathered, parts: tuple[int, ...]) -> str:
    """``a.png (9.2), b.png (8.7) and 3 more``: names with scores."""
    first = [f"{gathered.names[number]} ({gathered.scores[number]:.4g})" for number in parts[:_NAMED]]
    more = f" and {len(parts) - _NAMED} more" if len(parts) > _NAMED else ""
    return ", ".join(first) + more
