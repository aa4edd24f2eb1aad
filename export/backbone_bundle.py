"""``edge-ad export-backbone``: a feature network for devices that teach themselves, made once for all products."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from itertools import chain, zip_longest
from pathlib import Path

import openvino as ov

from edge import progress
from edge.errors import PictureError, UsageError
from edge.output import writable_folder
from edge.pictures import Picture, find_pictures, prepare, readable
from edge.scorers.padim import PadimOptions
from edge.teaching.backbone import BackboneBundle, BackboneCard, BackbonePrecision, FeatureMap, write_backbone
from export.backbone_ir import to_openvino
from export.quantize import PICTURES, from_all_over, quantize
from export.textures import drawn_textures
from train.backbones.extractor import Extractor
from train.backbones.registry import find_backbone
from train.data.split import listing_sha256
from train.fit import versions

FEWEST = 10  # pictures that set the ranges of 8 bits


def export_backbone(
    output: Path,
    *,
    backbone: str,
    size: tuple[int, int],
    options: PadimOptions,
    precision: BackbonePrecision,
    folders: Sequence[Path] = (),
) -> BackboneBundle:
    """Writes a backbone bundle.

    Args:
        output: the .xml to write.
        backbone: its name.
        size: (height, width) of the pictures that it takes.
        options: of the model that devices will fit; they say which features it needs.
        precision: of the network.
        folders: pictures that set the ranges of 8 bits, of products as different as there are; of each as many.
            Without any, drawn textures set them.

    Raises:
        UsageError: the output is no .xml or cannot be written; no such backbone; pictures without 8 bits.
        PictureError: too few pictures can be used.
        TrainingError: the network cannot be quantized.
    """
    if output.suffix != ".xml":
        raise UsageError(f"--output {output} is not an .xml file", hint="for example: --output lite0-int8.xml")
    if folders and precision != "int8":
        raise UsageError("pictures set the ranges of 8 bits only", hint="leave out --images, or --precision")
    writable_folder(output.parent)
    recipe = find_backbone(backbone)
    paths: list[Path] = []
    pictures: list[Picture] = []
    if precision == "int8":
        paths, pictures = spread(folders, size) if folders else ([], drawn_textures(size, PICTURES))
    with progress.bar("converting the network", None):
        model = to_openvino(Extractor(recipe, options.views(), size), size)
    if precision == "int8":
        with progress.bar("quantizing the network", None):
            model = quantize(model, pictures)
    now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    card = BackboneCard(
        name=recipe.name,
        version=now.strftime("%Y%m%dT%H%M%SZ"),
        licence=recipe.licence,
        precision=precision,
        height=size[0],
        width=size[1],
        options=options.model_dump(),
        views=_feature_maps(model, options),
        quantized_on=len(paths),
        listing_sha256=listing_sha256(paths) if paths else "",
        versions=versions(),
        time=now,
    )
    return write_backbone(model, card, output)


def spread(folders: Sequence[Path], size: tuple[int, int]) -> tuple[list[Path], list[Picture]]:
    """Up to ``PICTURES`` pictures at the network's size, in turn from each folder and from all over it."""
    share = -(-PICTURES // len(folders))
    found = [find_pictures(folder) for folder in folders]
    taken = [from_all_over(paths, share) for paths in found]
    in_turn = [path for path in chain.from_iterable(zip_longest(*taken)) if path is not None][:PICTURES]
    with progress.bar("reading pictures", len(in_turn)) as seen:
        read: list[tuple[Path, Picture]] = []
        for path, pixels in readable(in_turn, []):
            read.append((path, prepare(pixels, size)))
            seen(1)
    if len(read) < FEWEST:
        raise PictureError(f"{len(read)} pictures are too few to quantize with", hint=f"give {FEWEST} or more")
    return [path for path, _ in read], [pixels for _, pixels in read]


def _feature_maps(model: ov.Model, options: PadimOptions) -> tuple[FeatureMap, ...]:
    shapes = [tuple(output.shape) for output in model.outputs]
    return tuple(
        FeatureMap(taps=view.taps, stride=view.stride, channels=channels, rows=rows, columns=columns)
        for view, (_, channels, rows, columns) in zip(options.views(), shapes, strict=True)
    )
