"""``edge-ad export``."""

from __future__ import annotations

import json
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from edge.errors import UsageError
from edge.extras import needs_extra
from train.commands.train import Folds, echo_doubts, echo_left_out, echo_skipped

if TYPE_CHECKING:
    from export.export import Exported


class Precision(StrEnum):
    """Of the network; the scorer's arithmetic is float in all of them."""

    INT8 = "int8"
    FP16 = "fp16"
    FP32 = "fp32"


class Format(StrEnum):
    """Of the written model."""

    OPENVINO = "openvino"
    ONNX = "onnx"


def export(
    checkpoint: Annotated[Path, typer.Option("--checkpoint", help="model.safetensors of a training.")],
    output: Annotated[Path, typer.Option("--output", help="bottle.xml, or bottle.onnx with --format onnx.")],
    precision: Annotated[
        Precision | None, typer.Option("--precision", help="Of the network; int8 where not given.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--data", help="The good pictures of the training; where they were by default.")
    ] = None,
    test: Annotated[
        Path | None, typer.Option("--test", help="Labelled data set, to compare AUROC before and after.")
    ] = None,
    model_format: Annotated[Format, typer.Option("--format", help="onnx gives a float model.")] = Format.OPENVINO,
    false_alarm_rate: Annotated[
        float, typer.Option("--false-alarm-rate", min=1e-6, max=0.5, help="Promised share of false alarms.")
    ] = 0.05,
    refit: Annotated[
        bool, typer.Option("--refit", help="Accept other good pictures and fit the scorer on them.")
    ] = False,
    folds: Folds = None,
    allow_drop: Annotated[
        bool, typer.Option("--allow-drop", help="Write an INT8 model even if it lost accuracy.")
    ] = False,
    sign: Annotated[
        Path | None, typer.Option("--sign", metavar="KEY", help="Sign it with this key; see 'edge-ad sign'.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Turn a checkpoint into one self-describing OpenVINO model for the line.

    Scorer and threshold are made anew on the exported network, and the result is compared with the trained one.

    \b
    Example:
      edge-ad export --checkpoint runs/bottle/model.safetensors --output bottle.xml --precision int8
      edge-ad export --checkpoint runs/bottle/model.safetensors --output bottle.xml --sign line.pem
      edge-ad export --checkpoint runs/bottle/model.safetensors --output bottle.onnx --format onnx
    """
    if model_format is Format.ONNX:
        if precision not in (None, Precision.FP32):
            raise UsageError("ONNX is written in float", hint="leave out --precision")
        if test is not None:
            raise UsageError("an export to ONNX compares no labelled pictures", hint="leave out --test")
        if allow_drop:
            raise UsageError("an export to ONNX is float and loses nothing", hint="leave out --allow-drop")
        if sign is not None:
            raise UsageError("an ONNX file carries no signature", hint="leave out --sign")
        if folds is not None:
            raise UsageError("an ONNX file carries no threshold of its own", hint="leave out --folds")
        _export_onnx(checkpoint, output, data=data, refit=refit, as_json=as_json)
        return
    from edge.models.signature import read_signing_key, write_signature

    key = read_signing_key(sign) if sign else None
    with needs_extra("train"):
        from export.export import export as run

    exported = run(
        checkpoint,
        output,
        precision=(precision or Precision.INT8).value,
        data=data,
        test=test,
        false_alarm_rate=false_alarm_rate,
        refit=refit,
        folds=folds,
        allow_drop=allow_drop,
    )
    if key is not None:
        write_signature(exported.bundle.path, exported.bundle.sha256, key)
    if as_json:
        typer.echo(json.dumps(_summary(output, exported)))
    else:
        _echo_exported(output, exported, refit=refit)


def _summary(output: Path, exported: Exported) -> dict[str, object]:
    """For machines."""
    return {
        "model": str(output),
        "card": exported.bundle.card.model_dump(mode="json", by_alias=True),
        "parity": [row.as_json() for row in exported.rows],
        "skipped": [str(path) for path in exported.skipped],
        "copies": [str(path) for path in exported.copies],
        "folders": [str(path) for path in exported.folders],
        "suspects": [str(path) for path in exported.suspects],
        "doubt": exported.doubt,
    }


def _echo_exported(output: Path, exported: Exported, *, refit: bool) -> None:
    """For people; of the pictures of the training they were told by that."""
    from rich.console import Console

    from edge.inference.promise import promise_of
    from export.parity import as_table

    card = exported.bundle.card
    Console().print(as_table(exported.rows))
    typer.echo(
        f"{output}: {card.model} {card.precision} for {card.name}, threshold {card.calibration.threshold:.4g}, "
        f"{promise_of(card.calibration)}"
    )
    echo_skipped(exported.skipped)
    if refit:
        echo_left_out(exported.copies, exported.folders)
        echo_doubts(exported.suspects, exported.doubt)
    typer.echo(f"next: edge-ad run --camera 0 --model {quote(str(output))}")


def _export_onnx(checkpoint: Path, output: Path, *, data: Path | None, refit: bool, as_json: bool) -> None:
    with needs_extra("train"):
        from export.onnx_export import export_onnx

    written = export_onnx(checkpoint, output, data=data, refit=refit)
    if as_json:
        skipped = [str(path) for path in written.skipped]
        typer.echo(json.dumps({"model": str(output), **asdict(written), "skipped": skipped}))
        return
    typer.echo(f"{output}: checked; scores differ from the IR's by at most {written.score_difference:.2g}")
    echo_skipped(written.skipped)
