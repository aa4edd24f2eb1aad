"""``edge-ad inspect``."""

from __future__ import annotations

from typing import Annotated

import typer

from edge.commands.options import CONTROL, ControlAddress, KeyFile

ANOMALOUS, NO_VERDICT = 3, 4


def inspect(
    part_id: Annotated[str, typer.Option("--part-id", help="Names the part in the result.")],
    camera: Annotated[
        str | None, typer.Option("--camera", help="Name of the camera; not needed where one is in trigger mode.")
    ] = None,
    timeout_ms: Annotated[
        int, typer.Option("--timeout-ms", min=1, max=60_000, help="Time for the verdict.")
    ] = 500,
    control: ControlAddress = CONTROL,
    keys: KeyFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="The result as one JSON object, for machines.")] = False,
) -> None:
    """Ask a running station for the verdict of the part that lies before a camera now.

    Exit code 0: good. 3: anomalous. 4: unknown, or no verdict: not in time, camera busy or lost, no station.
    2: the request is wrong. Only 0 means good; on anything else a script rejects the part.

    \b
    Example: edge-ad inspect --part-id 4711
             edge-ad inspect --camera top --part-id 4711 --timeout-ms 200 --json
    """
    from contextlib import closing

    from edge.messaging.asking import Asker
    from edge.messaging.lines import line_of
    from edge.verdict import Verdict

    with closing(Asker(control, keys=keys)) as asker:
        result = asker.inspect(part_id, timeout_ms=timeout_ms, camera=camera)
    typer.echo(result.model_dump_json() if as_json else line_of(result))
    if result.verdict is not Verdict.GOOD:
        raise typer.Exit(ANOMALOUS if result.verdict is Verdict.ANOMALOUS else NO_VERDICT)
