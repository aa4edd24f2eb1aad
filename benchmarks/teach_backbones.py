"""Backbones for the benchmark of teaching: 8 bits set on other products, on the product, or on no pictures."""

from __future__ import annotations

from pathlib import Path

from benchmarks.datasets import find_set
from edge.scorers.padim import PadimOptions
from edge.teaching.backbone import BackboneBundle, load_backbone
from export.backbone_bundle import export_backbone
from train.backbones.registry import DEFAULT

SETS = ("bottle", "capsule", "elpv-mono")
OTHERS, OWN, DRAWN, HALF = "other products", "the product", "drawn textures", "not quantized (fp16)"
KINDS = (OTHERS, OWN, DRAWN, HALF)
SIZE = (256, 256)


def make_backbone(kind: str, name: str, work: Path) -> BackboneBundle:
    """A backbone for one product.

    Args:
        kind: one of ``KINDS``: the pictures that set the ranges of its 8 bits.
        name: of the set that will be taught with it.
        work: folder for bundles and links.
    """
    path = work / f"{KINDS.index(kind)}-{name}.xml"
    if path.is_file():
        return load_backbone(path)
    folders: list[Path] = []
    if kind == OTHERS:
        folders = [_good(other, work) for other in SETS if other != name]
    elif kind == OWN:
        folders = [_good(name, work)]
    return export_backbone(
        path,
        backbone=DEFAULT,
        size=SIZE,
        options=PadimOptions(),
        precision="fp16" if kind == HALF else "int8",
        folders=folders,
    )


def _good(name: str, work: Path) -> Path:
    return find_set(name, work / "sets").train[0].parent
