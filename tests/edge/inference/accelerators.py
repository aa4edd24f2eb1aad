"""The seam to the accelerator: devices that this computer has not, played by its CPU."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import openvino as ov

from edge.errors import DeviceError
from edge.inference.bundle import Bundle
from edge.inference.engine import Engine, Prepared, Raw

# As OpenVINO 2026.4 says of its plugins.
CAPABILITIES = {"GPU": ["FP32", "BIN", "FP16", "INT8", "EXPORT_IMPORT"], "NPU": ["FP16", "INT8", "EXPORT_IMPORT"]}
PROPERTIES = {
    "GPU": {"PERFORMANCE_HINT", "INFERENCE_PRECISION_HINT", "CACHE_DIR"},
    "NPU": {"PERFORMANCE_HINT", "CACHE_DIR"},
}


class ScriptedCore:
    """OpenVINO with more devices.

    Args:
        devices: beside the CPU.
        broken: those that cannot compile, with what their driver says.
        lost_after: pictures, golden ones included, after which the other devices are lost; None for never.
    """

    def __init__(
        self, *devices: str, broken: Mapping[str, str] | None = None, lost_after: int | None = None
    ) -> None:
        self.available_devices = ["CPU", *devices]
        self.asked: dict[str, dict[str, str]] = {}
        self._broken = broken or {}
        self._left = itertools.repeat(True) if lost_after is None else itertools.repeat(True, lost_after)
        self._core = ov.Core()

    def __call__(self) -> ScriptedCore:
        return self

    def read_model(self, xml: bytes, weights: bytes) -> ov.Model:
        return self._core.read_model(xml, weights)

    def get_property(self, device: str, name: str) -> Any:
        if device == "CPU":
            return self._core.get_property(device, name)
        kind = device.split(".")[0]
        return {"OPTIMIZATION_CAPABILITIES": CAPABILITIES, "SUPPORTED_PROPERTIES": PROPERTIES}[name][kind]

    def compile_model(self, model: ov.Model, device: str, settings: dict[str, str]) -> Any:
        self.asked[device] = settings
        if device in self._broken:
            raise RuntimeError(f"Exception from src/plugin.cpp:1:\n{self._broken[device]}\n")
        if device != "CPU" and settings.keys() - PROPERTIES[device.split(".")[0]]:
            raise RuntimeError(f"NotFound: {device} does not know {settings}")
        if device == "CPU":
            return self._core.compile_model(model, "CPU", settings)
        return LosableModel(
            self._core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"}), self._left
        )


class LosableModel:
    """A compiled model that runs pictures as long as there is a next in ``left``."""

    def __init__(self, compiled: ov.CompiledModel, left: Iterator[bool]) -> None:
        self._compiled, self._left = compiled, left

    def get_property(self, name: str) -> Any:
        return self._compiled.get_property(name)

    def create_infer_request(self) -> LosableRequest:
        return LosableRequest(self._compiled.create_infer_request(), self._left)


class LosableRequest:
    def __init__(self, request: ov.InferRequest, left: Iterator[bool]) -> None:
        self._request, self._left = request, left

    def infer(self, inputs: dict[int, Any], *, share_inputs: bool) -> None:
        if not next(self._left, False):
            raise RuntimeError("Exception from src/request.cpp:1:\n[GPU] CL_OUT_OF_RESOURCES\n")
        self._request.infer(inputs, share_inputs=share_inputs)

    def get_tensor(self, name: str) -> ov.Tensor:
        return self._request.get_tensor(name)


class LosableEngine(Engine):
    """A GPU whose driver is lost while it runs the picture with a given number, and stays lost.

    Args:
        fails_at: of the pictures it is given, from 0, golden ones included.
        factor: its scores against those of the CPU.
    """

    def __init__(self, bundle: Bundle, *, fails_at: int, factor: float = 1.0) -> None:
        super().__init__(bundle, device="CPU", jobs=4)
        self.device = "GPU"
        self.given = 0
        self._fails_at, self._factor = fails_at, factor

    def run(self, prepared: Prepared) -> Raw:
        number, self.given = self.given, self.given + 1
        if number >= self._fails_at:
            raise DeviceError("inference failed on GPU: CL_OUT_OF_RESOURCES", hint="try --device CPU")
        raw = super().run(prepared)
        return Raw(raw.score * self._factor, raw.anomaly_map, raw.preprocess_ms, raw.inference_ms)
