"""The device side's commands: one file each, light to import; heavy packages load inside the functions."""

from __future__ import annotations

import typer

from edge.commands import (
    acknowledge,
    actions,
    benchmark,
    calibrate,
    collect,
    doctor,
    inspect,
    install_service,
    keys,
    models,
    reload,
    run,
    schema,
    sign,
    subscribe,
    teach,
    threshold,
    verify,
    version,
)


def register(app: typer.Typer) -> None:
    """Adds this room's commands to the front door."""
    app.command("collect")(collect.collect)
    app.command("teach")(teach.teach)
    app.command("calibrate")(calibrate.calibrate)
    app.add_typer(threshold.threshold, name="threshold")
    app.command("run")(run.run)
    app.command("subscribe")(subscribe.subscribe)
    app.command("inspect")(inspect.inspect)
    app.command("acknowledge")(acknowledge.acknowledge)
    app.command("actions")(actions.actions)
    app.add_typer(keys.keys, name="keys")
    app.add_typer(models.models, name="models")
    app.command("reload")(reload.reload)
    app.command("sign")(sign.sign)
    app.command("verify")(verify.verify)
    app.command("benchmark")(benchmark.benchmark)
    app.command("doctor")(doctor.doctor)
    app.command("install-service")(install_service.install_service)
    app.command("schema")(schema.schema)
    app.command("version")(version.version)
