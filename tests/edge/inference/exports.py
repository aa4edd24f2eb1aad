"""Models as other tools export them: a small torch network with the names, types and notes that those give it."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import openvino as ov
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

MEAN, SCALE = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def _channels(values: tuple[float, ...]) -> Tensor:
    return torch.tensor(values).view(1, 3, 1, 1)


class Network(nn.Module):
    """Distance of features from their mean over the picture: a map at half the size, brought to the full one."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(7)
        self.features = nn.Sequential(nn.Conv2d(3, 12, 5, 2, 2), nn.ReLU(), nn.Conv2d(12, 12, 3, 1, 1))

    def forward(self, pixels: Tensor) -> Tensor:
        found = self.features(pixels)
        away = (found - found.mean((2, 3), keepdim=True)).square().sum(1, keepdim=True).sqrt()
        return nn.functional.interpolate(away, size=pixels.shape[-2:], mode="bilinear")


class Whole(nn.Module):
    """As anomalib 2 exports it: preprocessing, network, normalization of scores and thresholds in one graph."""

    def __init__(
        self, *, inner: int | None, crop: int | None = None, images_only: bool = False, boundary: float = 0.5
    ) -> None:
        super().__init__()
        self.inner, self.crop, self.images_only, self.boundary = inner, crop, images_only, boundary
        self.network = Network()
        self.register_buffer("mean", _channels(MEAN))
        self.register_buffer("scale", _channels(SCALE))

    def forward(self, pixels: Tensor) -> dict[str, Tensor]:
        if self.inner is not None:
            pixels = nn.functional.interpolate(pixels, size=(self.inner, self.inner), mode="bilinear")
        if self.inner is not None and self.crop is not None:
            edge = (self.inner - self.crop) // 2
            pixels = pixels[..., edge : edge + self.crop, edge : edge + self.crop]
        anomaly_map = self.network((pixels - self.mean) / self.scale)
        score = ((anomaly_map.amax((-2, -1)).squeeze(1) - 1.6) / 4 + 0.5).clamp(0, 1)
        given = {"pred_score": score, "pred_label": score > self.boundary}
        if not self.images_only:
            given["anomaly_map"] = ((anomaly_map - 1.2) / 4 + 0.5).clamp(0, 1)
            given["pred_mask"] = given["anomaly_map"] > 0.5
        return given


def converted(model: nn.Module, example: Tensor | dict[str, Tensor]) -> ov.Model:
    """A graph by tracing, which torch calls deprecated and OpenVINO still takes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ov.convert_model(model.eval(), example_input=example)


def named_outputs(model: Whole, path: Path, *, input_size: tuple[int, int] | None) -> Path:
    """Input ``input``, batch always and size mostly dynamic; outputs by name; nothing else."""
    height, width = input_size or (128, 128)
    graph = converted(model, torch.rand(1, 3, height, width))
    graph.inputs[0].get_tensor().set_names({"input"})
    with torch.no_grad():
        names = list(model(torch.rand(1, 3, height, width)))
    for output, name in zip(graph.outputs, names, strict=True):
        output.get_tensor().set_names({name})
    graph.reshape(ov.PartialShape([-1, 3, *(input_size or (-1, -1))]))
    ov.save_model(graph, path)
    return path


def by_way_of_onnx(model: Whole, path: Path) -> Path:
    """The same of any size, through ONNX, as those tools do."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model.eval(),
            (torch.rand(2, 3, 128, 160),),
            path.with_suffix(".onnx"),
            dynamo=True,
            input_names=["input"],
            output_names=list(model(torch.rand(1, 3, 128, 160))),
            dynamic_shapes=(dict.fromkeys((0, 2, 3), torch.export.Dim.AUTO),),
            verbose=False,
        )
    ov.save_model(ov.convert_model(path.with_suffix(".onnx")), path)
    return path


def with_model_info(path: Path, *, size: tuple[int, int] = (64, 96), **info: object) -> Path:
    """A network with one output, a raw map, and everything else under ``rt_info/model_info``."""
    graph = converted(Network(), torch.rand(1, 3, *size))
    graph.reshape(ov.PartialShape([-1, 3, *size]))
    for key, value in (DESCRIPTION | info).items():
        if value is not None:
            graph.set_rt_info(value, ["model_info", key])
    ov.save_model(graph, path, compress_to_fp16=False)
    return path


DESCRIPTION: dict[str, object] = {
    "model_type": "AnomalyDetection",
    "task": "segmentation",
    "labels": ["Normal", "Anomaly"],
    "image_threshold": 3.25,
    "pixel_threshold": 2.5,
    "normalization_scale": 12.0,
    "mean_values": [255 * value for value in MEAN],
    "scale_values": [255 * value for value in SCALE],
    "reverse_input_channels": True,
    "orig_height": 64,
    "orig_width": 96,
}


def original(model: nn.Module, rgb: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    """What torch gives for float32 [H, W, 3] RGB."""
    with torch.no_grad():
        given = model(torch.from_numpy(np.ascontiguousarray(rgb.transpose(2, 0, 1)[None])))
    given = given if isinstance(given, dict) else {"anomaly_map": given}
    return {name: value.numpy() for name, value in given.items()}
