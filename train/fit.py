"""``edge-ad train``: pictures of good parts to a checkpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import torch

from calibration import bimodality, suspects
from edge.errors import UsageError
from edge.inference.calibrate import calibrate, reachable_rate
from edge.inference.card import Training
from edge.pictures import short_digest
from edge.version import VERSION
from train.backbones.registry import find_backbone
from train.checkpoint import Header, save_checkpoint
from train.data.dataset import Dataset
from train.data.measuring import measure_jitter
from train.data.split import Split, divide
from train.fitted import fit_apart, fit_in_folds
from train.models.feature_model import FeatureModel
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
        suspects: pictures behind the threshold that may show defects, the strangest first.
        doubt: what else the scores behind it say against the pictures, one line; empty where nothing.
    """

    checkpoint: Path
    header: Header
    model: FeatureModel
    skipped: tuple[Path, ...]
    suspects: tuple[Path, ...] = ()
    doubt: str = ""


def train(
    dataset: Dataset,
    setup: Setup,
    output: Path,
    *,
    name: str | None = None,
    false_alarm_rate: float,
    folds: int | None = None,
    augment: int = 0,
    ranges: Mapping[str, object] | None = None,
    device: str = "auto",
) -> Trained:
    """Fits a model on good pictures, sets a threshold on those it was not fitted on, and writes the checkpoint.

    Args:
        dataset: its ``train`` pictures are used, nothing else.
        setup: the model.
        output: folder for ``model.safetensors``.
        name: product name; the data set's name by default.
        false_alarm_rate: wanted; raised to what the number of calibration pictures can promise.
        folds: see ``train.data.split.divide``.
        augment: jittered copies of each good picture in the fit.
        ranges: of the jitter by name, see ``edge.scorers.jitter.Jitter``; measured on the good pictures where not
            given.
        device: torch device, or "auto".

    Raises:
        PictureError: too few usable pictures.
        UsageError: an option, range, backbone or device that does not exist.
    """
    torch.manual_seed(setup.seed)
    device = find_device(device)
    split = divide(dataset.train, folds=folds, seed=setup.seed)
    skipped: list[Path] = []
    jitter = measure_jitter(augment, split.fit, setup.size, ranges or {}) if augment else None
    fitted = (fit_in_folds if split.folds else fit_apart)(setup, split, device, skipped, jitter)
    header = Header(
        name=name or dataset.name,
        setup=setup,
        training=Training(
            pictures=len(fitted.pictures),
            listing_sha256=split.listing_sha256,
            fitted=fitted_digests(fitted.pictures),
            seed=setup.seed,
            backbone=setup.backbone,
            backbone_licence=find_backbone(setup.backbone).licence,
            versions=versions(),
        ),
        calibration=calibrate(
            fitted.scores,
            fitted.peaks,
            method=method_of(split),
            false_alarm_rate=reachable_rate(false_alarm_rate, len(fitted.scores)),
            device="torch",
            precision="fp32",
            folds=split.count,
            by="train",
        ),
        jitter=jitter,
        data=str(dataset.train[0].parent.resolve()),
    )
    checkpoint = output / CHECKPOINT
    save_checkpoint(checkpoint, fitted.model, header)
    return Trained(
        checkpoint,
        header,
        fitted.model,
        tuple(skipped),
        suspects=tuple(fitted.scored[index] for index in suspects.find(fitted.scores)),
        doubt=bimodality.warning(fitted.scores),
    )


def method_of(split: Split) -> str:
    """How the threshold of pictures divided like this is set."""
    return "cross-conformal" if split.folds else "conformal"


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
