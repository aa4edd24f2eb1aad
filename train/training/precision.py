"""How precisely a device computes: a training may take what is fast, what a scorer is fitted on may not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


def mixed_precision(device: str) -> torch.autocast:
    """Convolutions and products in bfloat16, everything else in float; nothing where that would only be emulated.

    Processors with AVX512_BF16 or AMX multiply two such numbers or more in the time of one float32. The range is
    that of float32, so no loss needs to be scaled.

    Args:
        device: torch device, perhaps with a number.
    """
    return torch.autocast(device.split(":")[0], dtype=torch.bfloat16, enabled=is_mixed(device))


def is_mixed(device: str) -> bool:
    """Whether a training computes in mixed precision there."""
    kind = device.split(":")[0]
    if kind == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    # No name of torch that is meant for all says so yet.
    return kind == "cpu" and bool(torch.cpu._is_avx512_bf16_supported())


@contextmanager
def float32_convolutions() -> Iterator[None]:
    """Keeps CUDA from rounding to TF32, as it does by default: bundles compute in float32."""
    convolutions = torch.backends.cudnn.conv
    before = convolutions.fp32_precision
    convolutions.fp32_precision = "ieee"
    try:
        yield
    finally:
        convolutions.fp32_precision = before
