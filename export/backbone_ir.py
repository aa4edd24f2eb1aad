"""The extractor as an OpenVINO graph: the camera's bytes in, one feature map per view out."""

from __future__ import annotations

import warnings

import openvino as ov
import torch

from train.backbones.extractor import Extractor


def to_openvino(extractor: Extractor, size: tuple[int, int]) -> ov.Model:
    """Converts the float extractor.

    Args:
        extractor: on the CPU, in evaluation mode.
        size: (height, width) of the pictures.

    Returns:
        Graph with static shapes: ``input`` uint8 [1, H, W, 3] BGR; outputs named after the views' taps,
        float32 [1, C, h, w].
    """
    example = torch.zeros((1, *size, 3), dtype=torch.uint8)
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tracing warns of every shape that becomes a constant, as is wanted here
        model = ov.convert_model(
            extractor.cpu().eval(), example_input=example, input=[([1, *size, 3], ov.Type.u8)]
        )
    model.inputs[0].get_tensor().set_names({"input"})
    for output, view in zip(model.outputs, extractor.views, strict=True):
        output.get_tensor().set_names({view.taps})
    return model
