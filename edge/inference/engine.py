"""Runs a bundle: pictures in, raw scores and maps out, several requests in flight."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

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


Done = Callable[[Raw], None]


class Engine:
    """A compiled bundle with a bounded number of requests in flight.

    ``submit`` resizes in the caller's thread and returns as soon as a request is free, so the next picture is
    resized while the one before is inferred. Each result goes to the function that came with its picture, in a
    thread of OpenVINO's, in any order. Several threads may submit.

    Args:
        bundle: a verified bundle.
        device: "AUTO", "CPU", "GPU", "NPU".
        jobs: requests in flight; None for what the device advises, but two at least.
        hint: what the device optimizes for.
        precision: INFERENCE_PRECISION_HINT; the one the bundle was calibrated with if None.
        cache_dir: where compiled models are kept between starts; None for no cache.

    Attributes:
        device: the device that runs the model.
        jobs: requests in flight at most.

    Raises:
        DeviceError: the device is unknown or cannot run the model.
    """

    def __init__(
        self,
        bundle: Bundle,
        *,
        device: str = "AUTO",
        jobs: int | None = None,
        hint: Hint = "latency",
        precision: str | None = None,
        cache_dir: Path | None = None,
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
        advised = int(self._compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))
        self.jobs = jobs or max(2, advised)
        self._queue = ov.AsyncInferQueue(self._compiled, self.jobs)
        self._queue.set_callback(self._finish)
        self._request = self._compiled.create_infer_request()
        self._one_starts = threading.Lock()  # the queue itself may hand one idle request to two threads

    def submit(self, pixels: Picture, done: Done) -> None:
        """Starts one picture; waits while all requests are busy.

        Args:
            pixels: uint8 [H, W, 3] BGR of any size.
            done: called with the result; it must not raise.

        Raises:
            DeviceError: a picture submitted before failed on the device.
        """
        began = time.perf_counter()
        picture = prepare(pixels, self.size)[None]
        started = time.perf_counter()
        with self._one_starts, self._failures_named():
            # The request reads the picture's own memory, so the picture travels with it to keep that alive.
            self._queue.start_async({0: picture}, (done, began, started, picture), share_inputs=True)

    def wait(self) -> None:
        """Returns when no request is in flight.

        Raises:
            DeviceError: a request failed on the device.
        """
        with self._failures_named():
            self._queue.wait_all()

    def infer(self, pixels: Picture) -> Raw:
        """One picture, start to end, in the caller's thread; one thread at a time.

        Raises:
            DeviceError: the picture failed on the device.
        """
        began = time.perf_counter()
        picture = prepare(pixels, self.size)[None]
        started = time.perf_counter()
        with self._failures_named():
            self._request.infer({0: picture}, share_inputs=True)
        return self._raw(self._request, began, started)

    @contextmanager
    def _failures_named(self) -> Iterator[None]:
        try:
            yield
        except RuntimeError as error:
            detail = " ".join(str(error).split())[-200:]
            hint = "" if self.device == "CPU" else "try --device CPU"
            raise DeviceError(f"inference failed on {self.device}: {detail}", hint=hint) from error

    def _finish(self, request: ov.InferRequest, userdata: tuple[Done, float, float, Picture]) -> None:
        done, began, started, _ = userdata
        done(self._raw(request, began, started))

    def _raw(self, request: ov.InferRequest, began: float, started: float) -> Raw:
        ended = time.perf_counter()
        score = float(request.get_tensor("pred_score").data.flat[0])
        anomaly_map = None
        if self.bundle.card.has_map:
            # The tensor belongs to the request, which may be started again at once: copy.
            anomaly_map = np.array(request.get_tensor("anomaly_map").data[0, 0], dtype=np.float32)
        return Raw(score, anomaly_map, (started - began) * 1e3, (ended - started) * 1e3)
