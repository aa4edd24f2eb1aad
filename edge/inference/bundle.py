"""The model bundle: ``bottle.xml`` and ``bottle.bin`` with the card inside, proved whole before it is used."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from shlex import quote

import openvino as ov
from pydantic import ValidationError

from edge.errors import BundleError, CardError
from edge.inference.card import ModelCard
from edge.inference.sealed import (
    AGAIN,
    card_as,
    card_text,
    kind_of,
    last_line,
    parsed,
    place,
    prove,
    read_bytes,
    read_xml,
    write_sealed,
)

_OURS = re.compile(
    rb"edge_ad|bin_sha256|xml_sha256"
)  # any of them: a damaged one of ours is not taken for foreign
_KINDS = "write it with 'edge-ad export --output ...', or see docs/models-from-elsewhere.md"

Admit = Callable[[Path, str], None]


def whoever_made_it(path: Path, sha256: str) -> None:
    """Admits every bundle that is whole."""


@dataclass(frozen=True)
class Bundle:
    """A verified model with its card.

    Attributes:
        path: of the .xml file.
        card: what the device needs to know.
        model: the OpenVINO graph: uint8 [1, H, W, 3] in, ``pred_score`` and, with a map, ``anomaly_map`` out.
        sha256: hex digest that names this bundle: of the .xml, which itself holds the digest of the .bin; of the
            digests of both for a model from elsewhere.
        doubt: why it cannot be proved whole, one line; empty for one of ours.
    """

    path: Path
    card: ModelCard
    model: ov.Model
    sha256: str
    doubt: str = ""

    def released(self) -> Bundle:
        """The same without the graph, which takes as much memory as the .bin file and is of no use compiled."""
        return replace(self, model=ov.Model([], [], "released"))


def load_bundle(path: Path, admit: Admit = whoever_made_it) -> Bundle:
    """Reads, verifies and parses a bundle; a model from elsewhere is adapted (``edge.inference.foreign``).

    Args:
        path: of the .xml file.
        admit: called with the path and the digest that names the bundle once its bytes are proved whole, before
            OpenVINO sees any of them; raises where it may not be used.

    Raises:
        BundleError: a file is missing, damaged, or the two do not belong together.
        CardError: the model has an edge-ad card of another schema or is a backbone, or it has none and is of no
            kind that is understood.
        EdgeAdError: what ``admit`` raises.
    """
    xml = read_xml(path)
    return _open(path, xml, admit)[0] if _OURS.search(xml) else _open_foreign(path, xml, admit)


def read_card(path: Path) -> tuple[ModelCard, str]:
    """Proves a bundle of ours whole, without OpenVINO.

    Returns:
        Its card, and the digest that names it, as ``Bundle.sha256``.

    Raises:
        BundleError, CardError: as ``load_bundle``; a model from elsewhere is refused.
    """
    xml = read_xml(path)
    card = _card_of(xml, path)
    prove(path, xml, card)
    return card, hashlib.sha256(xml).hexdigest()


def write_bundle(model: ov.Model, card: ModelCard, path: Path, *, compress_to_fp16: bool) -> Bundle:
    """Writes a model with its card and returns it as read back from disk; see ``edge.inference.sealed.place``.

    Args:
        model: graph as ``Bundle.model`` describes it.
        card: without digests; they are filled in here.
        path: of the .xml file to write; its folder is made if need be.
        compress_to_fp16: store float32 constants as float16.
    """
    write_sealed(model, card, path, compress_to_fp16=compress_to_fp16)
    return load_bundle(path)


def copy_bundle(source: Path, target: Path, admit: Admit = whoever_made_it) -> Bundle:
    """Copies a bundle's two files under another name, replacing what is there; see ``write_bundle``.

    Args:
        source: of the .xml file of one of ours.
        target: likewise.
        admit: see ``load_bundle``; asked before anything is written.

    Raises:
        BundleError: as ``load_bundle``.
        CardError: likewise; also for a model from elsewhere, which carries nothing that a copy could be proved by.
    """
    xml = read_xml(source)
    if not _OURS.search(xml):
        hint = f"run it by its path: edge-ad run --model {quote(str(source))}"
        raise CardError(
            f"{source} has no card of edge-ad: no digests, and no golden scores to try it by", hint=hint
        )
    _, xml, weights = _open(source, xml, admit)
    place(target, xml, weights)
    return load_bundle(target)


def _open(path: Path, xml: bytes, admit: Admit) -> tuple[Bundle, bytes, bytes]:
    """The bundle, and the bytes of its .xml and .bin that were proved."""
    card = _card_of(xml, path)
    weights = prove(path, xml, card)
    sha256 = hashlib.sha256(xml).hexdigest()
    admit(path, sha256)
    return Bundle(path, card, parsed(path, xml, weights), sha256), xml, weights


def _card_of(xml: bytes, path: Path) -> ModelCard:
    text = card_text(xml, path)
    if kind_of(text) == "backbone":
        hint = f"teach a product with it: edge-ad teach --images good/ --name NAME --backbone {path}"
        raise CardError(f"{path} is a backbone, which knows no product yet", hint=hint)
    return card_as(ModelCard, text, path)


def _open_foreign(path: Path, xml: bytes, admit: Admit) -> Bundle:
    from edge.inference.foreign.adapt import DOUBT, adapt  # seldom needed

    if not xml.rstrip().endswith(b"</net>"):
        raise BundleError(f"{path} is cut off", hint=AGAIN)
    weights = read_bytes(path.with_suffix(".bin"))
    xml_sha256, bin_sha256 = hashlib.sha256(xml).hexdigest(), hashlib.sha256(weights).hexdigest()
    sha256 = hashlib.sha256(f"{xml_sha256} {bin_sha256}".encode()).hexdigest()
    admit(path, sha256)
    model = parsed(path, xml, weights)
    try:
        model, card = adapt(model, path.stem, xml_sha256=xml_sha256, bin_sha256=bin_sha256, version=sha256[:12])
    except CardError as error:
        raise CardError(f"cannot use {path}: {error.message}", hint=error.hint or _KINDS) from error
    except ValidationError as error:
        first = error.errors()[0]
        what = f"its {'.'.join(map(str, first['loc']))} {first['input']!r}: {first['msg']}"
        raise CardError(f"cannot use {path}: {what}", hint=_KINDS) from error
    except RuntimeError as error:
        raise CardError(f"cannot use {path}: {last_line(error)}", hint=_KINDS) from error
    return Bundle(path, card, model, sha256, DOUBT)
