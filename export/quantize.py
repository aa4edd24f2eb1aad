"""INT8: of the feature extractor only, by NNCF's post-training quantization on good pictures.

The scorer is fitted afterwards, on the features that the quantized network gives, and stays in float. Quantizing
the whole graph instead ruins it: distances and their square roots do not survive 8 bits.

Of the network, what leads to an output that is a vector stays in float too: the encoders of ``lake`` and
``dagmm``. Their decoders are quantized, and so is the network of ``dfkde``, whose density takes means of maps.
"""

from __future__ import annotations

import contextlib
import io
import logging
import math
from collections.abc import Container, Sequence
from typing import TypeVar

import nncf
import numpy as np
import openvino as ov
from nncf.quantization.range_estimator import RangeEstimatorParametersSet
from numpy.typing import NDArray
from openvino import opset13 as ops

from edge.errors import TrainingError
from edge.inference.devices import compile_model
from edge.pictures import Picture

PICTURES = 60  # enough for the extremes of parts that are much alike
LEVELS = 255  # steps of 8 bits
Item = TypeVar("Item")
WEIGHTED = {"Convolution", "ConvolutionBackpropData", "GroupConvolution", "MatMul"}
# What only scales or averages is exact in float and costs nothing there; an error is taken against what it gives.
FLOAT_TYPES = ["Divide", "AdaptiveAvgPool"]


def quantize(backbone: ov.Model, pictures: Sequence[Picture]) -> ov.Model:
    """Quantizes weights and activations to 8 bits, but for what leads to vectors; see ``_before_vectors``.

    Args:
        backbone: float graph that takes uint8 [1, H, W, 3].
        pictures: good pictures at the graph's size, for the ranges of activations; ``PICTURES`` of them are shown.

    Raises:
        TrainingError: the network cannot be quantized.
    """
    logging.getLogger("nncf").setLevel(logging.ERROR)  # its own set_log_level quiets every handler there is
    shown = from_all_over(pictures)
    data = nncf.Dataset([picture[None] for picture in shown])
    quiet = io.StringIO()  # NNCF draws its own bars on standard output, which belongs to results
    try:
        with contextlib.redirect_stdout(quiet):
            quantized = nncf.quantize(
                backbone.clone(),
                data,
                preset=nncf.QuantizationPreset.MIXED,
                subset_size=len(shown),
                ignored_scope=nncf.IgnoredScope(
                    names=_before_vectors(backbone), types=FLOAT_TYPES, validate=False
                ),
                advanced_parameters=nncf.AdvancedQuantizationParameters(
                    # Other estimators clip what is rare among good pictures, and defects are rarer still.
                    activations_range_estimator_params=RangeEstimatorParametersSet.MINMAX
                ),
            )
    except (nncf.InternalError, nncf.ValidationError, RuntimeError) as error:
        raise TrainingError(
            f"NNCF cannot quantize this network: {' '.join(str(error).split())[-200:]}",
            hint="use --precision fp16",
        ) from error
    _see_all_brightnesses(quantized)
    return quantized


def from_all_over(found: Sequence[Item], most: int = PICTURES) -> list[Item]:
    """At most so many, evenly from first to last: pictures that were collected in one hour show one light."""
    chosen = np.linspace(0, len(found) - 1, min(most, len(found))).round().astype(int)
    return [found[number] for number in chosen]


def _before_vectors(network: ov.Model) -> list[str]:
    """Names of all operations between an output that is a vector, [1, d], and the input or other outputs.

    A density of such vectors divides by the narrowest deviation of good parts, which is less than the rounding of
    a network in 8 bits: a mixture on a latent of 8 bits tells defects worse than one on a latent in float.
    """
    ends = {output.get_node().input_value(0).get_node().get_friendly_name() for output in network.outputs}
    found: dict[str, str] = {}
    for output in network.outputs:
        if len(output.partial_shape) == 2:
            _gather_before(output.get_node().input_value(0).get_node(), found, ends)
    return list(found)


def _see_all_brightnesses(model: ov.Model) -> None:
    """Widens the quantizers of what the camera shows to all that it can show, from black to white.

    NNCF takes their ranges from the good pictures, and would show the network a glint, brighter than all of them,
    as their brightest pixel.
    """
    extremes = [np.full(model.input().shape, level, dtype=np.uint8) for level in (0, 255)]
    for op in model.get_ordered_ops():
        if op.get_type_name() == "FakeQuantize" and _is_picture(op.input_value(0).get_node()):
            seen = [_at(op.input_value(0), model, picture) for picture in extremes]
            _set_range(op, float(np.min(seen)), float(np.max(seen)))


def _is_picture(op: ov.Node) -> bool:
    """Whether no weights come before: these are the camera's bytes, scaled, turned or averaged."""
    before: dict[str, str] = {}
    _gather_before(op, before)
    return "Parameter" in before.values() and WEIGHTED.isdisjoint(before.values())


def _gather_before(op: ov.Node, kinds: dict[str, str], ends: Container[str] = ()) -> None:
    """Adds name and kind of an operation and of all that come before it, not going on at the ends."""
    kinds[op.get_friendly_name()] = op.get_type_name()
    for value in op.input_values():
        name = value.get_node().get_friendly_name()
        if name not in kinds and name not in ends:
            _gather_before(value.get_node(), kinds, ends)


def _at(value: ov.Output, model: ov.Model, picture: Picture) -> NDArray[np.float32]:
    """What is there when the camera shows this picture."""
    compiled, _ = compile_model(ov.Model([value], model.get_parameters()), device="CPU")
    return np.asarray(compiled(picture)[0])


def _set_range(quantizer: ov.Node, low: float, high: float) -> None:
    """Sets its range; 0, which the borders are padded with, stays one of its levels."""
    below = math.ceil(-low / (high - low) * LEVELS) if low < 0 < high else 0
    low = -high * below / (LEVELS - below) if below else low
    for number, bound in ((1, low), (2, high), (3, low), (4, high)):
        shape = quantizer.input_value(number).get_shape()
        constant = ops.constant(np.full(shape, bound, dtype=np.float32))
        quantizer.input(number).replace_source_output(constant.output(0))
