"""``edge-ad subscribe``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def subscribe(
    events: Annotated[
        str, typer.Argument(metavar="ADDRESS", help="Events of a station.")
    ] = "tcp://127.0.0.1:5556",
    topic: Annotated[
        list[str] | None,
        typer.Option(help="Beginning of the topics to show, e.g. alert/ ; may be repeated. [all but heartbeats]"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line, for machines.")] = False,
    heatmaps: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Heatmaps of the station.")] = None,
    control: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Control of the station: replays missed alerts.")
    ] = None,
    since_seq: Annotated[
        int | None, typer.Option(min=0, help="With --control: replay the alerts after this number; 0 for all.")
    ] = None,
    keys: Annotated[
        Path | None,
        typer.Option("--keys", metavar="FILE", help="Key file of this client, where the station has keys."),
    ] = None,
    save: Annotated[
        Path | None, typer.Option(metavar="DIR", help="With --heatmaps: write them there as pictures.")
    ] = None,
    behind_limit_s: Annotated[
        float | None, typer.Option(min=0.1, help="Give up when events are read so much later than they were sent.")
    ] = None,
    count: Annotated[int | None, typer.Option(min=1, help="End after so many lines.")] = None,
    timeout_s: Annotated[
        float | None, typer.Option(min=0.0, help="End after so long; an error where --count was not reached.")
    ] = None,
) -> None:
    """Show what a station says: results, alerts and health, as they happen.

    \b
    Example: edge-ad subscribe tcp://127.0.0.1:5556
             edge-ad subscribe tcp://127.0.0.1:5556 --topic alert/ --json
             edge-ad subscribe --heatmaps tcp://127.0.0.1:5557 --save pictures/
             edge-ad subscribe tcp://192.168.1.20:5556 --keys hmi-1.key
    """
    from edge.errors import UsageError
    from edge.messaging.follow import Display, follow
    from edge.messaging.subscriber import Subscriber

    if save and not heatmaps:
        raise UsageError("--save needs heatmaps", hint="add --heatmaps tcp://127.0.0.1:5557")
    if since_seq is not None and not control:
        raise UsageError("--since-seq needs control", hint="add --control tcp://127.0.0.1:5558")
    topics = tuple(topic) if topic else ("result/", "alert/", "health/", "action/")
    with Subscriber(
        events,
        topics=topics,
        heatmaps=heatmaps,
        control=control,
        since_seq=since_seq,
        keys=keys,
        behind_limit_s=behind_limit_s,
    ) as station:
        follow(station, Display(as_json=as_json, save=save), count=count, timeout_s=timeout_s)
