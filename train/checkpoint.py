"""Checkpoints: safetensors with the whole configuration in the header. Loading one runs no code."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from edge.durable import write_whole
from edge.errors import CheckpointError, UsageError
from edge.inference.card import Calibration, Training
from edge.scorers.jitter import Jitter
from train.models.model import Model
from train.models.setup import Setup

KEY = "edge_ad"
DIGEST = "edge_ad_sha256"


class Header(BaseModel):
    """What a checkpoint says about itself."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    schema_: Literal[1] = Field(default=1, alias="schema")
    name: str = Field(min_length=1, description="product name, e.g. bottle")
    setup: Setup
    training: Training
    calibration: Calibration
    jitter: Jitter | None = Field(default=None, description="copies of the good pictures in the fit; null: none")
    data: str = Field(description="folder of good pictures it was trained on, where 'export' looks by default")


def save_checkpoint(path: Path, model: Model, header: Header) -> None:
    """Writes a checkpoint; an existing file is replaced only when the new one is whole.

    Raises:
        UsageError: the file cannot be written.
    """
    tensors = {name: value.contiguous() for name, value in model.tensors().items()}
    text = header.model_dump_json(by_alias=True)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, save(tensors, metadata={KEY: text, DIGEST: _digest(text, tensors)}))
    except (SafetensorError, OSError) as error:
        raise UsageError(
            f"cannot write {path}: {error}", hint="give another --output, or free the disk"
        ) from error


def load_checkpoint(path: Path) -> tuple[Model, Header]:
    """Reads a checkpoint.

    Raises:
        CheckpointError: the file is missing, damaged, not one of ours, or of another version.
    """
    if not path.is_file():
        raise CheckpointError(f"no such checkpoint: {path}", hint="'edge-ad train' writes model.safetensors")
    if path.suffix == ".xml":
        raise CheckpointError(
            f"{path} is not a checkpoint", hint="'edge-ad evaluate' takes the .xml of a bundle with --model"
        )
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(
            f"cannot read {path}: {error}", hint="it is damaged or not a checkpoint; train again"
        ) from error
    if KEY not in metadata:
        raise CheckpointError(f"{path} is not a checkpoint of edge-ad", hint="train with 'edge-ad train'")
    if metadata.get(DIGEST) != _digest(metadata[KEY], tensors):
        raise CheckpointError(f"{path} is damaged: its content does not match its digest", hint="train again")
    try:
        header = Header.model_validate_json(metadata[KEY])
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise CheckpointError(
            f"{path} was written by another version: {where}: {first['msg']}", hint="train again"
        ) from error
    return Model.restore(header.setup, tensors), header


def _digest(header: str, tensors: Mapping[str, Tensor]) -> str:
    """sha256 over the header and every tensor: the format itself does not notice a flipped bit."""
    found = hashlib.sha256(header.encode())
    for name in sorted(tensors):
        found.update(name.encode())
        found.update(tensors[name].numpy().tobytes())
    return found.hexdigest()
