"""``edge-ad verify``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def verify(
    model: Annotated[Path, typer.Option("--model", help="The .xml file of a bundle.")],
    public_key: Annotated[
        Path | None, typer.Option("--public-key", help="Who must have signed it: a public key (PEM).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Prove that a model or a backbone is whole, and with --public-key by whom it is signed.

    \b
    Example:
      edge-ad verify --model bottle.xml
      edge-ad verify --model bottle.xml --public-key line.pub.pem
    """
    from edge.inference.bundle import load_bundle, whoever_made_it
    from edge.models.signature import read_public_key, signature_path
    from edge.models.trust import Trust
    from edge.teaching.backbone import is_backbone, load_backbone

    trust = Trust({public_key.name: read_public_key(public_key)}) if public_key else None
    admit = trust.admit if trust else whoever_made_it
    signed = public_key.name if public_key else None
    if is_backbone(model):
        backbone = load_backbone(model, admit)
        sha256, doubt, what = backbone.sha256, "", f"backbone {backbone.card.name} {backbone.card.precision}"
    else:
        bundle = load_bundle(model, admit)
        sha256, doubt, what = bundle.sha256, bundle.doubt, f"model {bundle.card.name} {bundle.card.version}"
    if as_json:
        kind = what.split()[0]
        found = {"model": str(model), "kind": kind, "sha256": sha256, "doubt": doubt, "signed_by": signed}
        typer.echo(json.dumps(found))
        return
    typer.echo(f"{model}: {what}, {doubt or 'whole'}, sha256 {sha256}")
    if signed:
        typer.echo(f"signed by {signed}")
    elif signature_path(model).exists():
        typer.echo("it has a signature, which was not looked at; give --public-key")
