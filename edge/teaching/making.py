"""A step of teaching as a whole: fitted, delivered, and only then part of the history.

Wherever it is cut off, the folder is in the state before, and what was being made is swept away at the next start.
A model that was delivered and not recorded is a candidate like any other.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edge.contact_sheet import write_contact_sheet
from edge.errors import TeachingError
from edge.inference.bundle import Admit, copy_bundle
from edge.models.signature import signature_path, write_signature
from edge.models.store import ModelStore
from edge.teaching.backbone import BackboneBundle
from edge.teaching.fit import Taught, fit
from edge.teaching.folder import MAKING
from edge.teaching.records import State, write_file
from edge.teaching.session import Session
from edge.teaching.step import Step

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

Deliver = Callable[[Path], str]


@dataclass(frozen=True)
class Made:
    """What came of a step.

    Attributes:
        taught: bundle, threshold and suspects; the bundle's files are where ``delivered`` says.
        state: that the product is in now.
        delivered: NAME@VERSION in the store, or the .xml file.
        contact_sheet: picture of the suspects with their heatmaps; None where there are none.
    """

    taught: Taught
    state: State
    delivered: str
    contact_sheet: Path | None


def make(
    session: Session,
    backbone: BackboneBundle,
    step: Step,
    deliver: Deliver,
    *,
    name: str,
    false_alarm_rate: float | None = None,
    device: str = "AUTO",
    key: Ed25519PrivateKey | None = None,
) -> Made:
    """Teaches, delivers and records one step.

    Args:
        session: of the product.
        backbone: the one that it was begun with.
        step: which pictures.
        deliver: takes the .xml file of the new bundle to its place, and says where that is.
        name: of the product.
        false_alarm_rate: see ``fit``.
        device: see ``fit``.
        key: signs the bundle where given.

    Raises:
        EdgeAdError: as ``fit`` and ``deliver``; the state is the one before.
    """
    with tempfile.TemporaryDirectory(dir=session.folder, prefix=MAKING) as folder:
        output = Path(folder) / f"{name}.xml"
        taught = fit(session, backbone, step, output, name=name, false_alarm_rate=false_alarm_rate, device=device)
        if key is not None:
            write_signature(output, taught.bundle.sha256, key)
        sheet = _contact_sheet(session, taught)
        delivered = deliver(output)
    state = step.state(len(session.states) + 1, taught.bundle)
    session.record(state)
    return Made(taught, state, delivered, sheet)


def _contact_sheet(session: Session, taught: Taught) -> Path | None:
    path = session.folder / "suspects.png"
    if not taught.suspects:
        path.unlink(missing_ok=True)
        return None
    pixels = session.read([suspect.kept for suspect in taught.suspects])
    write_contact_sheet(path, [suspect.tile(each) for suspect, each in zip(taught.suspects, pixels, strict=True)])
    return path


def into_store(store: ModelStore, name: str, admit: Admit) -> Deliver:
    """Installs a bundle as a candidate; what is active stays active."""
    return lambda bundle: str(store.install(bundle, name, admit))


def to_file(output: Path) -> Deliver:
    """Copies a bundle, and its signature if it has one, to a file of the user's; one of an older model goes."""

    def deliver(bundle: Path) -> str:
        copy_bundle(bundle, output)
        _copy_signature(bundle, output)
        return str(output)

    return deliver


def _copy_signature(bundle: Path, output: Path) -> None:
    signature = signature_path(output)
    if signature_path(bundle).is_file():
        write_file(signature, signature_path(bundle).read_bytes())
        return
    try:
        signature.unlink(missing_ok=True)
    except OSError as error:
        raise TeachingError(f"cannot remove {signature}: {error.strerror}", hint="check its owner") from error
