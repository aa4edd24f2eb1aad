"""A threshold that somebody may put in force: written beside the model, where it changes nothing."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from shlex import quote
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.durable import write_whole
from edge.errors import CalibrationError
from edge.inference.bundle import Bundle, load_bundle
from edge.inference.card import Calibration
from edge.inference.override import calibration_of, write_override


class Effect(BaseModel):
    """What a threshold would have done to the alarms in the pool."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    false_alarms: int = Field(ge=0, description="alarms that people said were false")
    still_false: int = Field(ge=0, description="of these, still alarms with the proposed threshold")
    true_alarms: int = Field(ge=0, description="alarms that people confirmed")
    still_found: int = Field(ge=0, description="of these, still alarms with the proposed threshold")


class Proposal(BaseModel):
    """The file's content."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True, serialize_by_alias=True)

    schema_: Literal[1] = Field(default=1, alias="schema")
    bundle_sha256: str = Field(pattern="^[0-9a-f]{64}$", description="the bundle it was made for")
    how: str = Field(description="how it was made, one sentence")
    before: float = Field(description="threshold of the calibration that it would replace")
    before_time: datetime = Field(description="when that calibration was made")
    calibration: Calibration
    effect: Effect


def proposal_path(model: Path) -> Path:
    """Where the proposal for a bundle lies."""
    return model.with_suffix(".proposal.json")


def write_proposal(bundle: Bundle, proposal: Proposal) -> Path:
    """Writes it; one that lay there is replaced.

    Raises:
        CalibrationError: the file cannot be written.
    """
    path = proposal_path(bundle.path)
    try:
        write_whole(path, proposal.model_dump_json(indent=2) + "\n")
    except OSError as error:
        hint = "check the folder's owner"
        raise CalibrationError(f"cannot write {path}: {error.strerror}", hint=hint) from error
    return path


def accept(model: Path) -> tuple[Proposal, Path]:
    """Puts the proposal for a bundle in force at this station; returns it, and the file of the calibration.

    Raises:
        BundleError: there is no such model.
        CalibrationError: there is no proposal, it cannot be understood, is for another model, or the calibration
            has become another one since.
    """
    bundle, path = load_bundle(model), proposal_path(model)
    again = f"make a new one with 'edge-ad calibrate --model {quote(str(model))} --propose'"
    if not path.is_file():
        raise CalibrationError(f"there is no proposal for {model}", hint=again)
    try:
        proposal = Proposal.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise CalibrationError(f"{path} is not a proposal", hint=again) from error
    if proposal.bundle_sha256 != bundle.sha256:
        raise CalibrationError(f"{path} was made for another model than {model}", hint=again)
    if calibration_of(bundle, proposal.calibration.device).time != proposal.before_time:
        raise CalibrationError(f"the calibration of {model} has been changed since {path} was made", hint=again)
    written = write_override(bundle, proposal.calibration)
    path.unlink()
    return proposal, written
