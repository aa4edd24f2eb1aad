"""A network as an OpenVINO graph: the camera's bytes in, what its scorer takes out."""

from __future__ import annotations

import warnings

import openvino as ov
import torch
from openvino._offline_transformations import compress_model_transformation
from torch import nn


def to_openvino(network: nn.Module, size: tuple[int, int]) -> ov.Model:
    """Converts a float network.

    Args:
        network: see ``train.models.kind.Kind.network``.
        size: (height, width) of the pictures.

    Returns:
        Graph with static shapes: ``input`` uint8 [1, H, W, 3] BGR; outputs float32 [1, ...],
        named as the network's attribute ``outputs`` says.
    """
    example = torch.zeros((1, *size, 3), dtype=torch.uint8)
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tracing warns of every shape that becomes a constant, as is wanted here
        model = ov.convert_model(network.cpu().eval(), example_input=example, input=[([1, *size, 3], ov.Type.u8)])
    model.inputs[0].get_tensor().set_names({"input"})
    for output, name in zip(model.outputs, network.outputs, strict=True):
        output.get_tensor().set_names({name})
    return model


def halved(network: ov.Model) -> ov.Model:
    """A copy whose weights are float16; what it computes with them stays float32.

    To be done before a scorer is fitted and attached: compressed as a whole, a graph rounds the scorer's constants
    too, and a density divides by deviations that float16 cannot hold.
    """
    copy = network.clone()
    compress_model_transformation(copy)
    return copy
