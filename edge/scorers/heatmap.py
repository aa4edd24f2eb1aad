"""From distances on the feature grid to an anomaly map at the picture's size.

Bilinear upsampling and Gaussian smoothing are both linear and separable, so together they are one matrix per
axis: map = R @ distances @ C.T. Two small matrix products replace an interpolation and a large blur, and numpy
and OpenVINO compute the same thing by construction.
"""

from __future__ import annotations

import cv2
import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset13 as ops

Array = NDArray[np.float32]


def rise(cells: int, pixels: int, sigma_px: float) -> Array:
    """The matrix that upsamples one axis from cells to pixels and smooths the result.

    Args:
        cells: length of the axis on the feature grid.
        pixels: length of the axis in the picture.
        sigma_px: standard deviation of the Gaussian in pixels of the picture; 0 for none.

    Returns:
        float32 [pixels, cells]; each row sums to 1. Half-pixel centres, borders repeated or mirrored.
    """
    identity = np.eye(cells, dtype=np.float32)
    up = cv2.resize(identity, (cells, pixels), interpolation=cv2.INTER_LINEAR)
    if sigma_px > 0:
        length = 2 * int(np.ceil(4 * sigma_px)) + 1
        kernel = cv2.getGaussianKernel(length, sigma_px, cv2.CV_32F)
        one = np.ones(1, dtype=np.float32)
        up = cv2.sepFilter2D(up, cv2.CV_32F, one, kernel, borderType=cv2.BORDER_REFLECT)
    return np.asarray(up, dtype=np.float32)


def render(distances: Array, rows: Array, columns: Array) -> Array:
    """float32 [N, h, w] distances to [N, H, W] maps."""
    return np.asarray(rows @ distances @ columns.T, dtype=np.float32)


def attach_render(distances: ov.Output, rows: Array, columns: Array) -> ov.Output:
    """[1, h, w] distances to a [1, H, W] map, as OpenVINO operations."""
    tall = ops.matmul(ops.constant(rows), distances, False, False)
    return ops.matmul(tall, ops.constant(columns), False, True).output(0)


def as_map(rendered: ov.Output) -> ov.Output:
    """A [1, H, W] map as a bundle gives it, [1, 1, H, W]."""
    return ops.unsqueeze(rendered, ops.constant(np.int64(1))).output(0)


def top_mean(distances: Array, count: int) -> Array:
    """Picture score: mean of the ``count`` largest distances. float32 [N, h, w] to [N]."""
    flat = distances.reshape(len(distances), -1)
    largest = np.partition(flat, flat.shape[1] - count, axis=1)[:, -count:]
    return np.asarray(largest.mean(axis=1), dtype=np.float32)


def attach_top_mean(distances: ov.Output, count: int) -> ov.Output:
    """[1, h, w] distances to a [1] score, as OpenVINO operations."""
    flat = ops.reshape(distances, ops.constant(np.array([1, -1], dtype=np.int64)), False)
    top = ops.topk(flat, ops.constant(np.int64(count)), 1, "max", "none")
    return ops.reduce_mean(top.output(0), ops.constant(np.array([1], dtype=np.int64)), False).output(0)
