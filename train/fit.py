"""``edge-ad train``: pictures of good parts to a checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch

from calibration import bimodality, suspects
from edge import progress
from edge.errors import UsageError
from edge.inference.calibrate import calibrate, reachable_rate
from edge.inference.card import Training
from edge.pictures import folders_in, prepare, readable
from edge.version import VERSION
from train.backbones.registry import find_backbone
from train.checkpoint import Header, save_checkpoint
from train.data.dataset import Dataset
from train.data.measuring import measure_jitter
from train.data.split import Split, divide
from train.fitted import fit_apart, fit_in_folds
from train.models.kind import Kind
from train.models.model import Model
from train.models.registry import find_kind
from train.models.setup import Setup
from train.training.log import CURVE, LOG
from train.training.memory import enough_memory
from train.training.state import clear, holds_state, refuse_to_lose, way_out
from train.training.work import Labelled, Work

CHECKPOINT = "model.safetensors"
INTERRUPTED = "interrupted.safetensors"  # beside it, so that the model of an earlier training is not lost


@dataclass(frozen=True)
class Trained:
    """What training gave.

    Attributes:
        checkpoint: the file that was written.
        header: as in the file.
        model: in memory.
        skipped: pictures that could not be decoded.
        copies: files that were left out, as another picture is the same file.
        folders: beside the pictures, which were not looked into.
        suspects: pictures behind the threshold that may show defects, the strangest first.
        doubt: what else the scores behind it say against the pictures, one line; empty where nothing.
    """

    checkpoint: Path
    header: Header
    model: Model
    skipped: tuple[Path, ...]
    copies: tuple[Path, ...] = ()
    folders: tuple[Path, ...] = ()
    suspects: tuple[Path, ...] = ()
    doubt: str = ""

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended the training of its network, which may go on."""
        return self.model.learnt is not None and self.model.learnt.interrupted

    @property
    def resumable(self) -> bool:
        """Whether there is a state that it can go on from; a full disk may have had no room for it."""
        return self.interrupted and holds_state(self.checkpoint.parent)


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
    resume: bool = False,
) -> Trained:
    """Fits a model on good pictures, sets a threshold on those it was not fitted on, and writes the checkpoint.

    A model that an earlier training left in the folder is replaced when this one is done, not before.

    Args:
        dataset: its ``train`` pictures are used; how far a network in training tells the labelled ones apart is
            written into its log and decides nothing.
        setup: the model.
        output: folder for ``model.safetensors``, and for the log of a network that is trained; what was learnt
            until Ctrl-C is ``interrupted.safetensors`` there.
        name: product name; the data set's name by default.
        false_alarm_rate: wanted; raised to what the number of calibration pictures can promise.
        folds: see ``train.data.split.divide``; 0 or None for a network that is trained.
        augment: jittered copies of each good picture in the fit.
        ranges: of the jitter by name, see ``edge.scorers.jitter.Jitter``; measured on the good pictures where not
            given.
        device: torch device, or "auto".
        resume: go on with a training of the same network that was interrupted.

    Raises:
        PictureError: fewer than 8 different pictures can be decoded.
        UsageError: an option, range, backbone or device that does not exist, or that this kind of model cannot do;
            or the folder holds a training that was interrupted, and ``resume`` is not given.
        TrainingError: the network cannot be trained, or memory is too small.
        CheckpointError: there is no interrupted training of this model to go on with.
    """
    kind = find_kind(setup.model)
    if resume and not kind.lesson:
        raise UsageError(f"{setup.model} is fitted in one go", hint="leave out --resume")
    if not resume:
        refuse_to_lose(output)
    if ranges and not augment:
        raise UsageError("--jitter is of copies, and none are fitted", hint="give --augment too, e.g. --augment 2")
    device = find_device(device)
    licence = find_backbone(setup.backbone).licence if setup.backbone else ""
    split = divide(dataset.train, folds=folds_for(kind, folds), seed=setup.seed)
    skipped: list[Path] = []
    jitter = measure_jitter(augment, split.fit, setup.size, ranges or {}) if augment else None
    with way_out(output), enough_memory(device, setup.size):
        work = Work(device, output, resume, _labelled(dataset, setup)) if kind.lesson else Work(device)
        fitted = (fit_in_folds if split.folds else fit_apart)(setup, split, work, skipped, jitter)
    header = Header(
        name=name or dataset.name,
        setup=setup,
        training=Training(
            pictures=len(fitted.pictures),
            listing_sha256=split.listing_sha256,
            fitted=split.listed(fitted.pictures),
            seed=setup.seed,
            backbone=setup.backbone,
            backbone_licence=licence,
            versions=versions(),
        ),
        calibration=calibrate(
            fitted.scores,
            fitted.peaks,
            method=method_of(split),
            false_alarm_rate=reachable_rate(false_alarm_rate, len(fitted.scores)),
            device="torch",
            precision="fp32",
            folds=fitted.folds,
            by="train",
        ),
        jitter=jitter,
        data=str(dataset.train[0].parent.resolve()),
    )
    checkpoint = _saved(output, fitted.model, header, resume=resume)
    return Trained(
        checkpoint,
        header,
        fitted.model,
        tuple(skipped),
        copies=split.copies,
        folders=tuple(folders_in(dataset.train[0].parent)),
        suspects=tuple(fitted.scored[index] for index in suspects.find(fitted.scores)),
        doubt=bimodality.warning(fitted.scores) or bimodality.warning(fitted.own),
    )


def _saved(output: Path, model: Model, header: Header, *, resume: bool) -> Path:
    if model.learnt is not None and model.learnt.interrupted:
        save_checkpoint(output / INTERRUPTED, model, header)
        return output / INTERRUPTED
    save_checkpoint(output / CHECKPOINT, model, header)
    if resume:  # the model is what the interrupted one became; of any other it is not ours to remove
        (output / INTERRUPTED).unlink(missing_ok=True)
    if model.learnt is not None:
        clear(output)
    else:
        for name in (LOG, CURVE):  # of the model that was replaced
            (output / name).unlink(missing_ok=True)
    return output / CHECKPOINT


def folds_for(kind: Kind, folds: int | None) -> int | None:
    """The folds that a kind of model can have: none where its network would be trained anew for each.

    Raises:
        UsageError: folds are asked for and it can have none.
    """
    if kind.lesson is None:
        return folds
    if folds:
        raise UsageError(f"the network of {kind.name} would be trained for each fold", hint="leave out --folds")
    return 0


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


def versions() -> dict[str, str]:
    """Versions that a model depends on, for its card."""
    return {"edge-ad": VERSION, "torch": version("torch"), "openvino": version("openvino")}


def _labelled(dataset: Dataset, setup: Setup) -> Labelled | None:
    """The labelled pictures for the log of a training; those that cannot be decoded are left out."""
    labels = {sample.path: sample.label for sample in dataset.test}
    if len(set(labels.values())) < 2:
        return None
    with progress.bar("reading test pictures", len(labels)) as seen:
        found = [(path, prepare(pixels, setup.size)) for path, pixels in readable(list(labels), [])]
        seen(len(labels))
    kept = np.array([labels[path] for path, _ in found])
    if len(set(kept.tolist())) < 2:
        return None
    return Labelled(np.stack([pixels for _, pixels in found]), kept)
