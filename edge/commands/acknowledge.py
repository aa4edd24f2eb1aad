"""``edge-ad acknowledge``."""

from __future__ import annotations

from typing import Annotated

import typer

from edge.commands.options import CONTROL, ControlAddress, KeyFile
from edge.errors import UsageError


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
        asker.ask("acknowledge", alert_id=asker.alert_id(alert), by=by, judgement=judgement)
    typer.echo(f"alert {alert}: {judgement.replace('_', ' ')}, says {by}")
