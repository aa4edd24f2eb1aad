"""``edge-ad train``: pictures of good parts to a checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import islice
from pathlib import Path

import numpy as np
import torch

from edge import progress
from edge.errors import PictureError, UsageError
from edge.inference.calibrate import calibrate, reachable_rate
from edge.inference.card import Training
from edge.pictures import readable, short_digest
from edge.version import VERSION
from train.backbones.registry import find_backbone
from train.checkpoint import Header, save_checkpoint
from train.data.dataset import Dataset
from train.data.split import FEWEST_GOOD, Split, split_for_calibration
from train.models.feature_model import FeatureModel
from train.models.registry import find_kind, options_of
from train.models.setup import Setup

CHECKPOINT = "model.safetensors"


@dataclass(frozen=True)
class Trained:
    """What training gave.

    Attributes:
        checkpoint: the file that was written.
        header: as in the file.
        model: in memory.
        skipped: pictures that could not be decoded.
    """

    checkpoint: Path
    header: Header
    model: FeatureModel
    skipped: tuple[Path, ...]


def train(
    dataset: Dataset,
    setup: Setup,
    output: Path,
    *,
    name: str | None = None,
    false_alarm_rate: float,
    device: str = "auto",
) -> Trained:
    """Fits a model on good pictures, sets a threshold on those kept aside, and writes the checkpoint.

    Args:
        dataset: its ``train`` pictures are used, nothing else.
        setup: the model.
        output: folder for ``model.safetensors``.
        name: product name; the data set's name by default.
        false_alarm_rate: wanted; raised to what the number of calibration pictures can promise.
        device: torch device, or "auto".

    Raises:
        PictureError: too few usable pictures.
        UsageError: an option, backbone or device that does not exist.
    """
    torch.manual_seed(setup.seed)
    device = find_device(device)
    split = split_for_calibration(dataset.train, seed=setup.seed)
    skipped: list[Path] = []
    model = _fitted(setup, split, device, skipped)
    fitted = [path for path in split.fit if path not in skipped]
    scores, peaks = _calibration_scores(model, split, device, skipped)
    header = Header(
        name=name or dataset.name,
        setup=setup,
        training=Training(
            pictures=len(fitted),
            listing_sha256=split.listing_sha256,
            fitted=fitted_digests(fitted),
            seed=setup.seed,
            backbone=setup.backbone,
            backbone_licence=find_backbone(setup.backbone).licence,
            versions=versions(),
        ),
        calibration=calibrate(
            scores,
            peaks,
            false_alarm_rate=reachable_rate(false_alarm_rate, len(scores)),
            device="torch",
            precision="fp32",
        ),
        data=str(dataset.train[0].parent.resolve()),
    )
    checkpoint = output / CHECKPOINT
    save_checkpoint(checkpoint, model, header)
    return Trained(checkpoint, header, model, tuple(skipped))


def find_device(device: str) -> str:
    """A torch device that is there; "auto" takes the fastest.

    Raises:
        UsageError: the device is not there.
    """
    here = ["cpu"]
    if torch.backends.mps.is_available():
        here.insert(0, "mps")
    if torch.cuda.is_available():
        here.insert(0, "cuda")
    if device == "auto":
        return here[0]
    if device not in here:
        raise UsageError(f"no training device {device!r}", hint=f"this computer has: auto {' '.join(here)}")
    return device


def fitted_digests(fitted: Sequence[Path]) -> tuple[str, ...]:
    """The pictures that a model was fitted on, as its card lists them, so that no threshold rests on one."""
    return tuple(sorted({short_digest(path) for path in fitted}))


def versions() -> dict[str, str]:
    """Versions that a model depends on, for its card."""
    return {"edge-ad": VERSION, "torch": version("torch"), "openvino": version("openvino")}


def _fitted(setup: Setup, split: Split, device: str, skipped: list[Path]) -> FeatureModel:
    kind = find_kind(setup.model)
    steps = kind.steps(options_of(kind, setup.options))
    total = len(split.fit)
    usable = (pixels for _, pixels in readable(list(split.fit), skipped))
    first = list(islice(usable, FEWEST_GOOD // 2))
    if len(first) < FEWEST_GOOD // 2:
        named = ", ".join(path.name for path in skipped[:3])
        raise PictureError(f"{len(skipped)} of {total} pictures cannot be decoded: {named} ...")
    pictures = (pixels for source in (first, usable) for pixels in source)
    with progress.bar("features of good pictures", total) as seen:
        if not steps:
            return FeatureModel.fit(setup, pictures, device=device, seen=seen)
        with progress.bar("choosing the coreset", steps) as advance:
            return FeatureModel.fit(setup, pictures, device=device, seen=seen, advance=advance)


def _calibration_scores(
    model: FeatureModel, split: Split, device: str, skipped: list[Path]
) -> tuple[np.ndarray, np.ndarray]:
    usable = (pixels for _, pixels in readable(list(split.calibration), skipped))
    with progress.bar("scores for the threshold", len(split.calibration)) as seen:
        scored = list(model.predict(usable, device=device, seen=seen))
    if not scored:
        raise PictureError("none of the pictures kept aside for the threshold can be decoded")
    scores = np.concatenate([batch.scores for batch in scored])
    peaks = np.concatenate([batch.maps.max(axis=(1, 2)) for batch in scored])
    return scores, peaks
