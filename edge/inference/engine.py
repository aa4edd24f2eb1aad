"""Runs a bundle: pictures in, raw scores and maps out, several requests in flight."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
from numpy.typing import NDArray

from edge.errors import DeviceError
from edge.inference.bundle import Bundle
from edge.inference.devices import Hint, compile_model
from edge.pictures import Picture, prepare


@dataclass(frozen=True, slots=True)
class Raw:
    """What the graph gave for one picture.

    Attributes:
        score: raw, higher is more anomalous; may be NaN.
        anomaly_map: float32 [H, W] at the model's size, raw; None where the model has none.
        preprocess_ms: resizing.
        inference_ms: from the start of the request to its result, waiting for a free device included.
    """

    score: float
    anomaly_map: NDArray[np.float32] | None
    preprocess_ms: float
    inference_ms: float


Done = Callable[[Any, Raw], None]


class Engine:
    """A compiled bundle with a bounded number of requests in flight.

    ``submit`` resizes in the caller's thread and returns as soon as a request is free, so the next picture is
    resized while the one before is inferred. Results arrive through ``done``, in a thread of OpenVINO's, in any
    order.

    Args:
        bundle: a verified bundle.
        device: "AUTO", "CPU", "GPU", "NPU".
        jobs: requests in flight; 1 for the lowest latency, more for throughput.
        hint: what the device optimizes for.
        cache_dir: where compiled models are kept between starts.
        done: called with the token given to ``submit`` and the result.

    Raises:
        DeviceError: the device is unknown or cannot run the model.
    """

    def __init__(
        self,
        bundle: Bundle,
        *,
        device: str = "AUTO",
        jobs: int = 2,
        hint: Hint = "latency",
        precision: str | None = None,
        cache_dir: Path | None = None,
        done: Done | None = None,
    ) -> None:
        self.bundle = bundle
        self.size = bundle.card.size
        self._compiled, self.device = compile_model(
            bundle.model,
            device=device,
            precision=precision or bundle.card.inference_precision,
            hint=hint,
            cache_dir=cache_dir,
        )
        self._done = done
        self._queue = ov.AsyncInferQueue(self._compiled, jobs)
        self._queue.set_callback(self._finish)
        self._request = self._compiled.create_infer_request()

    def submit(self, pixels: Picture, token: object) -> None:
        """Starts one picture; waits while all requests are busy.

        Args:
            pixels: uint8 [H, W, 3] BGR of any size.
            token: handed to ``done`` with the result.
        """
        began = time.perf_counter()
        picture = prepare(pixels, self.size)[None]
        started = time.perf_counter()
        self._queue.start_async({0: picture}, (token, began, started), share_inputs=True)

    def wait(self) -> None:
        """Returns when no request is in flight.

        Raises:
            DeviceError: a request failed on the device.
        """
        try:
            self._queue.wait_all()
        except RuntimeError as error:
            raise DeviceError(
                f"inference failed on {self.device}: {' '.join(str(error).split())[-200:]}"
            ) from error

    def infer(self, pixels: Picture) -> Raw:
        """One picture, start to end, in the caller's thread."""
        began = time.perf_counter()
        picture = prepare(pixels, self.size)[None]
        started = time.perf_counter()
        try:
            self._request.infer({0: picture}, share_inputs=True)
        except RuntimeError as error:
            raise DeviceError(
                f"inference failed on {self.device}: {' '.join(str(error).split())[-200:]}"
            ) from error
        return self._raw(self._request, began, started)

    def _finish(self, request: ov.InferRequest, userdata: tuple[object, float, float]) -> None:
        token, began, started = userdata
        if self._done is not None:
            self._done(token, self._raw(request, began, started))

    def _raw(self, request: ov.InferRequest, began: float, started: float) -> Raw:
        ended = time.perf_counter()
        score = float(request.get_tensor("pred_score").data.flat[0])
        anomaly_map = None
        if self.bundle.card.has_map:
            # The tensor belongs to the request, which may be started again at once: copy.
            anomaly_map = np.array(request.get_tensor("anomaly_map").data[0, 0], dtype=np.float32)
        return Raw(score, anomaly_map, (started - began) * 1e3, (ended - started) * 1e3)
