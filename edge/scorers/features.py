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
_BATCH = 8
_IN_FLIGHT = 4


class Features:
    """A compiled backbone.

    Args:
        backbone: graph that takes uint8 [1, H, W, 3] BGR.
        size: (height, width) that it takes.
        device: see ``edge.inference.devices.candidates``.
        precision: INFERENCE_PRECISION_HINT.

    Attributes:
        device: that runs it.

    Raises:
        DeviceError: the device is unknown or cannot run the backbone.
    """

    def __init__(
        self, backbone: ov.Model, size: tuple[int, int], *, device: str = "AUTO", precision: str = "f32"
    ) -> None:
        compiled, self.device = compile_model(backbone, device=device, precision=precision, hint="throughput")
        self._size = size
        self._results: dict[int, list[Array]] = {}
        self._queue = ov.AsyncInferQueue(compiled, _IN_FLIGHT)
        self._queue.set_callback(self._keep)

    def of(self, pictures: Iterable[Picture], seen: Advance = silent) -> Iterator[list[Array]]:
        """Yields features batch by batch, in order: one float32 [N, C, h, w] per output of the backbone.

        Args:
            pictures: uint8 BGR of any size.
            seen: called with the number of pictures just done.
        """
        source = iter(pictures)
        while batch := [prepare(pixels, self._size) for pixels in islice(source, _BATCH)]:
            for number, picture in enumerate(batch):
                self._queue.start_async({0: picture[None]}, number)
            self._queue.wait_all()
            rows = [self._results.pop(number) for number in range(len(batch))]
            yield [np.concatenate(column) for column in zip(*rows, strict=True)]
            seen(len(batch))

    def _keep(self, request: ov.InferRequest, number: int) -> None:
        self._results[number] = [np.array(tensor.data) for tensor in request.output_tensors]


def features_of(
    backbone: ov.Model,
    pictures: Iterable[Picture],
    size: tuple[int, int],
    *,
    device: str = "AUTO",
    precision: str = "f32",
    seen: Advance = silent,
) -> Iterator[list[Array]]:
    """The features of some pictures once; see ``Features``."""
    return Features(backbone, size, device=device, precision=precision).of(pictures, seen)
