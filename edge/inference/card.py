"""The model card: everything about a bundle that the device needs, carried inside the IR's ``rt_info``.

The card is one JSON text under ``rt_info/edge_ad/card``. Readers pass over unknown keys of a newer minor version
and refuse another ``schema``.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from edge.health.camera_faults.reference import ViewReference
from edge.inference.fitting import Fitting, Resize
from edge.pictures import RESIZE

SCHEMA: Literal[1] = 1
# Fields of a calibration that hold many numbers: left out where people or machines are told of it.
LONG: set[str] = {"quantiles", "peak_quantiles", "highest", "highest_peaks", "view"}


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False, protected_namespaces=())


class Calibration(_Part):
    """How the thresholds were set: on which good parts, by which method, with which promise."""

    method: str = Field(
        description="name of the method in the calibration package, e.g. conformal; foreign: the model's own"
    )
    false_alarm_rate: float | None = Field(
        gt=0,
        lt=1,
        description="share of good parts called anomalous that it was set for; null where for none",
    )
    promised: float | None = Field(
        default=None,
        gt=0,
        le=1,
        description="proven upper bound of that share, with folds for their models only; null: nothing is proven",
    )
    confidence: float | None = Field(
        default=None, ge=0, le=1, description="how likely the actual share is at most the one it was set for"
    )
    interval: tuple[float, float] | None = Field(
        default=None, description="the actual share lies between these with 90 %; null where that is not known"
    )
    warning: str = Field(
        default="", description="what to know about the threshold, one line; empty where all is well"
    )
    how: str = Field(
        default="", description="how it came about, one line, where method and pictures do not say; else empty"
    )
    left_out: int = Field(
        default=0, ge=0, description="good pictures that a person left out because they may show defects"
    )
    folds: int | None = Field(
        default=None, ge=2, description="scores come from models of so many folds; null: from the model itself"
    )
    threshold: float = Field(description="raw score; a part is anomalous when its score is higher")
    pixel_threshold: float | None = Field(
        default=None, description="raw map value from which a pixel belongs to a region; None without a map"
    )
    min_region_px: int = Field(
        default=0, ge=0, description="pixels of the map that a region must have to be shown; 0: any"
    )
    pictures: int = Field(
        ge=0, description="good parts that the threshold rests on; no model that scored one was fitted on it"
    )
    quantiles: tuple[float, ...] = Field(
        description="scores of the good parts at evenly spaced ranks from 0 to 100 %, ascending; or empty"
    )
    peak_quantiles: tuple[float, ...] = Field(
        default=(),
        description="the same of the maxima of their maps; a camera with an ignore mask is judged by these",
    )
    highest: tuple[float, ...] = Field(
        default=(),
        description="the highest scores of the good parts themselves, ascending, 250 or all; empty in old cards",
    )
    highest_peaks: tuple[float, ...] = Field(default=(), description="the same of the maxima of their maps")
    view: ViewReference | None = Field(
        default=None,
        description="what the camera showed of them, to tell faults of the camera from those of a part",
    )
    device: str = Field(description="OpenVINO device the scores were computed on, e.g. CPU")
    precision: str = Field(description="precision of the IR the scores were computed with")
    arithmetic: str = Field(
        default="", description="INFERENCE_PRECISION_HINT they were computed with; empty for the card's"
    )
    time: datetime = Field(description="when, UTC")
    by: str = Field(default="", description="what made it: train, export, calibrate or teach; empty in old cards")

    @model_validator(mode="before")
    @classmethod
    def _of_old(cls, data: object) -> object:
        """Cards had no ``promised`` while every rate in them was a promise."""
        if isinstance(data, dict) and "promised" not in data:
            return {**data, "promised": data.get("false_alarm_rate")}
        return data


class TeachingStep(_Part):
    """One of the occasions on which a device was taught the product."""

    time: datetime = Field(description="when, UTC")
    deed: str = Field(description="taught, added, left out or went back")
    pictures: int = Field(ge=1, description="good pictures in all after it, those for the threshold included")
    added: dict[str, int] = Field(default_factory=dict, description="how many were new, by where they came from")


class Training(_Part):
    """Where the model comes from."""

    pictures: int = Field(ge=1, description="good pictures that the scorer was fitted on")
    listing_sha256: str = Field(
        pattern="^[0-9a-f]{64}$",
        description="sha256 over the sorted sha256 of all pictures given (fit and calibration)",
    )
    fitted: tuple[str, ...] = Field(
        default=(),
        description="first 16 digits of the sha256 of every picture fitted on: no threshold may rest on these",
    )
    seed: int = Field(description="seed of the split and of everything random")
    backbone: str | None = Field(default=None, description="feature extractor, where the model has one")
    backbone_licence: str = Field(default="", description="licence and origin of the backbone's weights")
    backbone_sha256: str | None = Field(
        default=None, description="the backbone bundle that a device was taught with; null for an export"
    )
    history: tuple[TeachingStep, ...] = Field(default=(), description="how a device was taught, step by step")
    versions: dict[str, str] = Field(default_factory=dict, description="versions of the packages that made it")


class Golden(_Part):
    """What a graph gave for the golden pictures, see ``edge.inference.golden``."""

    version: int = Field(ge=1, description="of the way in which the pictures are drawn")
    scores: tuple[float, ...] = Field(description="scores, then maxima of the maps, on the CPU")


class ModelCard(_Part):
    """The card of one bundle."""

    schema_: Literal[1] = Field(default=SCHEMA, alias="schema")
    name: str = Field(min_length=1, description="product or model name shown to people, e.g. bottle")
    version: str = Field(min_length=1, description="version of this bundle: export time, e.g. 20261122T020500Z")
    model: str = Field(description="model family, e.g. padim")
    precision: Literal["int8", "fp16", "fp32"] = Field(description="precision of the network's weights")
    height: int = Field(ge=16, le=4096, description="rows of the picture that the graph takes")
    width: int = Field(ge=16, le=4096, description="columns of the picture that the graph takes")
    colour: Literal["BGR"] = Field(default="BGR", description="channel order of the uint8 input [1, H, W, 3]")
    resize: Resize = Field(default=RESIZE, description="how pictures are brought to that size")
    pad: int = Field(default=0, ge=0, le=255, description="grey level of the bars that fit and letterbox add")
    higher_is: Literal["anomalous"] = Field(default="anomalous", description="direction of the scores")
    has_map: bool = Field(default=True, description="whether the graph gives an anomaly map")
    inference_precision: Literal["f32", "f16", "bf16"] = Field(
        default="f32", description="INFERENCE_PRECISION_HINT that the scores were calibrated with"
    )
    highest_score: float | None = Field(default=None, description="where the graph cuts scores off; null: nowhere")
    options: dict[str, object] = Field(default_factory=dict, description="the model's own options")
    training: Training | None = Field(description="where the model comes from; null for a model from elsewhere")
    calibration: Calibration
    golden: Golden | None = Field(default=None, description="scores that another device has to reproduce")
    bin_sha256: str = Field(default="0" * 64, pattern="^[0-9a-f]{64}$", description="sha256 of the .bin file")
    xml_sha256: str = Field(
        default="0" * 64,
        pattern="^[0-9a-f]{64}$",
        description="sha256 of the .xml file with these 64 digits themselves read as zeros",
    )

    @property
    def fitting(self) -> Fitting:
        """How a camera's picture becomes the graph's."""
        return Fitting(self.size, self.resize, self.pad)

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels, as ``edge.pictures.prepare`` takes it."""
        return self.height, self.width
