"""Two files that prove themselves whole: an OpenVINO graph as .xml and .bin with a card of JSON inside.

OpenVINO loads a weight file with a flipped bit without a word. So the card carries the sha256 of both files, and
the bytes that were hashed are the bytes that OpenVINO gets: each file is read once. Models and backbones are
sealed alike; they differ in their cards.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
import tempfile
from pathlib import Path
from typing import Protocol, Self, TypeVar

import openvino as ov
from pydantic import BaseModel, ValidationError

from edge.durable import sync
from edge.errors import BundleError, CardError
from edge.inference.card import SCHEMA

_CARD = re.compile(rb'<card value="([^"]*)"')
_BLANK = "0" * 64
AGAIN = "copy the .xml and .bin of one export again, or export anew"


CardT = TypeVar("CardT", bound=BaseModel)


class SealedCard(Protocol):
    """What every card has."""

    @property
    def xml_sha256(self) -> str:
        """Of the .xml file with these 64 digits themselves read as zeros."""

    @property
    def bin_sha256(self) -> str:
        """Of the .bin file."""

    def model_copy(self, *, update: dict[str, object]) -> Self:
        """The card with other digests."""

    def model_dump_json(self, *, by_alias: bool) -> str:
        """As it stands in the .xml file."""


def read_xml(path: Path) -> bytes:
    """The .xml file.

    Raises:
        BundleError: it cannot be read, or is no OpenVINO model.
    """
    xml = read_bytes(path)
    if not xml.lstrip().startswith(b"<?xml"):
        raise BundleError(f"{path} is not an OpenVINO model", hint="--model takes the .xml file of a bundle")
    return xml


def card_text(xml: bytes, path: Path) -> str:
    """The card's JSON, unchecked.

    Raises:
        CardError: there is none.
    """
    found = _CARD.search(xml)
    if found is None:
        raise CardError(
            f"{path} has no edge-ad model card, or is cut off", hint="write it with 'edge-ad export --output ...'"
        )
    return html.unescape(found[1].decode("utf-8", errors="replace"))


def kind_of(card: str) -> str:
    """What a card says it is of: ``model`` or ``backbone``; ``model`` where it cannot be read."""
    try:
        content = json.loads(card)
    except (ValueError, RecursionError):  # told by the card's own check, with the place
        return "model"
    return str(content.get("kind", "model")) if isinstance(content, dict) else "model"


def card_as(kind: type[CardT], text: str, path: Path) -> CardT:
    """A card, checked.

    Raises:
        CardError: it is of another schema, or not valid.
    """
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        if where == "schema":
            raise CardError(
                f"the model card in {path} has schema {first['input']}, this version reads {SCHEMA}",
                hint="export the model with this version of edge-ad, or update it here",
            ) from error
        raise CardError(f"the model card in {path} is not valid: {where}: {first['msg']}", hint=AGAIN) from error


def prove(path: Path, xml: bytes, card: SealedCard) -> bytes:
    """Checks both files against the digests of the card.

    Args:
        path: of the .xml file.
        xml: its bytes.
        card: that they hold.

    Returns:
        The bytes of the .bin file.

    Raises:
        BundleError: a file is missing, damaged, or the two do not belong together.
    """
    weights = read_bytes(path.with_suffix(".bin"))
    if _digest_of_xml(xml, card.xml_sha256) != card.xml_sha256:
        raise BundleError(f"{path} is damaged: its bytes do not match its own digest", hint=AGAIN)
    if hashlib.sha256(weights).hexdigest() != card.bin_sha256:
        raise BundleError(f"{path.with_suffix('.bin')} is damaged or belongs to another .xml", hint=AGAIN)
    return weights


def parsed(path: Path, xml: bytes, weights: bytes) -> ov.Model:
    """The graph of proved bytes.

    Raises:
        BundleError: OpenVINO cannot read it.
    """
    try:
        return ov.Core().read_model(xml, weights)
    except RuntimeError as error:
        raise BundleError(f"OpenVINO cannot read {path}: {last_line(error)}", hint=AGAIN) from error


def write_sealed(model: ov.Model, card: SealedCard, path: Path, *, compress_to_fp16: bool) -> None:
    """Writes a graph with its card; see ``place``.

    Args:
        model: the graph; the card is put into its ``rt_info``.
        card: without digests; they are filled in here.
        path: of the .xml file.
        compress_to_fp16: store float32 constants as float16.

    Raises:
        BundleError: a disk refuses.
    """
    blank = card.model_copy(update={"bin_sha256": _BLANK, "xml_sha256": _BLANK})
    model.set_rt_info(blank.model_dump_json(by_alias=True), ["edge_ad", "card"])
    xml, weights = _serialized(model, path.name, compress_to_fp16=compress_to_fp16)
    xml = _fill(xml, "bin_sha256", hashlib.sha256(weights).hexdigest())
    place(path, _fill(xml, "xml_sha256", hashlib.sha256(xml).hexdigest()), weights)


def place(path: Path, xml: bytes, weights: bytes) -> None:
    """Puts both files in their place.

    They are written beside it and then renamed, the .bin first: a reader meets the old pair, the new pair, or a
    pair whose digests differ and which it refuses.

    Raises:
        BundleError: the disk refuses.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.stem}-") as folder:
            for file, content in ((path.with_suffix(".bin"), weights), (path, xml)):
                fresh = Path(folder) / file.name
                fresh.write_bytes(content)
                sync(fresh)
                fresh.replace(file)
        sync(path.parent)
    except OSError as error:
        raise BundleError(
            f"cannot write {path}: {error.strerror}", hint="check the folder and the disk"
        ) from error


def read_bytes(path: Path) -> bytes:
    """A file of a pair.

    Raises:
        BundleError: it is not there or cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        hint = "a bundle is a .xml and a .bin file side by side; check the path"
        raise BundleError(f"no such file: {path}", hint=hint) from error
    except OSError as error:
        raise BundleError(f"cannot read {path}: {error.strerror}") from error


def last_line(error: BaseException) -> str:
    """Of OpenVINO's errors the line that says what is wrong."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__


def _serialized(model: ov.Model, name: str, *, compress_to_fp16: bool) -> tuple[bytes, bytes]:
    try:
        with tempfile.TemporaryDirectory() as folder:
            fresh = Path(folder) / name
            ov.save_model(model, fresh, compress_to_fp16=compress_to_fp16)
            return fresh.read_bytes(), fresh.with_suffix(".bin").read_bytes()
    except (OSError, RuntimeError) as error:
        raise BundleError(
            f"cannot write {name} to the temporary folder: {last_line(error)}",
            hint="free its disk, or name another one with TMPDIR",
        ) from error


def _digest_of_xml(xml: bytes, own: str) -> str:
    """Digest of the .xml with the digest that it holds of itself read as zeros."""
    return hashlib.sha256(xml.replace(own.encode(), _BLANK.encode(), 1)).hexdigest()


def _fill(xml: bytes, key: str, digest: str) -> bytes:
    mark = html.escape(f'"{key}":"').encode()
    return xml.replace(mark + _BLANK.encode(), mark + digest.encode(), 1)
