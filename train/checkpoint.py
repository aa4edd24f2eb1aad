"""Checkpoints: safetensors with the whole configuration in the header. Loading one runs no code."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from edge.errors import CheckpointError
from edge.inference.card import Calibration, Training
from train.models.feature_model import FeatureModel
from train.models.setup import Setup

KEY = "edge_ad"


class Header(BaseModel):
    """What a checkpoint says about itself."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    schema_: Literal[1] = Field(default=1, alias="schema")
    name: str = Field(min_length=1, description="product name, e.g. bottle")
    setup: Setup
    training: Training
    calibration: Calibration
    data: str = Field(description="folder of good pictures it was trained on, where 'export' looks by default")


def save_checkpoint(path: Path, model: FeatureModel, header: Header) -> None:
    """Writes a checkpoint; an existing file is replaced only when the new one is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".partial")
    tensors = {name: value.contiguous() for name, value in model.tensors().items()}
    save_file(tensors, fresh, metadata={KEY: header.model_dump_json(by_alias=True)})
    fresh.replace(path)


def load_checkpoint(path: Path) -> tuple[FeatureModel, Header]:
    """Reads a checkpoint.

    Raises:
        CheckpointError: the file is missing, damaged, not one of ours, or of another version.
    """
    if not path.is_file():
        raise CheckpointError(f"no such checkpoint: {path}", hint="'edge-ad train' writes model.safetensors")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"cannot read {path}: {error}", hint="the file is damaged; train again") from error
    if KEY not in metadata:
        raise CheckpointError(f"{path} is not a checkpoint of edge-ad", hint="train with 'edge-ad train'")
    try:
        header = Header.model_validate_json(metadata[KEY])
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise CheckpointError(
            f"{path} was written by another version: {where}: {first['msg']}", hint="train again"
        ) from error
    return FeatureModel.restore(header.setup, tensors), header
