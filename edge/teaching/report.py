"""What came of teaching, for people and for machines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from edge.models.names import is_reference
from edge.teaching.images import Added
from edge.teaching.making import Made
from edge.teaching.records import State

NOTHING = Added(new=0, repeated=0, seen=0, skipped=())


def facts(made: Made, added: Added = NOTHING) -> dict[str, object]:
    """For machines."""
    calibration, state, training = made.taught.calibration, made.state, made.taught.bundle.card.training
    return {
        "model": made.delivered,
        "sha256": state.model_sha256,
        "state": state.number,
        "deed": state.deed,
        "pictures": len(state.pictures),
        "new": sum(state.added.values()),
        "repeated": added.repeated,
        "seen": added.seen,
        "skipped": [str(path) for path in added.skipped],
        "fitted": training.pictures if training else 0,
        "threshold": calibration.threshold,
        "added_alone": asdict(made.taught.added) if made.taught.added else None,
        "false_alarm_rate": calibration.false_alarm_rate,
        "suspects": [
            {"picture": suspect.kept.number, "taken_from": suspect.kept.taken_from, "score": suspect.score}
            for suspect in made.taught.suspects
        ],
        "contact_sheet": str(made.contact_sheet) if made.contact_sheet else None,
    }


def lines(made: Made, added: Added = NOTHING) -> list[str]:
    """For people."""
    calibration, state = made.taught.calibration, made.state
    new = sum(state.added.values())
    said = [
        f"{made.delivered}: taught with {len(state.pictures)} pictures" + (f", {new} of them new" if new else ""),
        f"threshold {calibration.threshold:.4g} from {calibration.pictures} that were not fitted: "
        f"at most {calibration.false_alarm_rate:.1%} false alarms",
    ]
    if alone := made.taught.added:
        said.append(
            f"for parts as the new pictures show them alone, of which {alone.pictures} were not fitted: "
            f"at most {alone.false_alarm_rate:.1%}"
        )
    if added.repeated:
        said.append(f"{added.repeated} were there already, or left out")
    if added.skipped:
        named = ", ".join(map(str, added.skipped))
        said.append(f"skipped {len(added.skipped)} that cannot be decoded: {named}")
    if made.taught.suspects:
        named = ", ".join(str(suspect.kept.number) for suspect in made.taught.suspects)
        said.append(
            f"pictures {named} may show defects and count all the same: look at {made.contact_sheet}, "
            "then leave out those that do with --leave-out NUMBER"
        )
    return said


def seen(added: Added) -> str:
    """That pictures of one part count once."""
    what = f"{added.seen} show what another picture shows already, as frames of a video do, and do not count"
    return f"{what}; --min-change 0 counts them where parts are that much alike"


def next_step(made: Made, station: str) -> str:
    """How a person puts the model in force; empty where it was not installed.

    Args:
        made: the model.
        station: the options by which the command line meant its station, each after a space.
    """
    command = f"edge-ad models activate {made.delivered}{station}"
    return f"put it in force with: {command}" if is_reference(made.delivered) else ""


def history(states: Sequence[State], pending: int) -> list[str]:
    """One line for each state, the current one last, and one for pictures that came since."""
    said = [_line(state) for state in states]
    return [*said, f"{pending} pictures came since"] if pending else said


def _line(state: State) -> str:
    what = f"went back to {state.went_back_to}" if state.went_back_to else state.deed
    added = ", ".join(f"{number} from {place}" for place, number in state.added.items())
    return (
        f"{state.number:>3}  {state.time:%Y-%m-%d %H:%M:%S}Z  {what:<15} {len(state.pictures):>5} pictures  "
        f"threshold {state.threshold:<8.4g} {state.model}  {added}"
    ).rstrip()
