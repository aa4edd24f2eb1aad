"""``edge-ad acknowledge``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from edge.commands.options import CONTROL, ControlAddress, KeyFile
from edge.errors import UsageError

if TYPE_CHECKING:
    from edge.messaging.asking import Asker


def acknowledge(
    alert: Annotated[
        str, typer.Argument(metavar="ALERT", help="Its number, as 'edge-ad subscribe' shows it, or id.")
    ],
    by: Annotated[str, typer.Option("--by", help="Who says so.")],
    false_alarm: Annotated[bool, typer.Option("--false-alarm", help="The part is good.")] = False,
    true_alarm: Annotated[bool, typer.Option("--true-alarm", help="The part is defective.")] = False,
    control: ControlAddress = CONTROL,
    keys: KeyFile = None,
) -> None:
    """Say of an alarm of a running station whether it was right; the last word counts.

    The station keeps it beside the alert. With a pool, 'edge-ad calibrate --propose' learns from it.

    \b
    Example: edge-ad acknowledge 17 --by Ann --false-alarm
             edge-ad acknowledge 18 --by Ann --true-alarm --control tcp://192.168.1.20:5558 --keys hmi-1.key
    """
    from contextlib import closing

    from edge.messaging.asking import Asker

    if false_alarm == true_alarm:
        raise UsageError("was the alarm right or not?", hint="--false-alarm or --true-alarm")
    judgement = "false_alarm" if false_alarm else "true_alarm"
    with closing(Asker(control, keys=keys)) as asker:
        alert_id = _id_of(int(alert), asker) if alert.isdecimal() and len(alert) < 19 else alert
        asker.ask("acknowledge", alert_id=alert_id, by=by, judgement=judgement)
    typer.echo(f"alert {alert}: {judgement.replace('_', ' ')}, says {by}")


def _id_of(number: int, asker: Asker) -> str:
    """The alert_id of the alert with this number."""
    found = asker.ask("replay", since_seq=max(0, number - 1), limit=1)["alerts"]
    if not found or found[0]["seq"] != number:
        raise UsageError(f"no alert {number} on disk", hint="'edge-ad subscribe' shows alerts with their numbers")
    return str(found[0]["alert_id"])
