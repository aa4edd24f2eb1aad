"""Which version of a model is active, and which one was before: one small file, replaced whole.

Both stand in one file, so that a rollback that is cut off anywhere leaves the pair from before or the pair after.
"""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.durable import write_whole
from edge.errors import BundleError

Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class Active(BaseModel):
    """The content of ``active.json``."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True)

    schema_: Literal[1] = Field(default=1, alias="schema")
    sha256: Digest
    previous: Digest | None = None

    def then(self, sha256: str) -> Active:
        """After another version was made active; the same one again changes nothing."""
        return self if sha256 == self.sha256 else Active(sha256=sha256, previous=self.sha256)


def read_active(folder: Path) -> Active | None:
    """What is active of the model in a folder; None where nothing was activated yet.

    Raises:
        BundleError: the file cannot be understood.
    """
    path = _path(folder)
    try:
        return Active.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        state_dir = quote(str(folder.parent.parent.absolute()))
        hint = f"remove it, then: edge-ad models activate {folder.name}@VERSION --state-dir {state_dir}"
        raise BundleError(f"{path} cannot be understood", hint=hint) from error


def write_active(folder: Path, active: Active) -> None:
    """Makes another version the active one.

    Raises:
        BundleError: the disk refuses; what was active still is.
    """
    try:
        write_whole(_path(folder), active.model_dump_json(indent=2) + "\n")
    except OSError as error:
        hint = "check the folder's owner and the disk"
        raise BundleError(f"cannot write {_path(folder)}: {error.strerror}", hint=hint) from error


def _path(folder: Path) -> Path:
    return folder / "active.json"
