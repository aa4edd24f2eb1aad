"""What an IR says of itself under ``rt_info/model_info``: thresholds and preprocessing, as text or numbers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import openvino as ov
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from edge.errors import CardError
from edge.inference.fitting import Resize

_RESIZES: dict[str, Resize] = {
    "": "linear",
    "standard": "linear",
    "fit_to_window": "fit",
    "fit_to_window_letterbox": "letterbox",
    "crop": "crop",
}


def _numbers(text: object) -> object:
    return tuple(text.replace(",", " ").strip("[]() ").split()) if isinstance(text, str) else text


Numbers = Annotated[tuple[float, ...], BeforeValidator(_numbers)]


class ModelInfo(BaseModel):
    """The keys that matter for running the model; the others are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore", protected_namespaces=(), allow_inf_nan=False)

    model_type: str = "AnomalyDetection"
    task: Literal["", "classification", "segmentation", "detection"] = ""
    image_threshold: float | None = None
    pixel_threshold: float | None = None
    mean_values: Numbers = ()
    scale_values: Numbers = ()
    reverse_input_channels: bool = False
    embedded_processing: bool = False
    resize_type: Literal["", "standard", "fit_to_window", "fit_to_window_letterbox", "crop"] = ""
    pad_value: int = Field(default=0, ge=0, le=255)
    image_shape: Numbers = ()
    orig_height: int = 0
    orig_width: int = 0

    @property
    def resize(self) -> Resize:
        return _RESIZES[self.resize_type]

    @property
    def size(self) -> tuple[int, int] | None:
        """(height, width) that the model was made for, as far as it says."""
        if len(self.image_shape) == 2:
            return int(self.image_shape[0]), int(self.image_shape[1])
        if self.orig_height and self.orig_width:
            return self.orig_height, self.orig_width
        return None


def read_model_info(model: ov.Model) -> ModelInfo | None:
    """The model's own description; None where it has none.

    Raises:
        CardError: it describes a model of another kind, or a value cannot be understood.
    """
    if not model.has_rt_info(["model_info"]):
        return None
    given: dict[str, Any] = model.get_rt_info(["model_info"]).value
    try:
        info = ModelInfo.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"][:1])
        raise CardError(f"its rt_info/model_info: {where} {first['input']!r}: {first['msg']}") from error
    if info.model_type.lower() not in {"anomalydetection", "anomaly_detection", "anomaly"}:
        raise CardError(
            f"it is a model of type {info.model_type}", hint="--model takes a model of type AnomalyDetection"
        )
    return info
