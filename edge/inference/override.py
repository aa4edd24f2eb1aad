"""A station's own calibration beside a bundle: ``bottle.xml`` keeps its card, ``bottle.calibration.json`` wins.

The bundle stays as it was exported, and its digests with it. The file names the bundle it was made for, so that
one left behind by an older model is not applied to a newer one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.durable import write_whole
from edge.errors import CalibrationError
from edge.inference.bundle import Bundle
from edge.inference.card import Calibration


class Override(BaseModel):
    """The file's content."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    schema_: Literal[1] = Field(default=1, alias="schema")
    bundle_sha256: str = Field(pattern="^[0-9a-f]{64}$", description="the bundle this calibration was made for")
    calibration: Calibration


def foreign_device(calibration: Calibration, device: str) -> str:
    """A warning where the scores behind the threshold came from another device than will judge; else empty.

    Devices round differently, so a threshold set on one may keep its promise on another a little worse. Of the
    threshold of a model from elsewhere nothing is known at all.
    """
    if calibration.method == "foreign":
        return f"the threshold is the model's own and promises nothing: calibrate on {device}"
    if calibration.device.split(".")[0] == device.split(".")[0]:
        return ""
    return f"the threshold was set on {calibration.device}, {device} will judge: calibrate on {device}"


def override_path(model: Path) -> Path:
    """Where the station's calibration of a bundle lies."""
    return model.with_suffix(".calibration.json")


def write_override(bundle: Bundle, calibration: Calibration) -> Path:
    """Writes the station's calibration; the one before is replaced only when the new one is whole.

    Raises:
        CalibrationError: the file cannot be written.
    """
    path = override_path(bundle.path)
    content = Override(bundle_sha256=bundle.sha256, calibration=calibration)
    try:
        write_whole(path, content.model_dump_json(by_alias=True, indent=2) + "\n")
    except OSError as error:
        raise CalibrationError(
            f"cannot write {path}: {error.strerror}", hint="check the folder's owner"
        ) from error
    return path


def calibration_of(bundle: Bundle) -> Calibration:
    """The calibration in force: the station's own where there is one for this very bundle, else the card's.

    Raises:
        CalibrationError: the station's file is there and cannot be understood, or is for another bundle.
    """
    path = override_path(bundle.path)
    if not path.is_file():
        return bundle.card.calibration
    again = f"calibrate again, or remove it with 'edge-ad calibrate --model {bundle.path} --undo'"
    try:
        override = Override.model_validate_json(path.read_text(encoding="utf-8"))
    except (ValidationError, UnicodeDecodeError, OSError) as error:
        raise CalibrationError(f"{path} is not a calibration", hint=again) from error
    if override.bundle_sha256 != bundle.sha256:
        raise CalibrationError(f"{path} was made for another model than {bundle.path}", hint=again)
    return override.calibration
