"""A training that can go on later: weights, the optimizer's memory and the log, as tensors and JSON, no pickle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from edge.durable import sync
from edge.errors import CheckpointError, TrainingError, UsageError
from edge.version import VERSION
from train.training.log import Epoch
from train.training.precision import is_mixed
from train.training.shown import warn
from train.training.task import Task

KEY = "edge_ad_training"
NAME = "training.safetensors"
Weights = dict[str, Tensor]


class Record(BaseModel):
    """What the file says about itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: Task
    versions: dict[str, str] = Field(description="of packages; and device and precision")
    planned: int
    epochs: tuple[Epoch, ...]
    best: int


@dataclass
class State:
    """Where a training stands.

    Attributes:
        task: what is trained on which pictures; only the same task goes on.
        planned: epochs at most.
        epochs: done so far.
        best: number of the epoch with the lowest loss on the watched pictures; 0 for none.
        weights: of the network after that epoch; empty for none.
    """

    task: Task
    planned: int
    epochs: list[Epoch] = field(default_factory=list)
    best: int = 0
    weights: Weights = field(default_factory=dict)


def write_state(folder: Path, state: State, network: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    """Writes the state; an existing file is replaced only when the new one is whole.

    Raises:
        UsageError: the file cannot be written.
    """
    tensors = _under("network", network.state_dict()) | _under("best", state.weights)
    for number, kept in optimizer.state_dict()["state"].items():
        tensors |= _under(f"optimizer.{number}", {name: torch.as_tensor(value) for name, value in kept.items()})
    record = Record(
        task=state.task,
        versions=_versions(network),
        planned=state.planned,
        epochs=tuple(state.epochs),
        best=state.best,
    )
    fresh = folder / (NAME + ".partial")
    try:
        # Tensors of a channels-last network are not contiguous, and those of a state may share memory.
        plain = {name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()}
        save_file(plain, fresh, metadata={KEY: record.model_dump_json()})
        sync(fresh)
        fresh.replace(folder / NAME)
    except (SafetensorError, OSError) as error:
        raise UsageError(f"cannot write {folder / NAME}: {error}", hint="free the disk") from error
    finally:
        with suppress(OSError):  # it is gone where all went well, and otherwise fills a disk that may be full
            fresh.unlink()


def holds_state(folder: Path) -> bool:
    """Whether a training can go on there."""
    return (folder / NAME).exists()


def refuse_to_lose(folder: Path) -> None:
    """Stops a training, of whatever model, that would take the place of one that can go on.

    Raises:
        UsageError: the folder holds such a state.
    """
    if holds_state(folder):
        raise UsageError(
            f"{folder} holds a training that was interrupted",
            hint=f"give its own command --resume to go on with it, or this one another --output, or remove "
            f"{folder / NAME}",
        )


@contextmanager
def way_out(folder: Path) -> Iterator[None]:
    """Adds to the hint of a failed training what its state stands in the way of: it goes on unchanged only.

    Raises:
        TrainingError: of the block.
    """
    try:
        yield
    except TrainingError as error:
        if not (error.hint and holds_state(folder)):
            raise
        anew = f"that begins anew, so give another --output too, or remove {folder / NAME}"
        raise TrainingError(error.message, hint=f"{error.hint}; {anew}") from error


def clear(folder: Path) -> None:
    """Removes the state of a training whose model is saved."""
    (folder / NAME).unlink(missing_ok=True)


def read_state(
    folder: Path, wanted: State, network: nn.Module, optimizer: torch.optim.Optimizer, *, longer: bool
) -> State:
    """Reads the state into network and optimizer.

    Args:
        folder: of the training.
        wanted: the state of the training that is asked for, before its first epoch.
        network: receives the weights.
        optimizer: receives its memory.
        longer: more epochs may be asked for than before.

    Raises:
        CheckpointError: there is none, it is damaged, or it belongs to another task or number of epochs.
    """
    path = folder / NAME
    if not path.is_file():
        raise CheckpointError(f"no interrupted training in {folder}", hint="leave out --resume")
    try:
        with safe_open(path, framework="pt") as file:
            record = _record(path, (file.metadata() or {}).get(KEY, ""))
            _refuse_another(path, record, wanted, longer=longer)
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
        network.load_state_dict(_of("network", tensors))
        _restore_optimizer(optimizer, _of("optimizer", tensors))
    except (SafetensorError, OSError, RuntimeError, KeyError, ValueError) as error:
        detail = " ".join(str(error).split())[:200]
        raise CheckpointError(
            f"cannot go on from {path}: {detail}", hint="remove it and leave out --resume"
        ) from error
    for name, now in _versions(network).items():
        if (before := record.versions.get(name, now)) != now:
            warn(f"{name} was {before} and is {now}: the weights may not be those of a training without a pause")
    return State(wanted.task, wanted.planned, list(record.epochs), record.best, _of("best", tensors))


def _record(path: Path, text: str) -> Record:
    try:
        return Record.model_validate_json(text)
    except ValidationError as error:
        raise CheckpointError(
            f"cannot go on from {path}: another version of edge-ad wrote it",
            hint="go on with that version, or remove it and leave out --resume",
        ) from error


def _refuse_another(path: Path, record: Record, wanted: State, *, longer: bool) -> None:
    if differences := record.task.differences(wanted.task):
        raise CheckpointError(
            f"the training in {path.parent} is another one: {differences}",
            hint=f"give what it had, or without --resume another --output, or remove {path} to start anew",
        )
    if not (record.planned == wanted.planned or (longer and record.planned < wanted.planned)):
        raise CheckpointError(
            f"the training in {path.parent} is one of {record.planned} epochs, and its number of epochs can only "
            "be raised, and only with a constant learning rate",
            hint=f"give --option epochs={record.planned}, or remove {path} to start anew",
        )


def _versions(network: nn.Module) -> dict[str, str]:
    device = next(network.parameters()).device.type
    precision = "mixed with bfloat16" if is_mixed(device) else "float32"
    return {"edge-ad": VERSION, "torch": version("torch"), "device": device, "precision": precision}


def _restore_optimizer(optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    state: dict[int, Weights] = {}
    for name, value in tensors.items():
        number, _, what = name.partition(".")
        state.setdefault(int(number), {})[what] = value
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> Weights:
    return {f"{prefix}.{name}": value for name, value in tensors.items()}


def _of(prefix: str, tensors: Mapping[str, Tensor]) -> Weights:
    return {name.removeprefix(f"{prefix}."): v for name, v in tensors.items() if name.startswith(f"{prefix}.")}
