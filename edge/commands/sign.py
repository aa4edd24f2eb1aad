"""``edge-ad sign``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edge.errors import UsageError


def sign(
    model: Annotated[Path | None, typer.Option("--model", help="The .xml file of a bundle.")] = None,
    key: Annotated[Path | None, typer.Option("--key", help="Private key (Ed25519, PEM).")] = None,
    create_key: Annotated[
        Path | None, typer.Option("--create-key", metavar="FILE", help="Make a new pair of keys there first.")
    ] = None,
) -> None:
    """Vouch for a model or a backbone: its signature is written beside it, and the file itself stays as it is.

    The private key stays where models are made. The public one, FILE.pub.pem, goes into the folder of trusted keys
    of each station.

    \b
    Example:
      edge-ad sign --create-key line.pem
      edge-ad sign --model bottle.xml --key line.pem
    """
    from edge.models.signature import create_signing_key, read_signing_key, write_signature

    if create_key is not None:
        public = create_signing_key(create_key)
        typer.echo(f"{create_key}: keep it secret; {public}: goes to the stations")
    if model is None:
        if create_key is None or key is not None:
            raise UsageError("no model was given", hint="--model bottle.xml")
        return
    private = read_signing_key(_given(key or create_key))
    from edge.inference.bundle import load_bundle
    from edge.teaching.backbone import is_backbone, load_backbone

    sha256 = load_backbone(model).sha256 if is_backbone(model) else load_bundle(model).sha256
    typer.echo(f"{write_signature(model, sha256, private)}: written")


def _given(key: Path | None) -> Path:
    if key is None:
        raise UsageError("no key was given", hint="--key line.pem; make one with --create-key line.pem")
    return key
