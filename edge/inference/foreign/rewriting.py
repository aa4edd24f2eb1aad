"""Rewriting the graph of a model from elsewhere: the camera's bytes in, one score and one map out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import openvino as ov
from openvino import opset13 as ops
from openvino.preprocess import PrePostProcessor

from edge.errors import CardError
from edge.inference.foreign.reading import Size

SETTINGS = {"image_sensitivity", "pixel_sensitivity"}
NEUTRAL = 0.5


def one_picture(model: ov.Model) -> str:
    """Makes the graph take one picture of three channels, as yet of any size.

    Sensitivities that could be set from outside become constants: 0.5 leaves the scores as they are, and the
    threshold stands outside the graph.

    Returns:
        The layout of its input, NCHW or NHWC.

    Raises:
        CardError: it does not take one colour picture.
    """
    for parameter in model.get_parameters():
        if parameter.output(0).get_names() & SETTINGS:
            parameter.output(0).replace(ops.constant(np.float32(NEUTRAL)).output(0))
            model.remove_parameter(parameter)
    shapes = [value.get_partial_shape() for value in model.inputs]
    if len(shapes) == 1 and shapes[0].rank.is_dynamic:
        shapes = [ov.PartialShape([-1, 3, -1, -1])]
    for layout, channels in (("NCHW", 1), ("NHWC", 3)):
        if (
            len(shapes) == 1
            and len(shapes[0]) == 4
            and shapes[0][0].compatible(ov.Dimension(1))
            and shapes[0][channels].compatible(ov.Dimension(3))
        ):
            shapes[0][0], shapes[0][channels] = ov.Dimension(1), ov.Dimension(3)
            model.reshape(shapes[0])
            return layout
    raise CardError(f"it takes {', '.join(map(str, shapes))} and not one colour picture")


def take_bytes(
    model: ov.Model,
    size: Size,
    layout: str,
    *,
    reverse: bool,
    mean: Sequence[float] = (),
    scale: Sequence[float] = (),
) -> ov.Model:
    """Makes the graph take uint8 [1, H, W, 3] BGR of a fixed size.

    Args:
        model: see ``one_picture``.
        size: (height, width).
        layout: of its input now.
        reverse: the model wants RGB.
        mean: subtracted from each channel of the values 0 to 255, in the model's order of channels.
        scale: that is then divided by.
    """
    height, width = size
    model.reshape([1, 3, height, width] if layout == "NCHW" else [1, height, width, 3])
    change = PrePostProcessor(model)
    change.input().tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
    change.input().model().set_layout(ov.Layout(layout))
    steps = change.input().preprocess()
    if reverse:
        steps.reverse_channels()
    if mean or scale:
        steps.convert_element_type(ov.Type.f32)
    if mean:
        steps.mean(_three(mean))
    if scale:
        steps.scale(_three(scale))
    return change.build()


def _three(values: Sequence[float]) -> list[float]:
    if len(values) not in {1, 3}:
        raise CardError(f"mean or scale has {len(values)} values for three channels")
    return [float(value) for value in (values if len(values) == 3 else [*values] * 3)]


def give_raw(
    model: ov.Model,
    score: ov.Output | None,
    anomaly_map: ov.Output | None,
    size: Size,
    cut: tuple[Size, Size] | None,
) -> ov.Model:
    """The graph with ``pred_score`` [1] and, if it has a map, ``anomaly_map`` [1, 1, H, W], both float32.

    Args:
        model: see ``take_bytes``.
        score: of one picture; None for the map's maximum.
        anomaly_map: of one picture; None for a model without.
        size: (height, width) of the picture, which the map is brought to.
        cut: see ``Inside``; what was cut off is 0 in the map.

    Raises:
        CardError: score or map have shapes that cannot be understood.
    """
    results = []
    flat_map = None if anomaly_map is None else _one_map(anomaly_map)
    if score is None and flat_map is not None:
        score = ops.reduce_max(flat_map, _whole(1, 2, 3), keep_dims=False).output(0)
    if score is None or score.get_partial_shape().is_dynamic or np.prod(list(score.get_shape()), dtype=int) != 1:
        raise CardError(
            f"its score has shape {'none' if score is None else score.get_partial_shape()}, not one number"
        )
    results.append(_named(ops.reshape(_float(score), _whole(1), special_zero=False), "pred_score"))
    if flat_map is not None:
        results.append(_named(_over_picture(flat_map, size, cut), "anomaly_map"))
    return ov.Model(results, model.get_parameters(), model.get_friendly_name())


def _one_map(value: ov.Output) -> ov.Node:
    shape = value.get_partial_shape()
    sides = [] if shape.is_dynamic else list(shape.to_shape())
    if len(sides) < 2 or np.prod(sides, dtype=int) != sides[-2] * sides[-1] or min(sides[-2:]) < 2:
        raise CardError(f"its anomaly map has shape {shape}, not one value for each place")
    return ops.reshape(_float(value), _whole(1, 1, *sides[-2:]), special_zero=False)


def _over_picture(anomaly_map: ov.Node, size: Size, cut: tuple[Size, Size] | None) -> ov.Node:
    if cut is not None:
        before, after = cut
        lost = [whole - seen for whole, seen in zip(before, after, strict=True)]
        begin = [side // 2 for side in lost]
        end = [side - first for side, first in zip(lost, begin, strict=True)]
        anomaly_map = ops.pad(
            _resized(anomaly_map, after),
            _whole(0, 0, *begin),
            _whole(0, 0, *end),
            "constant",
            ops.constant(np.float32(0)),
        )
    return _resized(anomaly_map, size)


def _resized(anomaly_map: ov.Node, size: Size) -> ov.Node:
    if tuple(anomaly_map.output(0).get_shape())[2:] == size:
        return anomaly_map
    sides, axes = _whole(*size), _whole(2, 3)
    return ops.interpolate(
        anomaly_map, sides, "linear_onnx", "sizes", axes=axes, coordinate_transformation_mode="half_pixel"
    )


def _whole(*numbers: int) -> ov.Node:
    return ops.constant(np.array(numbers, np.int64))


def _float(value: ov.Output) -> ov.Node:
    return ops.convert(value, "f32")


def _named(node: ov.Node, name: str) -> ov.Output:
    value: ov.Output = node.output(0)
    value.get_tensor().set_names({name})
    return value
