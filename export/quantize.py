"""INT8: of the feature extractor only, by NNCF's post-training quantization on good pictures.

The scorer is fitted afterwards, on the features that the quantized network gives, and stays in float. Quantizing
the whole graph instead ruins it: distances and their square roots do not survive 8 bits.
"""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Sequence

import nncf
import numpy as np
import openvino as ov
from nncf.quantization.range_estimator import RangeEstimatorParametersSet
from openvino import opset13 as ops

from edge.errors import TrainingError
from edge.pictures import Picture

PICTURES = 60  # more change nothing that was measured


def quantize(backbone: ov.Model, pictures: Sequence[Picture]) -> ov.Model:
    """Quantizes weights and activations to 8 bits.

    Args:
        backbone: float graph that takes uint8 [1, H, W, 3].
        pictures: good pictures at the graph's size, for the ranges of activations.

    Raises:
        TrainingError: the network cannot be quantized.
    """
    logging.getLogger("nncf").setLevel(logging.ERROR)  # its own set_log_level quiets every handler there is
    data = nncf.Dataset([picture[None] for picture in pictures])
    quiet = io.StringIO()  # NNCF draws its own bars on standard output, which belongs to results
    try:
        with contextlib.redirect_stdout(quiet):
            quantized = nncf.quantize(
                backbone.clone(),
                data,
                preset=nncf.QuantizationPreset.MIXED,
                subset_size=len(pictures),
                advanced_parameters=nncf.AdvancedQuantizationParameters(
                    # Clipping the ranges cost one grey-scale data set 0.01 AUROC; the extremes cost nothing.
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


def _see_all_brightnesses(model: ov.Model) -> None:
    """Widens the quantizers of the camera's bytes to 0..255, where they change no byte.

    NNCF takes its range from the good pictures, and would show the network a glint, brighter than all of them, as
    their brightest pixel; an autoencoder's error would be taken against that picture as well.
    """
    for op in model.get_ops():
        if op.get_type_name() != "FakeQuantize" or not _is_bytes(op.input_value(0).get_node()):
            continue
        for number, bound in ((1, 0.0), (2, 255.0), (3, 0.0), (4, 255.0)):
            shape = op.input_value(number).get_shape()
            constant = ops.constant(np.full(shape, bound, dtype=np.float32))
            op.input(number).replace_source_output(constant.output(0))


def _is_bytes(op: ov.Node) -> bool:
    """Whether these are the camera's bytes as floats, perhaps in another order or averaged."""
    while op.get_type_name() in ("Transpose", "Reshape", "AdaptiveAvgPool", "FakeQuantize"):
        op = op.input_value(0).get_node()
    return op.get_type_name() == "Convert" and op.input_value(0).get_element_type() == ov.Type.u8
