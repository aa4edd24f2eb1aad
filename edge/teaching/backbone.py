"""The backbone bundle: a feature network that knows no product yet, sealed like a model, for devices that teach.

``lite0-int8.xml`` and ``lite0-int8.bin`` with a card inside. One quantized backbone serves all products: what is
particular to a product is fitted on the features that this very graph gives.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import numpy as np
import openvino as ov
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.errors import BundleError, CardError
from edge.inference.bundle import Admit, whoever_made_it
from edge.inference.golden import VERSION, agree, golden_pictures
from edge.inference.sealed import card_as, card_text, kind_of, parsed, prove, read_xml, write_sealed
from edge.pictures import RESIZE
from edge.scorers.features import Features
from edge.scorers.padim import PadimOptions

BackbonePrecision = Literal["int8", "fp16"]
_MAKE_ONE = "make one on the workstation: edge-ad export-backbone --output lite0-int8.xml"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False, protected_namespaces=())


class FeatureMap(_Part):
    """One output of the graph, float32 [1, channels, rows, columns]."""

    taps: str = Field(description="group of the network's blocks that it joins; the output has this name")
    stride: int = Field(ge=1, description="pixels of the picture per cell")
    channels: int = Field(ge=1, description="features of each cell")
    rows: int = Field(ge=1, description="of the grid")
    columns: int = Field(ge=1, description="of the grid")


class GoldenFeatures(_Part):
    """What the graph gave for the golden pictures, see ``edge.inference.golden``."""

    version: int = Field(ge=1, description="of the way in which the pictures are drawn")
    values: tuple[float, ...] = Field(description="see ``golden_features``; on the CPU")


class BackboneCard(_Part):
    """The card of one backbone bundle."""

    schema_: Literal[1] = Field(default=1, alias="schema")
    kind: Literal["backbone"] = "backbone"
    name: str = Field(min_length=1, description="of the feature network, e.g. efficientnet-lite0")
    version: str = Field(min_length=1, description="export time, e.g. 20261122T020500Z")
    licence: str = Field(min_length=1, description="licence and origin of the weights")
    precision: BackbonePrecision = Field(description="of the network's weights")
    height: int = Field(ge=16, le=4096, description="rows of the picture that the graph takes")
    width: int = Field(ge=16, le=4096, description="columns of the picture that the graph takes")
    colour: Literal["BGR"] = Field(default="BGR", description="channel order of the uint8 input [1, H, W, 3]")
    resize: Literal["halve-linear"] = Field(default=RESIZE, description="how pictures are brought to that size")
    inference_precision: Literal["f32"] = Field(default="f32", description="INFERENCE_PRECISION_HINT")
    model: Literal["padim"] = Field(default="padim", description="what is fitted on its features")
    options: dict[str, object] = Field(default_factory=dict, description="that model's options")
    views: tuple[FeatureMap, ...] = Field(min_length=1, description="outputs, in their order")
    quantized_on: int = Field(
        default=0, ge=0, description="pictures that set the ranges of 8 bits; 0: drawn ones did"
    )
    listing_sha256: str = Field(default="", description="sha256 over the sorted sha256 of these pictures")
    versions: dict[str, str] = Field(default_factory=dict, description="versions of the packages that made it")
    time: datetime = Field(description="when, UTC")
    golden: GoldenFeatures | None = Field(default=None, description="features that a device has to reproduce")
    bin_sha256: str = Field(default="0" * 64, pattern="^[0-9a-f]{64}$", description="as in a model's card")
    xml_sha256: str = Field(default="0" * 64, pattern="^[0-9a-f]{64}$", description="as in a model's card")

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.height, self.width


@dataclass(frozen=True)
class BackboneBundle:
    """A verified backbone.

    Attributes:
        path: of the .xml file.
        card: what the device needs to know.
        model: the OpenVINO graph: uint8 [1, H, W, 3] in, ``card.views`` out.
        options: of the model that is fitted on it.
        sha256: hex digest that names it, of the .xml, which itself holds the digest of the .bin.
    """

    path: Path
    card: BackboneCard
    model: ov.Model
    options: PadimOptions
    sha256: str


def is_backbone(path: Path) -> bool:
    """Whether a file says that it is a backbone; nothing of it is proved.

    Raises:
        BundleError: it cannot be read, or is no OpenVINO model.
    """
    return _says_backbone(read_xml(path), path)


def load_backbone(path: Path, admit: Admit = whoever_made_it) -> BackboneBundle:
    """Reads, verifies and parses a backbone bundle.

    Args:
        path: of the .xml file.
        admit: as for ``edge.inference.bundle.load_bundle``.

    Raises:
        BundleError: a file is missing, damaged, or the two do not belong together.
        CardError: it is a model, or its card cannot be understood.
        EdgeAdError: what ``admit`` raises.
    """
    xml = read_xml(path)
    if not _says_backbone(xml, path):
        raise CardError(f"{path} is not a backbone but a model", hint=_MAKE_ONE)
    card = card_as(BackboneCard, card_text(xml, path), path)
    weights = prove(path, xml, card)
    sha256 = hashlib.sha256(xml).hexdigest()
    admit(path, sha256)
    return BackboneBundle(path, card, parsed(path, xml, weights), _options_of(card, path), sha256)


def write_backbone(model: ov.Model, card: BackboneCard, path: Path) -> BackboneBundle:
    """Writes a backbone with its card and returns it as read back from disk.

    Its golden features are those of the files as written, where constants are rounded to half precision.

    Raises:
        BundleError: the disk refuses.
    """
    write_sealed(model, card, path, compress_to_fp16=True)
    compiled = Features(load_backbone(path).model, card.size, device="CPU")
    values = golden_features(compiled, card.size)
    known = GoldenFeatures(version=VERSION, values=values)
    write_sealed(model, card.model_copy(update={"golden": known}), path, compress_to_fp16=True)
    return load_backbone(path)


def golden_features(compiled: Features, size: tuple[int, int]) -> tuple[float, ...]:
    """What a backbone gives for the golden pictures: of each picture and each output, mean and deviation."""
    batches = list(compiled.of(golden_pictures(size)))
    views = [np.concatenate(column).astype(np.float64) for column in zip(*batches, strict=True)]
    return tuple(float(figure(picture)) for view in views for picture in view for figure in (np.mean, np.std))


def require_golden_features(backbone: BackboneBundle, compiled: Features) -> None:
    """Tries a backbone: on a CPU it must give the features that it gave where it was made, elsewhere numbers.

    A product is fitted on the features that this very device gives, so what another kind of device rounds
    otherwise does no harm.

    Raises:
        BundleError: it does not, or its card has nothing to compare with.
    """
    golden = backbone.card.golden
    if golden is None or golden.version != VERSION:
        raise BundleError(f"{backbone.path} has no golden features of this version", hint=_MAKE_ONE)
    found = golden_features(compiled, backbone.card.size)
    expected = golden.values if compiled.device.split(".")[0] == "CPU" else found
    if differ := agree(expected, found):
        what = f"{backbone.path} failed its trial: its golden features and those in its card {differ}"
        raise BundleError(what, hint=_MAKE_ONE)


def _says_backbone(xml: bytes, path: Path) -> bool:
    return b"edge_ad" in xml and kind_of(card_text(xml, path)) == "backbone"


def _options_of(card: BackboneCard, path: Path) -> PadimOptions:
    try:
        options = PadimOptions.model_validate(card.options)
    except ValidationError as error:
        first = error.errors()[0]
        what = f"the card in {path} has options that this version does not know: {first['loc']}: {first['msg']}"
        raise CardError(what, hint=_MAKE_ONE) from error
    if [(view.taps, view.stride) for view in options.views()] != [(v.taps, v.stride) for v in card.views]:
        raise CardError(f"the features of {path} are not those that its options ask for", hint=_MAKE_ONE)
    return options
