"""The model bundle: ``bottle.xml`` and ``bottle.bin`` with the card inside, proved whole before it is used.

OpenVINO loads a weight file with a flipped bit without a word. So the card carries the sha256 of both files, and
the bytes that were hashed are the bytes that OpenVINO gets: each file is read once.
"""

from __future__ import annotations

import hashlib
import html
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import openvino as ov
from pydantic import ValidationError

from edge.durable import sync
from edge.errors import BundleError, CardError
from edge.inference.card import SCHEMA, ModelCard

_CARD = re.compile(rb'<card value="([^"]*)"')
_OURS = re.compile(
    rb"edge_ad|bin_sha256|xml_sha256"
)  # any of them: a damaged one of ours is not taken for foreign
_KINDS = "write it with 'edge-ad export --output ...', or see docs/models-from-elsewhere.md"
_BLANK = "0" * 64
_AGAIN = "copy the .xml and .bin of one export again, or export anew"


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
        CardError: the model has an edge-ad card of another schema, or none and is of no kind that is understood.
        EdgeAdError: what ``admit`` raises.
    """
    xml = _read_xml(path)
    return _open(path, xml, admit)[0] if _OURS.search(xml) else _open_foreign(path, xml, admit)


def read_card(path: Path) -> tuple[ModelCard, str]:
    """Proves a bundle of ours whole, without OpenVINO.

    Returns:
        Its card, and the digest that names it, as ``Bundle.sha256``.

    Raises:
        BundleError, CardError: as ``load_bundle``; a model from elsewhere is refused.
    """
    xml = _read_xml(path)
    card, _ = _proved(path, xml)
    return card, hashlib.sha256(xml).hexdigest()


def _open(path: Path, xml: bytes, admit: Admit) -> tuple[Bundle, bytes, bytes]:
    """The bundle, and the bytes of its .xml and .bin that were proved."""
    card, weights = _proved(path, xml)
    sha256 = hashlib.sha256(xml).hexdigest()
    admit(path, sha256)
    return Bundle(path, card, _parsed(path, xml, weights), sha256), xml, weights


def _proved(path: Path, xml: bytes) -> tuple[ModelCard, bytes]:
    """The card of an .xml, and the bytes of the .bin that belongs to it."""
    card = _card_of(xml, path)
    weights = _read(path.with_suffix(".bin"))
    if _digest_of_xml(xml, card.xml_sha256) != card.xml_sha256:
        raise BundleError(f"{path} is damaged: its bytes do not match its own digest", hint=_AGAIN)
    if hashlib.sha256(weights).hexdigest() != card.bin_sha256:
        raise BundleError(f"{path.with_suffix('.bin')} is damaged or belongs to another .xml", hint=_AGAIN)
    return card, weights


def _open_foreign(path: Path, xml: bytes, admit: Admit) -> Bundle:
    from edge.inference.foreign.adapt import DOUBT, adapt  # seldom needed

    if not xml.rstrip().endswith(b"</net>"):
        raise BundleError(f"{path} is cut off", hint=_AGAIN)
    weights = _read(path.with_suffix(".bin"))
    xml_sha256, bin_sha256 = hashlib.sha256(xml).hexdigest(), hashlib.sha256(weights).hexdigest()
    sha256 = hashlib.sha256(f"{xml_sha256} {bin_sha256}".encode()).hexdigest()
    admit(path, sha256)
    model = _parsed(path, xml, weights)
    try:
        model, card = adapt(model, path.stem, xml_sha256=xml_sha256, bin_sha256=bin_sha256, version=sha256[:12])
    except CardError as error:
        raise CardError(f"cannot use {path}: {error.message}", hint=error.hint or _KINDS) from error
    except ValidationError as error:
        first = error.errors()[0]
        what = f"its {'.'.join(map(str, first['loc']))} {first['input']!r}: {first['msg']}"
        raise CardError(f"cannot use {path}: {what}", hint=_KINDS) from error
    except RuntimeError as error:
        raise CardError(f"cannot use {path}: {_last_line(error)}", hint=_KINDS) from error
    return Bundle(path, card, model, sha256, DOUBT)


def _parsed(path: Path, xml: bytes, weights: bytes) -> ov.Model:
    try:
        return ov.Core().read_model(xml, weights)
    except RuntimeError as error:
        raise BundleError(f"OpenVINO cannot read {path}: {_last_line(error)}", hint=_AGAIN) from error


def write_bundle(model: ov.Model, card: ModelCard, path: Path, *, compress_to_fp16: bool) -> Bundle:
    """Writes a model with its card and returns it as read back from disk.

    Both files are written beside their place and then renamed, the .bin first: a reader meets the old pair, the
    new pair, or a pair whose digests differ and which it refuses.

    Args:
        model: graph as ``Bundle.model`` describes it.
        card: without digests; they are filled in here.
        path: of the .xml file to write; its folder is made if need be.
        compress_to_fp16: store float32 constants as float16.
    """
    blank = card.model_copy(update={"bin_sha256": _BLANK, "xml_sha256": _BLANK})
    model.set_rt_info(blank.model_dump_json(by_alias=True), ["edge_ad", "card"])
    xml, weights = _serialized(model, path.name, compress_to_fp16=compress_to_fp16)
    xml = _fill(xml, "bin_sha256", hashlib.sha256(weights).hexdigest())
    xml = _fill(xml, "xml_sha256", hashlib.sha256(xml).hexdigest())
    _place(path, xml, weights)
    return load_bundle(path)


def copy_bundle(source: Path, target: Path, admit: Admit = whoever_made_it) -> Bundle:
    """Copies a bundle's two files under another name, replacing what is there; see ``write_bundle``.

    Args:
        source: of the .xml file of one of ours.
        target: likewise.
        admit: see ``load_bundle``; asked before anything is written.
    """
    _, xml, weights = _open(source, _read_xml(source), admit)
    _place(target, xml, weights)
    return load_bundle(target)


def _serialized(model: ov.Model, name: str, *, compress_to_fp16: bool) -> tuple[bytes, bytes]:
    try:
        with tempfile.TemporaryDirectory() as folder:
            fresh = Path(folder) / name
            ov.save_model(model, fresh, compress_to_fp16=compress_to_fp16)
            return fresh.read_bytes(), fresh.with_suffix(".bin").read_bytes()
    except (OSError, RuntimeError) as error:
        raise BundleError(
            f"cannot write {name} to the temporary folder: {_last_line(error)}",
            hint="free its disk, or name another one with TMPDIR",
        ) from error


def _place(path: Path, xml: bytes, weights: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.stem}-") as folder:
            for place, content in ((path.with_suffix(".bin"), weights), (path, xml)):
                fresh = Path(folder) / place.name
                fresh.write_bytes(content)
                sync(fresh)
                fresh.replace(place)
        sync(path.parent)
    except OSError as error:
        raise BundleError(
            f"cannot write {path}: {error.strerror}", hint="check the folder and the disk"
        ) from error


def _read_xml(path: Path) -> bytes:
    xml = _read(path)
    if not xml.lstrip().startswith(b"<?xml"):
        raise BundleError(f"{path} is not an OpenVINO model", hint="--model takes the .xml file of a bundle")
    return xml


def _card_of(xml: bytes, path: Path) -> ModelCard:
    found = _CARD.search(xml)
    if found is None:
        raise CardError(
            f"{path} has no edge-ad model card, or is cut off", hint="write it with 'edge-ad export --output ...'"
        )
    try:
        return ModelCard.model_validate_json(html.unescape(found[1].decode("utf-8", errors="replace")))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        if where == "schema":
            raise CardError(
                f"the model card in {path} has schema {first['input']}, this version reads {SCHEMA}",
                hint="export the model with this version of edge-ad, or update it here",
            ) from error
        raise CardError(f"the model card in {path} is not valid: {where}: {first['msg']}", hint=_AGAIN) from error


def _digest_of_xml(xml: bytes, own: str) -> str:
    """Digest of the .xml with the digest that it holds of itself read as zeros."""
    return hashlib.sha256(xml.replace(own.encode(), _BLANK.encode(), 1)).hexdigest()


def _fill(xml: bytes, key: str, digest: str) -> bytes:
    mark = html.escape(f'"{key}":"').encode()
    return xml.replace(mark + _BLANK.encode(), mark + digest.encode(), 1)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        hint = "a bundle is a .xml and a .bin file side by side; check the path"
        raise BundleError(f"no such file: {path}", hint=hint) from error
    except OSError as error:
        raise BundleError(f"cannot read {path}: {error.strerror}") from error


def _last_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
