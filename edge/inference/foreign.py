"""Models from elsewhere: a graph that other tools exported becomes one of ours, with a card that promises nothing.

Two kinds are understood. One has pictures as float RGB in [0, 1] and outputs named ``pred_score`` and
``anomaly_map``, as anomalib 2 exports it. The other describes itself under ``rt_info/model_info``, as anomalib up
to 0.7 and Model API write it. Neither carries a digest, so a damaged file is refused only where OpenVINO notices
it.
"""

from __future__ import annotations

import datetime
from typing import Literal, cast

import openvino as ov

from edge.errors import CardError
from edge.inference import foreign_graph as graph
from edge.inference.card import Calibration, ModelCard
from edge.inference.foreign_info import ModelInfo, read_model_info
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
    named = graph.output_named(model, "pred_score") or graph.output_named(model, "anomaly_map")
    if info is None and named is None:
        raise CardError(
            "it has no edge-ad model card, no rt_info/model_info and no output pred_score or anomaly_map"
        )
    precision = cast(Precision, graph.precision_of(model))
    layout = graph.one_picture(model)
    inside = graph.look_inside(model)
    size = graph.size_of_input(model, layout) or (info and info.size) or inside.size or FREE_SIZE
    score, anomaly_map = _outputs(model)
    highest = graph.upper_end(score)
    threshold, pixel_threshold = _thresholds(model, info)
    model = _taking_bytes(model, info, size, layout, zero_to_one=named is not None)
    score, anomaly_map = _outputs(model)
    model = graph.give_raw(model, score, anomaly_map, size, inside.cut)
    calibration = Calibration(
        method="foreign",
        false_alarm_rate=None,
        threshold=threshold,
        pixel_threshold=None if anomaly_map is None else pixel_threshold,
        pictures=0,
        quantiles=(),
        device="unknown",
        precision=precision,
        time=datetime.datetime.fromtimestamp(0, datetime.UTC),
    )
    card = ModelCard(
        name=name,
        version=version,
        model="foreign",
        precision=precision,
        height=size[0],
        width=size[1],
        resize=RESIZE if info is None else info.resize,
        pad=info.pad_value if info else 0,
        has_map=anomaly_map is not None,
        highest_score=highest,
        training=None,
        calibration=calibration,
        bin_sha256=bin_sha256,
        xml_sha256=xml_sha256,
    )
    return model, card


def _outputs(model: ov.Model) -> tuple[ov.Output | None, ov.Output | None]:
    """Score and map by name; else the first output is the map, or the score where it has too few dimensions."""
    score, anomaly_map = graph.output_named(model, "pred_score"), graph.output_named(model, "anomaly_map")
    if score is not None or anomaly_map is not None:
        return score, anomaly_map
    first = model.outputs[0].get_node().input_value(0)
    rank = first.get_partial_shape().rank
    return (first, None) if rank.is_static and rank.get_length() < 3 else (None, first)


def _thresholds(model: ov.Model, info: ModelInfo | None) -> tuple[float, float | None]:
    """What labels and masks are decided by: the graph's own comparison, else the description, else one half."""
    label, mask = graph.boundary(model, "pred_label"), graph.boundary(model, "pred_mask")
    if info is not None:
        label = info.image_threshold if label is None else label
        mask = info.pixel_threshold if mask is None else mask
        mask = label if mask is None else mask
    named = any(graph.output_named(model, name) for name in ("pred_score", "anomaly_map"))
    if label is None and not named:
        raise CardError("its rt_info/model_info has no image_threshold")
    return graph.NEUTRAL if label is None else label, graph.NEUTRAL if mask is None else mask


def _taking_bytes(
    model: ov.Model, info: ModelInfo | None, size: graph.Size, layout: str, *, zero_to_one: bool
) -> ov.Model:
    if model.inputs[0].get_element_type() == ov.Type.u8:  # its preprocessing is inside already
        return graph.take_bytes(model, size, layout, reverse=False)
    if info is not None and (info.mean_values or info.scale_values or not zero_to_one):
        return graph.take_bytes(
            model,
            size,
            layout,
            reverse=info.reverse_input_channels,
            mean=info.mean_values,
            scale=info.scale_values,
        )
    return graph.take_bytes(model, size, layout, reverse=True, scale=(255.0,))
