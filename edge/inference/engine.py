"""Runs a bundle: a picture in, raw score and map out."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import openvino as ov
from numpy.typing import NDArray

from edge.errors import DeviceError
from edge.inference.bundle import Bundle
from edge.inference.compiled import folder_of
from edge.inference.devices import Hint, compile_model
from edge.pictures import Picture


@dataclass(frozen=True, slots=True)
class Prepared:
    """A picture as the graph takes it.

    Attributes:
        picture: uint8 [H, W, 3] at the model's size.
        preprocess_ms: what bringing it to that size took.
        shape: (height, width) of the picture before.
    """

    picture: Picture
    preprocess_ms: float
    shape: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Raw:
    """What the graph gave for one picture.

    Attributes:
        score: raw, higher is more anomalous; may be NaN.
        anomaly_map: float32 [H, W] at the model's size, raw, over the whole picture; None without a map.
        preprocess_ms: resizing.
        inference_ms: from the start of the request to its result, waiting for a free device included.
    """

    score: float
    anomaly_map: NDArray[np.float32] | None
    preprocess_ms: float
    inference_ms: float


class Engine:
    """A compiled bundle with a bounded number of requests.

    Any number of threads may prepare and run pictures, and each waits for its own: while one waits for the device,
    without Python's lock, another resizes the next picture. Measured, two threads reach the rate of OpenVINO's own
    asynchronous queue; and what fails for one picture is raised where that picture is known, not in a callback.

    Args:
        bundle: a verified bundle.
        device: "AUTO", "CPU", "GPU", "NPU".
        jobs: requests in flight; None for one more than the device advises, so that it never waits for us.
        hint: what the device optimizes for.
        precision: INFERENCE_PRECISION_HINT; the one the bundle was calibrated with if None.
        cache_dir: where compiled models are kept between starts; None for no cache.

    Attributes:
        device: the device that runs the model.
        arithmetic: the hint that was given, e.g. f32.
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
        self._again = partial(Engine, bundle, hint=hint, precision=precision, cache_dir=cache_dir)
        self._fitting = bundle.card.fitting
        self.arithmetic = precision or bundle.card.inference_precision
        self._compiled, self.device = compile_model(
            bundle.model,
            device=device,
            precision=self.arithmetic,
            hint=hint,
            cache=cache_dir and folder_of(cache_dir, bundle.sha256),
        )
        advised = int(self._compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))
        self.jobs = jobs or advised + 1
        self._idle: queue.LifoQueue[ov.InferRequest] = queue.LifoQueue()  # the last one used is warm
        for _ in range(self.jobs):
            self._idle.put(self._compiled.create_infer_request())
        _meet_numpy()

    def on(self, device: str) -> Engine:
        """The same bundle with the same settings on another device; not after ``release``.

        Raises:
            DeviceError: the device is unknown or cannot run the model.
        """
        return self._again(device=device)

    def release(self) -> None:
        """Lets the memory of the graph go, where no other device will ever be asked."""
        self.bundle = self.bundle.released()
        self._again = partial(Engine, self.bundle)

    def prepare(self, pixels: Picture) -> Prepared:
        """Brings uint8 [H, W, 3] BGR of any size to the model's size."""
        began = time.perf_counter()
        picture = self._fitting.picture(pixels)
        return Prepared(picture, (time.perf_counter() - began) * 1e3, (pixels.shape[0], pixels.shape[1]))

    def run(self, prepared: Prepared) -> Raw:
        """Runs a prepared picture in the caller's thread; waits while all requests are busy.

        Raises:
            DeviceError: the picture failed on the device.
        """
        started = time.perf_counter()
        request = self._idle.get()
        try:
            with self._failures_named():
                request.infer({0: prepared.picture[None]}, share_inputs=True)
            return self._raw(request, prepared, started)
        finally:
            self._idle.put(request)

    def infer(self, pixels: Picture) -> Raw:
        """Prepares and runs one picture, uint8 [H, W, 3] BGR of any size; see ``run``."""
        return self.run(self.prepare(pixels))

    @contextmanager
    def _failures_named(self) -> Iterator[None]:
        try:
            yield
        except RuntimeError as error:
            detail = " ".join(str(error).split())[-200:]
            hint = "" if self.device == "CPU" else "try --device CPU"
            raise DeviceError(f"inference failed on {self.device}: {detail}", hint=hint) from error

    def _raw(self, request: ov.InferRequest, prepared: Prepared, started: float) -> Raw:
        ended = time.perf_counter()
        score = float(request.get_tensor("pred_score").data.flat[0])
        anomaly_map = None
        if self.bundle.card.has_map:
            # The tensor belongs to the request, which may be started again at once: copy.
            given = np.array(request.get_tensor("anomaly_map").data[0, 0], dtype=np.float32)
            anomaly_map = self._fitting.whole(given, prepared.shape)
        return Raw(score, anomaly_map, prepared.preprocess_ms, (ended - started) * 1e3)


def _meet_numpy() -> None:
    """Has OpenVINO's binding look up numpy while one thread runs.

    It does so at the first array, under a guard that it holds while it waits for Python's lock. Two threads that
    come with their first arrays at once then wait for each other for ever (seen with OpenVINO 2026.4).
    """
    np.asarray(ov.Tensor(np.zeros(1, np.uint8)).data)
