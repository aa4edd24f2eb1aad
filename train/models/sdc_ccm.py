"""``sdc-ccm``: an autoencoder that learns to undo artificial corruption.

Stacked dilated convolutions at the bottleneck see far and near at once; convex combination modules on the skip
connections let detail of good surroundings through and keep a defect out. It learns from good pictures in which
patches are deformed or covered by foreign texture, and is to give back the good picture.

Source: Bauer, Nakajima, Müller, "Self-Supervised Training with Autoencoders for Visual Anomaly Detection", 2022.
Input: uint8 BGR [N, H, W, 3], sides multiples of 16. Output: picture and reconstruction [N, 3, H, W] in [0, 1].
Score: mean of the map's largest values, higher is more anomalous. Map: the squared error, Gaussian-filtered, in
deviations from the good pictures' errors at the same place.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from edge import progress
from edge.errors import PictureError
from edge.pictures import SUFFIXES, readable
from train.models.kind import Kind
from train.models.reconstructing import fit, restore
from train.models.setup import Setup
from train.networks.autoencoder import check_size, unit
from train.networks.blocks import ConvexCombination, StackedDilated, down, same, to_picture, up
from train.networks.corruption import Corruption
from train.scorers.reconstruction import ReconstructionOptions
from train.training.lesson import Lesson
from train.training.shown import warn

DILATIONS = (1, 2, 4, 8, 16, 32)  # as published; at 256 pixels the last two reach past the border from everywhere


class SdcCcmOptions(ReconstructionOptions):
    """Options of ``sdc-ccm``."""

    epochs: int = Field(200, ge=1, le=100_000, description="passes over the good pictures at most")
    width: int = Field(32, ge=4, le=256, description="channels of the first block; each block doubles them")
    inside: float = Field(
        0.9, ge=0, le=1, description="weight of the corrupted pixels in the loss; the others have the rest"
    )
    largest_patch: float = Field(
        0.2,
        gt=0,
        le=1,
        description="share of the picture that one of up to three patches has at most, but for its uneven border",
    )
    texture_dir: str = Field("", description="folder of foreign textures, such as DTD; empty: procedural ones")


class Restorer(nn.Module):
    """uint8 BGR [N, H, W, 3] to picture and reconstruction, float [N, 3, H, W] in [0, 1]."""

    outputs: tuple[str, ...] = ("picture", "reconstruction")

    def __init__(self, width: int) -> None:
        super().__init__()
        one, two, four, eight = (width * 2**block for block in range(4))
        self.downs = nn.ModuleList([down(3, one), down(one, two), down(two, four), down(four, eight)])
        self.bottleneck = nn.Sequential(StackedDilated(eight, DILATIONS), StackedDilated(eight, DILATIONS))
        self.ups = nn.ModuleList([up(eight, four), up(four, two), up(two, one)])
        self.skips = nn.ModuleList([ConvexCombination(four), ConvexCombination(two), ConvexCombination(one)])
        self.end = nn.Sequential(same(one, one, 3), to_picture(one))

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        picture = unit(pictures)
        x, skipped = picture, []
        for block in self.downs:
            x = block(x)
            skipped.append(x)
        x = self.bottleneck(skipped.pop())
        for block, skip in zip(self.ups, self.skips, strict=True):
            x = skip(skipped.pop(), block(x))
        return picture, self.end(x)


def _lesson(setup: Setup, options: SdcCcmOptions) -> Lesson:
    corruption = Corruption(_textures(options.texture_dir), options.largest_patch)

    def lesson(network: nn.Module, pictures: Tensor, rng: np.random.Generator) -> Tensor:
        drawn = [corruption.corrupt(picture, rng) for picture in pictures.cpu().numpy()]
        corrupted = torch.from_numpy(np.stack([picture for picture, _ in drawn])).to(pictures.device)
        replaced = torch.from_numpy(np.stack([mask for _, mask in drawn])).to(pictures.device)[:, None]
        _, reconstruction = network(corrupted)
        error = (reconstruction.float() - unit(pictures)).square().mean(dim=1, keepdim=True)
        within = (error * replaced).sum() / replaced.sum()
        outside = (error * (1 - replaced)).sum() / (1 - replaced).sum()
        return options.inside * within + (1 - options.inside) * outside

    return lesson


def _textures(folder: str) -> list[Path]:
    """All pictures in the folder and those inside, as texture sets have one for each kind; none for no folder.

    Those that cannot be decoded are left out and named on standard error.

    Raises:
        PictureError: there is no such folder, no picture in it, or none that can be decoded.
    """
    if not folder:
        return []
    hint = "give a folder of pictures, or leave out --texture-dir"
    if not Path(folder).is_dir():
        raise PictureError(f"no such folder: {folder}", hint=hint)
    found = sorted(path for path in Path(folder).rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    if not found:
        raise PictureError(f"no textures in {folder}", hint=hint)
    usable, skipped = _decodable(found)
    if not usable:
        raise PictureError(f"none of the {len(found)} textures in {folder} can be decoded", hint=hint)
    if skipped:
        named = ", ".join(map(str, skipped))
        warn(f"skipped {len(skipped)} textures that cannot be decoded: {named}")
    return usable


def _decodable(paths: list[Path]) -> tuple[list[Path], list[Path]]:
    """Those that can be decoded, and the others: one drawn at some time would end the training then."""
    usable: list[Path] = []
    skipped: list[Path] = []
    with progress.bar("checking textures", len(paths)) as seen:
        for path, _ in readable(paths, skipped):
            usable.append(path)
            seen(1)
        seen(len(skipped))
    return usable, skipped


def _network(setup: Setup, options: SdcCcmOptions, pretrained: bool) -> Restorer:
    check_size(setup, 16)
    return Restorer(options.width)


KIND = Kind(
    name="sdc-ccm",
    summary="autoencoder that learns to undo artificial corruption; the reconstruction error is the score",
    source="Bauer et al., 'Self-Supervised Training with Autoencoders for Visual Anomaly Detection', 2022",
    cost="trained by gradient, 200 epochs; every epoch draws new corruption",
    options=SdcCcmOptions,
    backbone=None,
    network=_network,
    fit=fit,
    restore=restore,
    lesson=_lesson,
)
