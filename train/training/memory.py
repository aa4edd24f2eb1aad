"""Running out of memory, said as what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from edge.errors import TrainingError


@contextmanager
def enough_memory(device: str, batch: int, size: tuple[int, int]) -> Iterator[None]:
    """Turns torch's failure to get memory into one line with the batch and the size that needed it.

    Raises:
        TrainingError: the device has too little memory.
    """
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
        if not isinstance(error, torch.OutOfMemoryError | MemoryError) and "allocate memory" not in str(error):
            raise
        smaller = f"--option batch={max(1, batch // 2)}"
        raise TrainingError(
            f"{device} has too little memory for {batch} pictures of {size[1]} x {size[0]} at once",
            hint=f"give {smaller}" if batch > 1 else "give a smaller --image-size",
        ) from error
