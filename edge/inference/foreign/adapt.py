"""Models from elsewhere: a graph that other tools exported becomes one of ours, with a card that promises nothing.

Two kinds are understood. One has pictures as float RGB in [0, 1] and outputs named ``pred_score`` and
``anomaly_map``, as anomalib 2 exports it. The other describes itself under ``rt_info/model_info``, as anomalib up
to 0.7 and Model API write it. Neither carries a digest, so a damaged file is refused only where OpenVINO notices
it.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Literal, cast

import openvino as ov

from edge.errors import CardError
from edge.inference.card import Calibration, ModelCard
from edge.inference.foreign import reading, rewriting
from edge.inference.foreign.described import ModelInfo, read_model_info
from edge.pictures import RESIZE

DOUBT = "no digest: the file cannot be proved whole"
FREE_SIZE = (256, 256)  # of a graph that takes pictures of any size and does not resize them itself
Precision = Literal["int8", "fp16", "fp32"]


def adapt(
    model: ov.Model, name: str, *, xml_sha256: str, bin_sha256: str, version: str
) -> tuple[ov.Model, ModelCard]:
    """Rewrites a graph to take and give what ``Bundle.model`` describes.

    Args:
        model: as read; it is changed.
        name: of the file, without suffix.
        xml_sha256, bin_sha256: of its two files.
        version: that is to stand in the card.

    Raises:
        CardError: it is none of the kinds that are understood; the message begins with "it".
    """
    info = read_model_info(model)
    named = _is_named(model)
    if info is None and not named:
        raise CardError(
            "it has no edge-ad model card, no rt_info/model_info and no output pred_score or anomaly_map"
        )
    layout = rewriting.one_picture(model)
    known = _known(model, info, layout)
    model = _taking_bytes(model, info, known.size, layout, zero_to_one=named)
    score, anomaly_map = _outputs(model)
    model = rewriting.give_raw(model, score, anomaly_map, known.size, known.cut)
    card = _card(name, info, known)
    return model, card.model_copy(update={"version": version, "bin_sha256": bin_sha256, "xml_sha256": xml_sha256})


@dataclass(frozen=True)
class _Known:
    """What a model from elsewhere tells of itself, before it is rewritten."""

    size: reading.Size
    cut: tuple[reading.Size, reading.Size] | None
    threshold: float
    pixel_threshold: float | None
    highest: float | None
    precision: Precision
    has_map: bool


def _known(model: ov.Model, info: ModelInfo | None, layout: str) -> _Known:
    inside = reading.look_inside(model)
    score, anomaly_map = _outputs(model)
    threshold, pixel_threshold = _thresholds(model, info)
    return _Known(
        size=reading.size_of_input(model, layout) or (info and info.size) or inside.size or FREE_SIZE,
        cut=inside.cut,
        threshold=threshold,
        pixel_threshold=None if anomaly_map is None else pixel_threshold,
        highest=reading.upper_end(score),
        precision=cast(Precision, reading.precision_of(model)),
        has_map=anomaly_map is not None,
    )


def _is_named(model: ov.Model) -> bool:
    return any(reading.output_named(model, name) for name in ("pred_score", "anomaly_map"))


def _outputs(model: ov.Model) -> tuple[ov.Output | None, ov.Output | None]:
    """Score and map by name; else the first output is the map, or the score where it has too few dimensions."""
    score, anomaly_map = reading.output_named(model, "pred_score"), reading.output_named(model, "anomaly_map")
    if score is not None or anomaly_map is not None:
        return score, anomaly_map
    first = model.outputs[0].get_node().input_value(0)
    rank = first.get_partial_shape().rank
    return (first, None) if rank.is_static and rank.get_length() < 3 else (None, first)


def _thresholds(model: ov.Model, info: ModelInfo | None) -> tuple[float, float | None]:
    """What labels and masks are decided by: the graph's own comparison, else the description, else one half."""
    label, mask = reading.boundary(model, "pred_label"), reading.boundary(model, "pred_mask")
    if info is not None:
        label = info.image_threshold if label is None else label
        mask = info.pixel_threshold if mask is None else mask
        mask = label if mask is None else mask
    if label is None and not _is_named(model):
        raise CardError("its rt_info/model_info has no image_threshold")
    return rewriting.NEUTRAL if label is None else label, rewriting.NEUTRAL if mask is None else mask


def _taking_bytes(
    model: ov.Model, info: ModelInfo | None, size: reading.Size, layout: str, *, zero_to_one: bool
) -> ov.Model:
    if model.inputs[0].get_element_type() == ov.Type.u8:  # its preprocessing is inside already
        return rewriting.take_bytes(model, size, layout, reverse=False)
    if info is not None and (info.mean_values or info.scale_values or not zero_to_one):
        return rewriting.take_bytes(
            model,
            size,
            layout,
            reverse=info.reverse_input_channels,
            mean=info.mean_values,
            scale=info.scale_values,
        )
    return rewriting.take_bytes(model, size, layout, reverse=True, scale=(255.0,))


def _card(name: str, info: ModelInfo | None, known: _Known) -> ModelCard:
    calibration = Calibration(
        method="foreign",
        false_alarm_rate=None,
        threshold=known.threshold,
        pixel_threshold=known.pixel_threshold,
        pictures=0,
        quantiles=(),
        device="unknown",
        precision=known.precision,
        time=datetime.datetime.fromtimestamp(0, datetime.UTC),
    )
    return ModelCard(
        name=name,
        version="unknown",
        model="foreign",
        precision=known.precision,
        height=known.size[0],
        width=known.size[1],
        resize=RESIZE if info is None else info.resize,
        pad=info.pad_value if info else 0,
        has_map=known.has_map,
        highest_score=known.highest,
        training=None,
        calibration=calibration,
    )
