"""Thresholds that were set while the station ran: ``thresholds.json`` in its state folder."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from edge.durable import write_whole
from edge.errors import ConfigError, StoreError


class _Set(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    threshold: FiniteFloat
    model: str = Field(description="sha256 of the model whose raw scores it is compared with")


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True)

    schema_: Literal[1] = Field(default=1, alias="schema")
    cameras: dict[str, _Set] = Field(default_factory=dict)


class Thresholds:
    """What was set for each camera. It holds for one model only: another one gives other scores.

    Args:
        state_dir: of the station.

    Raises:
        ConfigError: the file is there and cannot be understood.
    """

    def __init__(self, state_dir: Path) -> None:
        self.path = state_dir / "thresholds.json"
        self._file = _File()
        if not self.path.exists():
            return
        try:
            self._file = _File.model_validate_json(self.path.read_bytes())
        except (OSError, ValidationError) as error:
            hint = "remove it to judge by the thresholds of the settings"
            raise ConfigError(f"{self.path} cannot be understood", hint=hint) from error

    def of(self, camera: str, model: str) -> float | None:
        """The threshold that was set for a camera and a model, by its sha256; None where none was."""
        found = self._file.cameras.get(camera)
        return found.threshold if found and found.model == model else None

    def keep(self, camera: str, model: str, threshold: float | None) -> None:
        """Keeps a threshold, or forgets it where it is None; on disk when this returns.

        Raises:
            StoreError: the file cannot be written; the one before stays.
        """
        cameras = {name: kept for name, kept in self._file.cameras.items() if name != camera}
        if threshold is not None:
            cameras[camera] = _Set(threshold=threshold, model=model)
        file = _File(cameras=cameras)
        try:
            write_whole(self.path, file.model_dump_json(indent=2) + "\n")
        except OSError as error:
            hint = "check the disk's free space and the owner of the folder"
            raise StoreError(f"cannot write {self.path}: {error.strerror}", hint=hint) from error
        self._file = file
