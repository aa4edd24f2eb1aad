"""How many parts a threshold has judged: without it nobody knows whether ten false alarms are many."""

from __future__ import annotations

import threading
import uuid
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.durable import write_whole
from edge.errors import StoreError


class Count(BaseModel):
    """Parts that one camera has judged by one model and one threshold; another of either begins anew."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    period: str = Field(description="names this count: alarms that belong to it carry the same name")
    model: str = Field(description="sha256 of the model")
    threshold: float = Field(description="raw score above which a part was anomalous")
    parts: int = Field(default=0, ge=0, description="judged good or anomalous")
    anomalous: int = Field(default=0, ge=0, description="of these, anomalous")


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True, serialize_by_alias=True)

    schema_: Literal[1] = Field(default=1, alias="schema")
    cameras: dict[str, Count] = Field(default_factory=dict)


def read_counts(folder: Path) -> dict[str, Count]:
    """The count of each camera, as it was written last.

    Raises:
        StoreError: the file is there and cannot be understood.
    """
    path = _path(folder)
    if not path.exists():
        return {}
    try:
        return _File.model_validate_json(path.read_bytes()).cameras
    except (OSError, ValidationError) as error:
        hint = "remove it to count anew"
        raise StoreError(f"{path} cannot be understood", hint=hint) from error


class Counts:
    """Counts while the station runs; any thread may.

    Args:
        folder: of the pool.

    Raises:
        StoreError: the file is there and cannot be understood.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._cameras = self._on_disk = read_counts(folder)

    def add(self, camera: str, model: str, threshold: float, *, anomalous: bool) -> str:
        """Counts one part; returns the name of the count."""
        with self._lock:
            count = self._cameras.get(camera)
            if count is None or (count.model, count.threshold) != (model, threshold):
                count = Count(period=uuid.uuid4().hex, model=model, threshold=threshold)
            update = {"parts": count.parts + 1, "anomalous": count.anomalous + anomalous}
            self._cameras = self._cameras | {camera: count.model_copy(update=update)}
            return count.period

    def write(self) -> None:
        """Writes what was counted since it was last written.

        Raises:
            OSError: the disk refuses.
        """
        now = self._cameras
        if now is not self._on_disk:
            write_whole(_path(self._folder), _File(cameras=now).model_dump_json(indent=2) + "\n")
            self._on_disk = now


def _path(folder: Path) -> Path:
    return folder / "counts.json"
