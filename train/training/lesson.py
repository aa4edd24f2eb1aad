"""What a network is trained to do, as a loss on a batch of good pictures."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from torch import Tensor, nn

Lesson = Callable[[nn.Module, Tensor, np.random.Generator], Tensor]
"""(network, uint8 BGR [N, H, W, 3], generator) to the loss, a scalar to be made small.

The generator is for what is drawn in numpy, such as corruption. It is seeded by epoch, as torch's own is, so that
a training that goes on later draws what it would have drawn.
"""
