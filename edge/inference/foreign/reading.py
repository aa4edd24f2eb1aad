"""What the graph of a model from elsewhere tells: sizes, thresholds, precision. It is not changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import openvino as ov

LEAST_SIDE = 16
Size = tuple[int, int]


@dataclass(frozen=True)
class Inside:
    """What a graph does to a picture before its first convolution.

    Attributes:
        size: (height, width) that it is first brought to; None where it stays as it is given.
        cut: sizes before and after its edges are cut off; None where they are not.
    """

    size: Size | None
    cut: tuple[Size, Size] | None


def size_of_input(model: ov.Model, layout: str) -> Size | None:
    """(height, width) where they are fixed."""
    shape = model.inputs[0].get_partial_shape()
    height, width = shape[layout.index("H")], shape[layout.index("W")]
    return (height.get_length(), width.get_length()) if height.is_static and width.is_static else None


def look_inside(model: ov.Model) -> Inside:
    """Follows the picture up to the first convolution."""
    size, before, after = None, None, None
    for node in model.get_ordered_ops():
        kind = node.get_type_name()
        if kind in {"Convolution", "MatMul"}:
            break
        here = _picture_size(node.output(0)) if node.get_output_size() else None
        if here is None or kind in {"Constant", "Parameter"}:
            continue
        if kind == "Interpolate":
            size = size or here
        elif kind in {"Slice", "StridedSlice", "Crop"}:
            before = before or _picture_size(node.input_value(0)) or here
            after = here
    cut = (before, after) if before is not None and after is not None and before != after else None
    return Inside(size or after, cut)


def _picture_size(value: ov.Output) -> Size | None:
    shape = value.get_partial_shape()
    if shape.rank.is_dynamic or len(shape) != 4 or shape.is_dynamic or list(shape.to_shape())[:2] != [1, 3]:
        return None
    height, width = list(shape.to_shape())[2:]
    return (height, width) if min(height, width) >= LEAST_SIDE else None


def output_named(model: ov.Model, name: str) -> ov.Output | None:
    """The value that goes to the output of that name; None where there is no such output."""
    for output in model.outputs:
        if name in output.get_names():
            return output.get_node().input_value(0)
    return None


def boundary(model: ov.Model, name: str) -> float | None:
    """The constant that an output of labels or masks compares with; None where there is none to be found."""
    labels = output_named(model, name)
    nodes = list(_past_conversions(labels))
    if nodes and nodes[-1].get_type_name() in {"Greater", "GreaterEqual"}:
        constant = list(_past_conversions(nodes[-1].input_value(1)))[-1]
        if constant.get_type_name() == "Constant" and constant.data.size == 1:
            return float(constant.data.flat[0])
    return None


def _past_conversions(value: ov.Output | None) -> Iterator[ov.Node]:
    while value is not None:
        node = value.get_node()
        yield node
        value = node.input_value(0) if node.get_type_name() == "Convert" else None


def upper_end(score: ov.Output | None) -> float | None:
    """Where the graph cuts a score off; None where it does not."""
    if score is None or score.get_node().get_type_name() != "Clamp":
        return None
    return float(score.get_node().get_attributes()["max"])


def precision_of(model: ov.Model) -> str:
    """int8, fp16 or fp32: of the weights."""
    kinds = {node.get_type_name() for node in model.get_ops()}
    if "FakeQuantize" in kinds:
        return "int8"
    types = {node.get_element_type() for node in model.get_ops() if node.get_type_name() == "Constant"}
    return "fp16" if ov.Type.f16 in types else "fp32"
