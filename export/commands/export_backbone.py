"""``edge-ad export-backbone``."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from edge.extras import needs_extra
from train.commands.train import parse_options, parse_size


class Precision(StrEnum):
    """Of the network."""

    INT8 = "int8"
    FP16 = "fp16"


def export_backbone(
    output: Annotated[Path, typer.Option("--output", help="The .xml to write, e.g. lite0-int8.xml.")],
    precision: Annotated[Precision, typer.Option("--precision", help="Of the network.")] = Precision.INT8,
    images: Annotated[
        list[Path] | None,
        typer.Option(
            "--images", help="Pictures of any products to set the ranges of int8; repeat. Drawn ones if not given."
        ),
    ] = None,
    image_size: Annotated[
        str, typer.Option("--image-size", help="Side in pixels, or HEIGHTxWIDTH for long products, e.g. 416x160.")
    ] = "256",
    backbone: Annotated[
        str, typer.Option("--backbone", help="Feature network; with timm installed, any of timm's names.")
    ] = "efficientnet-lite0",
    option: Annotated[
        list[str] | None,
        typer.Option("--option", help="NAME=VALUE of the padim model that devices fit; repeat."),
    ] = None,
    sign: Annotated[
        Path | None, typer.Option("--sign", metavar="KEY", help="Sign it with this key; see 'edge-ad sign'.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Write the feature network that devices need to teach themselves products, once for all of them.

    \b
    Example:
      edge-ad export-backbone --output lite0-int8.xml
      edge-ad export-backbone --output lite0-int8.xml --images bottle/train/good --images capsule/train/good
      edge-ad export-backbone --output lite0-fp16.xml --precision fp16
    """
    from edge.models.signature import read_signing_key, write_signature

    key = read_signing_key(sign) if sign else None
    with needs_extra("train"):
        from export.backbone_bundle import export_backbone as run
        from train.models.padim import TAUGHT
        from train.models.registry import options_of

    options = options_of(TAUGHT, parse_options(option or []))
    size = parse_size(image_size)
    made = run(
        output, backbone=backbone, size=size, options=options, precision=precision.value, folders=images or ()
    )
    if key is not None:
        write_signature(made.path, made.sha256, key)
    card = made.card
    if as_json:
        summary = card.model_dump(mode="json", by_alias=True)
        typer.echo(json.dumps({"backbone": str(output), "sha256": made.sha256, "card": summary}))
        return
    typer.echo(f"{output}: {card.name} {card.precision} for pictures of {card.height} x {card.width}")
    typer.echo(f"weights: {card.licence}")
    typer.echo(f"next, on the device: edge-ad teach --images good/ --name bottle --backbone {output}")
