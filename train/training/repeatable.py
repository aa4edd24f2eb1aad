"""The same seed, the same network, on graphics cards too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def repeatable(device: str) -> Iterator[None]:
    """Has CUDA take the ways of computing that always give the same; where it has none, torch warns.

    Args:
        device: torch device, perhaps with a number; others than CUDA are left as they are.
    """
    if device.split(":")[0] != "cuda":
        yield
        return
    before = torch.are_deterministic_algorithms_enabled()
    warned = torch.is_deterministic_algorithms_warn_only_enabled()
    cudnn = torch.backends.cudnn.deterministic
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.backends.cudnn.deterministic = True
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before, warn_only=warned)
        torch.backends.cudnn.deterministic = cudnn
