"""How alike picture and reconstruction are as a whole, as two numbers: what densities join to the latent."""

from __future__ import annotations

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset13 as ops

Array = NDArray[np.float32]
TINY = 1e-8


def likeness(picture: Array, reconstruction: Array) -> Array:
    """Relative Euclidean distance and cosine, float32 [N, 2], of pictures float32 [N, C, H, W] in [0, 1]."""
    left, right = picture.reshape(len(picture), -1), reconstruction.reshape(len(picture), -1)
    length, other = np.linalg.norm(left, axis=1), np.linalg.norm(right, axis=1)
    distance = np.linalg.norm(left - right, axis=1) / (length + TINY)
    turned = left / (length + TINY)[:, None] - right / (other + TINY)[:, None]
    # Near 1 the sum of products would be rounded by a tenth of what good parts differ, in each runtime otherwise.
    cosine = 1 - np.square(turned).sum(axis=1) / 2
    return np.stack([distance, cosine], axis=1).astype(np.float32)


def attach_likeness(picture: ov.Output, reconstruction: ov.Output) -> ov.Output:
    """``likeness`` as OpenVINO operations: [1, C, H, W] to [1, 2]."""
    flat = ops.constant(np.array([1, -1], dtype=np.int64))
    left, right = ops.reshape(picture, flat, False), ops.reshape(reconstruction, flat, False)
    axis, tiny = ops.constant(np.array([1], dtype=np.int64)), np.float32(TINY)
    length, other = ops.reduce_l2(left, axis, True), ops.reduce_l2(right, axis, True)  # [1, 1]
    distance = ops.divide(ops.reduce_l2(ops.subtract(left, right), axis, True), ops.add(length, tiny))
    turned = ops.subtract(ops.divide(left, ops.add(length, tiny)), ops.divide(right, ops.add(other, tiny)))
    squares = ops.reduce_sum(ops.multiply(turned, turned), axis, True)
    cosine = ops.subtract(np.float32(1), ops.multiply(squares, np.float32(0.5)))
    return ops.concat([distance, cosine], 1).output(0)
