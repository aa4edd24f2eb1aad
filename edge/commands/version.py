"""``edge-ad version``."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from typing import Annotated

import typer

from edge.version import VERSION

PARTS = ("openvino", "opencv-python-headless", "numpy", "pyzmq", "torch", "nncf")


def version(as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False) -> None:
    """Print the versions of edge-ad and of what it runs on.

    Example: edge-ad version --json
    """
    versions = {"edge-ad": VERSION} | {name: _installed(name) for name in PARTS}
    if as_json:
        typer.echo(json.dumps(versions))
        return
    for name, number in versions.items():
        typer.echo(f"{name:<24} {number or 'not installed'}")


def _installed(name: str) -> str | None:
    try:
        return installed(name)
    except PackageNotFoundError:
        return None
