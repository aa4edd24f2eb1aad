"""A station's own calibrations beside a bundle: ``bottle.xml`` keeps its card, ``bottle.calibration.json`` wins.

The bundle stays as it was exported, and its digests with it. The file names the bundle it was made for, so that
one left behind by an older model is not applied to a newer one. Devices round differently, so each has its own
calibration there; INT8 and FP16 are bundles of their own and so have files of their own.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import quote
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from edge.durable import write_whole
from edge.errors import CalibrationError
from edge.inference.bundle import Bundle
from edge.inference.card import Calibration, ModelCard


class Override(BaseModel):
    """The file's content."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    schema_: Literal[2] = Field(default=2, alias="schema")
    bundle_sha256: str = Field(pattern="^[0-9a-f]{64}$", description="the bundle these were made for")
    calibrations: dict[str, Calibration] = Field(min_length=1, description="by kind of device, e.g. CPU")
    before: dict[str, Calibration] = Field(
        default_factory=dict, description="those that they replaced, likewise: what an undo goes back to"
    )

    @model_validator(mode="before")
    @classmethod
    def _of_old(cls, data: object) -> object:
        """The first schema had one calibration, whatever the device."""
        if isinstance(data, dict) and data.get("schema") == 1 and isinstance(data.get("calibration"), dict):
            only = data["calibration"]
            rest = {key: value for key, value in data.items() if key not in ("schema", "calibration")}
            return {**rest, "schema": 2, "calibrations": {_kind(str(only.get("device"))): only}}
        return data


def _kind(device: str) -> str:
    """GPU of GPU.0: one calibration serves all of a kind."""
    return device.split(".")[0]


def foreign_device(calibration: Calibration, device: str, precision: str | None = None) -> str:
    """A warning where the scores behind the threshold came from elsewhere than from what will judge; else empty.

    Devices and precisions round differently, so a threshold set on one may keep its promise on another a little
    worse. Of the same kind, one stands for another: GPU.0 and GPU.1. A model from elsewhere brings its own
    threshold, and nothing is known about the scores behind that.

    Args:
        calibration: in force.
        device: that will judge.
        precision: of the bundle that will judge; None where it is the one that gave the scores.
    """
    if calibration.method == "foreign":
        return f"the threshold is the model's own and promises nothing: calibrate on {device}"
    if _kind(calibration.device) != _kind(device):
        return f"the threshold was set on {calibration.device}, {device} will judge: calibrate on {device}"
    if precision is not None and calibration.precision != precision:
        own = calibration.precision
        return (
            f"the threshold was set with a network of {own}, one of {precision} will judge: calibrate on {device}"
        )
    return ""


def calibrated_elsewhere(
    calibration: Calibration, card: ModelCard, device: str, arithmetic: str | None = None
) -> str:
    """``foreign_device`` of a bundle's card, and the same for the precision of computation.

    Args:
        calibration: in force.
        card: of the bundle that will judge.
        device: that will judge.
        arithmetic: INFERENCE_PRECISION_HINT that it will judge with; None for the card's.
    """
    if warning := foreign_device(calibration, device, card.precision):
        return warning
    own, judges = calibration.arithmetic or card.inference_precision, arithmetic or card.inference_precision
    if own != judges:
        return f"the threshold was set by computing in {own}, {judges} will judge: calibrate by the station file"
    return ""


def override_path(model: Path) -> Path:
    """Where the station's calibrations of a bundle lie."""
    return model.with_suffix(".calibration.json")


def write_override(bundle: Bundle, calibration: Calibration) -> Path:
    """Writes the station's calibration for its device, those for other devices stay.

    The file before is replaced only when the new one is whole; one of another bundle, or damaged, counts for
    nothing. The calibration that is replaced is kept, for ``undo_override``.

    Raises:
        CalibrationError: the file cannot be written.
    """
    kind = _kind(calibration.device)
    with _alone(bundle):
        try:
            now, before = _contents(bundle)
        except CalibrationError:
            now, before = {}, {}
        before.pop(kind, None)
        if kind in now:
            before[kind] = now[kind]
        _write(bundle, {**now, kind: calibration}, before)
    return override_path(bundle.path)


