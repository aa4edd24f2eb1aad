"""Features of pictures by a backbone's OpenVINO graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

import numpy as np
import openvino as ov
from numpy.typing import NDArray

from edge.inference.devices import compile_model
from edge.pictures import Picture, prepare
from edge.progress import Advance, silent

Array = NDArray[np.float32]
_BATCH = 16
_IN_FLIGHT = 4


def features_of(
    backbone: ov.Model,
    pictures: Iterable[Picture],
    size: tuple[int, int],
    *,
    device: str = "AUTO",
    precision: str = "f32",
    seen: Advance = silent,
) -> Iterator[list[Array]]:
    """Yields features batch by batch, in order: one float32 [N, C, h, w] per output of the backbone.

    Args:
        backbone: graph that takes uint8 [1, H, W, 3] BGR.
        pictures: uint8 BGR of any size.
        size: (height, width) that the graph takes.
        device: see ``edge.inference.devices.candidates``.
        precision: INFERENCE_PRECISION_HINT.
        seen: called with the number of pictures just done.

    Raises:
        DeviceError: the device is unknown or cannot run the backbone.
    """
    compiled, _ = compile_model(backbone, device=device, precision=precision, hint="throughput")
    source = iter(pictures)
    queue = ov.AsyncInferQueue(compiled, _IN_FLIGHT)
    results: dict[int, list[Array]] = {}

    def keep(request: ov.InferRequest, number: int) -> None:
        results[number] = [np.array(tensor.data) for tensor in request.output_tensors]

    queue.set_callback(keep)
    while batch := [prepare(pixels, size) for pixels in islice(source, _BATCH)]:
        for number, picture in enumerate(batch):
            queue.start_async({0: picture[None]}, number)
        queue.wait_all()
        rows = [results.pop(number) for number in range(len(batch))]
        yield [np.concatenate(column) for column in zip(*rows, strict=True)]
        seen(len(batch))
