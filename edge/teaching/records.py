"""What a teaching folder keeps beside the pictures: plain JSON, one file per fact, each written whole."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.durable import write_whole
from edge.errors import TeachingError
from edge.health.camera_faults.taking import Look

Deed = Literal["taught", "added", "left out", "went back"]
Digest = "^[0-9a-f]{64}$"


class Record(BaseModel):
    """The content of one file."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", allow_inf_nan=False, populate_by_name=True, serialize_by_alias=True
    )


class Product(Record):
    """What the folder is for, ``product.json``: written once."""

    schema_: Literal[1] = Field(default=1, alias="schema")
    backbone: str = Field(description="name of the feature network, for messages")
    backbone_sha256: str = Field(pattern=Digest, description="the backbone bundle that all of it belongs to")
    height: int = Field(ge=16, description="rows of the pictures kept")
    width: int = Field(ge=16, description="columns of the pictures kept")
    seed: int = Field(ge=0, description="decides which pictures set the threshold")


class Kept(Record):
    """One picture, ``pictures/00001.json`` beside ``00001.png``."""

    number: int = Field(ge=1, description="in the order of coming, from 1")
    sha256: str = Field(pattern=Digest, description="of the pixels at the model's size")
    source: str = Field(
        pattern="^[0-9a-f]{16}$", description="first digits of the sha256 of the file it came from, or of its own"
    )
    taken_from: str = Field(description="folder or camera it came from")
    time: datetime = Field(description="when it came, UTC")
    after: int = Field(default=0, ge=0, description="number of the state that was the current one then; 0: none")
    look: Look | None = Field(description="for the reference of the camera's view; null for a tiny picture")


class State(Record):
    """What the product was taught with once, ``states/0001.json``: never changed."""

    number: int = Field(ge=1, description="from 1; the highest is the current one")
    time: datetime = Field(description="when, UTC")
    deed: Deed = Field(description="what led to it")
    went_back_to: int | None = Field(default=None, description="the state whose pictures these are again")
    pictures: tuple[int, ...] = Field(description="their numbers")
    left_out: tuple[int, ...] = Field(default=(), description="those that a person took out of it")
    added: dict[str, int] = Field(default_factory=dict, description="how many were new, by where they came from")
    model: str = Field(description="version of the model that was made of it")
    model_sha256: str = Field(pattern=Digest, description="digest that names its bundle")
    threshold: float = Field(description="raw score above which a part is anomalous")
    false_alarm_rate: float | None = Field(description="promised share of good parts called anomalous")


RecordT = TypeVar("RecordT", bound=Record)


def read_record(kind: type[RecordT], path: Path, hint: str = "") -> RecordT:
    """Reads one file.

    Args:
        kind: of record.
        path: of the file.
        hint: what to do where it is damaged; to begin anew where not given.

    Raises:
        FileNotFoundError: it is not there.
        TeachingError: it cannot be understood.
    """
    try:
        return kind.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise
    except (OSError, ValidationError) as error:
        hint = hint or "the disk damaged it; move the folder away and teach anew"
        raise TeachingError(f"{path} cannot be understood", hint=hint) from error


def write_record(record: Record, path: Path) -> None:
    """Writes one file; it is on disk when this returns.

    Raises:
        TeachingError: the disk refuses.
    """
    write_file(path, record.model_dump_json(indent=2) + "\n")


def write_file(path: Path, content: str | bytes) -> None:
    """The same for any content."""
    try:
        write_whole(path, content)
    except OSError as error:
        raise TeachingError(f"cannot write {path}: {error.strerror}", hint="free some space") from error
