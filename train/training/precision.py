"""Mixed precision, where a device computes it natively."""

from __future__ import annotations

import torch


def mixed_precision(device: str) -> torch.autocast:
    """Convolutions and products in bfloat16, everything else in float; nothing where that would only be emulated.

    Processors with AVX512_BF16 or AMX multiply two such numbers or more in the time of one float32. The range is
    that of float32, so no loss needs to be scaled.

    Args:
        device: torch device, perhaps with a number.
    """
    kind = device.split(":")[0]
    return torch.autocast(kind, dtype=torch.bfloat16, enabled=_native(kind))


def _native(kind: str) -> bool:
    if kind == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    # No name of torch that is meant for all says so yet.
    return kind == "cpu" and bool(torch.cpu._is_avx512_bf16_supported())
