"""Which product each camera was changed over to while the station ran: ``changeovers.json`` of its state."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.durable import write_whole
from edge.errors import ConfigError, StoreError
from edge.models.names import NAME

ProductName = Annotated[str, Field(pattern=f"^{NAME}$")]


class Changeover(BaseModel):
    """One camera's product.

    Attributes:
        model: its name in the store.
        instead_of: the model that the settings named then; with other settings the changeover is over.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: ProductName
    instead_of: str


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True)

    schema_: Literal[1] = Field(default=1, alias="schema")
    cameras: dict[str, Changeover] = Field(default_factory=dict)


def changed_over(state_dir: Path, camera: str, settings_model: Path) -> Path:
    """The model that a camera runs: what it was changed over to, else what the settings name.

    Raises:
        ConfigError: the file is there and cannot be understood.
    """
    found = _read(state_dir).cameras.get(camera)
    return Path(found.model) if found is not None and found.instead_of == str(settings_model) else settings_model


def keep_changeover(state_dir: Path, camera: str, model: str, settings_model: Path) -> None:
    """Notes what a camera runs from now on; on disk when this returns.

    Raises:
        ConfigError: the file is there and cannot be understood.
        StoreError: it cannot be written; the one before stays.
    """
    cameras = {name: kept for name, kept in _read(state_dir).cameras.items() if name != camera}
    if model != str(settings_model):
        cameras[camera] = Changeover(model=model, instead_of=str(settings_model))
    path = _path(state_dir)
    try:
        write_whole(path, _File(cameras=cameras).model_dump_json(indent=2) + "\n")
    except OSError as error:
        hint = "check the disk's free space and the owner of the folder"
        raise StoreError(f"cannot write {path}: {error.strerror}", hint=hint) from error


def _read(state_dir: Path) -> _File:
    path = _path(state_dir)
    try:
        return _File.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return _File()
    except (OSError, ValidationError) as error:
        raise ConfigError(
            f"{path} cannot be understood", hint="remove it to run what the settings name"
        ) from error


def _path(state_dir: Path) -> Path:
    return state_dir / "changeovers.json"
