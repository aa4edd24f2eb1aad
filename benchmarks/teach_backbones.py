"""Backbones for the benchmark of teaching: 8 bits set on other products, on the product, or on no pictures."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from benchmarks.datasets import find_set
from edge.pictures import Picture
from edge.scorers.padim import PadimOptions
from edge.teaching.backbone import BackboneBundle, load_backbone
from export.backbone_bundle import export_backbone
from train.backbones.registry import DEFAULT

SETS = ("bottle", "capsule", "elpv-mono")
OTHERS, OWN, DRAWN, HALF = "other products", "the product", "drawn textures", "not quantized (fp16)"
KINDS = (OTHERS, OWN, DRAWN, HALF)
SIZE = (256, 256)
_DRAWN = 60


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
    elif kind == DRAWN:
        folders = [_draw(work / "drawn")]
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


def _draw(folder: Path) -> Path:
    """Pictures of nothing: textures of several scales, from dark to bright, with a few shapes."""
    if not folder.is_dir():
        folder.mkdir(parents=True)
        rng = np.random.default_rng(0)
        for number in range(_DRAWN):
            cv2.imwrite(str(folder / f"{number:03}.png"), _texture(rng))
    return folder


def _texture(rng: np.random.Generator) -> Picture:
    field = np.zeros((*SIZE, 3), np.float32)
    for cells in (4, 16, 64, 256):
        noise = rng.normal(0, 1, (cells, cells, 3)).astype(np.float32)
        field += rng.uniform(0, 30) * cv2.resize(noise, SIZE[::-1], interpolation=cv2.INTER_CUBIC)
    pixels = np.clip(field + rng.uniform(40, 210, 3), 0, 255).astype(np.uint8)
    for _ in range(int(rng.integers(1, 6))):
        middle = (int(rng.integers(0, SIZE[1])), int(rng.integers(0, SIZE[0])))
        colour = tuple(int(level) for level in rng.integers(0, 256, 3))
        cv2.circle(pixels, middle, int(rng.integers(5, 80)), colour, int(rng.choice([-1, 2, 5])), cv2.LINE_AA)
    return pixels
