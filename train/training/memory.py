"""Running out of memory, said as what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from edge.errors import TrainingError

# Of the processor's allocator, of mps, and of what allocates past torch on CUDA: cuBLAS, cuDNN, cuSOLVER, cuFFT.
WORDS = ("allocate memory", "out of memory", "_ALLOC_FAILED")


@contextmanager
def enough_memory(device: str, size: tuple[int, int], batch: int = 0, smallest: int = 1) -> Iterator[None]:
    """Turns a failure to get memory into one line with the size, and the batch, that needed it.

    Args:
        device: that computes.
        size: (height, width) of the model.
        batch: pictures per step of a training; 0 where none runs.
        smallest: batch that the training takes.

    Raises:
        TrainingError: the device has too little memory.
    """
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
        known = isinstance(error, torch.OutOfMemoryError | MemoryError)
        if not known and not any(words in str(error) for words in WORDS):
            raise
        what = (
            f"{batch} pictures of {size[1]} x {size[0]} at once" if batch else f"a model of {size[1]} x {size[0]}"
        )
        fewer = max(batch // 2, smallest)
        raise TrainingError(
            f"{device} has too little memory for {what}",
            hint=f"give --option batch={fewer}" if fewer < batch else "give a smaller --image-size",
        ) from error