def undo_override(bundle: Bundle, device: str | None = None) -> bool:
    """Goes back to the calibration that the station's own one replaced: an earlier one, or the card's.

    Args:
        bundle: that judges.
        device: only for this kind; None for all.

    Returns:
        False where the station has none.

    Raises:
        CalibrationError: the station's file cannot be understood, is for another bundle, or cannot be written.
    """
    with _alone(bundle):
        now, before = _contents(bundle)
        undone = [kind for kind in now if device is None or kind == _kind(device)]
        for kind in undone:
            del now[kind]
            if kind in before:
                now[kind] = before.pop(kind)
        if undone and now:
            _write(bundle, now, before)
        elif undone:
            delete_override(bundle.path)
    return bool(undone)


def delete_override(model: Path) -> None:
    """Deletes the station's file of a bundle, whatever is in it.

    Raises:
        CalibrationError: it cannot be deleted.
    """
    path = override_path(model)
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise CalibrationError(
            f"cannot remove {path}: {error.strerror}", hint="check the folder's owner"
        ) from error


def calibrations_of(bundle: Bundle) -> dict[str, Calibration]:
    """The station's own calibrations by kind of device; empty where there are none.

    Raises:
        CalibrationError: the station's file is there and cannot be understood, or is for another bundle.
    """
    return _contents(bundle)[0]


def _contents(bundle: Bundle) -> tuple[dict[str, Calibration], dict[str, Calibration]]:
    """The calibrations in force, and those that they replaced."""
    path = override_path(bundle.path)
    if not path.is_file():
        return {}, {}
    again = f"calibrate again, or remove it with 'edge-ad calibrate --model {quote(str(bundle.path))} --undo'"
    try:
        override = Override.model_validate_json(path.read_text(encoding="utf-8"))
    except (ValidationError, UnicodeDecodeError, OSError) as error:
        raise CalibrationError(f"{path} is not a calibration", hint=again) from error
    if override.bundle_sha256 != bundle.sha256:
        raise CalibrationError(f"{path} was made for another model than {bundle.path}", hint=again)
    return override.calibrations, override.before


def calibration_of(bundle: Bundle, device: str | None = None) -> Calibration:
    """The calibration in force: the station's own for this very bundle, else the card's.

    Args:
        bundle: that judges.
        device: that will run it. Without a calibration for it, the station's newest for another device counts
            more than the card, as it rests on the station's own pictures; ``foreign_device`` tells. None for the
            newest.

    Raises:
        CalibrationError: the station's file is there and cannot be understood, or is for another bundle.
    """
    own = calibrations_of(bundle)
    if device is not None and _kind(device) in own:
        return own[_kind(device)]
    return max(own.values(), key=lambda each: each.time, default=bundle.card.calibration)


@contextmanager
def _alone(bundle: Bundle) -> Iterator[None]:
    """One process at a time reads and writes the file anew: two would lose what one of them wrote."""
    folder = bundle.path.parent
    try:
        lock = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise CalibrationError(f"cannot use {folder}: {error.strerror}", hint="check its owner") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _write(bundle: Bundle, now: dict[str, Calibration], before: dict[str, Calibration]) -> None:
    path = override_path(bundle.path)
    content = Override(bundle_sha256=bundle.sha256, calibrations=now, before=before)
    unused = set() if before else {"before"}  # versions that know nothing of it read the file as long as possible
    try:
        write_whole(path, content.model_dump_json(by_alias=True, indent=2, exclude=unused) + "\n")
    except OSError as error:
        raise CalibrationError(
            f"cannot write {path}: {error.strerror}", hint="check the folder's owner"
        ) from error
