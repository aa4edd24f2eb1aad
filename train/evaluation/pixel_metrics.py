"""How well maps point at defects. Pure functions on arrays; higher map values are more anomalous."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from train.data.dataset import Box

Map = NDArray[np.float32]
Mask = NDArray[np.bool_]

FPR_LIMIT = 0.3  # the field's custom: beyond it a map is of no use


def pixel_auroc(maps: Sequence[Map], masks: Sequence[Mask]) -> float | None:
    """Area under the ROC curve over all pixels of all pictures; None unless both kinds of pixels occur.

    Args:
        maps: float32 [h, w] each; sizes may differ between pictures.
        masks: bool [h, w] each; all False for a good picture.
    """
    values = np.concatenate([m.ravel() for m in maps]) if maps else np.empty(0)
    truth = np.concatenate([m.ravel() for m in masks]) if masks else np.empty(0)
    return float(roc_auc_score(truth, values)) if truth.any() and not truth.all() else None


def aupro(maps: Sequence[Map], masks: Sequence[Mask], limit: float = FPR_LIMIT) -> float | None:
    """Area under the per-region overlap curve up to a false-positive rate, divided by that rate: 0 to 1.

    A region is a connected part of a mask (8 neighbours); each counts alike, whatever its size. At every
    threshold the overlap is the mean share of a region that lies above it, and the false-positive rate is the
    share of all pixels outside the masks, those of good pictures included. Exact: every distinct value is a
    threshold, straight lines between them.

    Args:
        maps: float32 [h, w] each.
        masks: bool [h, w] each; all False for a good picture.
        limit: false-positive rate to integrate to, above 0, up to 1.

    Returns:
        None unless there is a region and a pixel outside of all.
    """
    inside, weights = _regions(maps, masks)
    outside = np.concatenate([m[~mask] for m, mask in zip(maps, masks, strict=True)]) if maps else np.empty(0)
    if not inside.size or not outside.size:
        return None

    # Only outside pixels move the curve to the right, and only the highest of them lie left of the limit.
    kth = outside.size - int(np.ceil(limit * outside.size))
    highest = outside[outside >= np.partition(outside, kth)[kth]]
    values, counts = np.unique(highest, return_counts=True)
    values, counts = values[::-1], counts[::-1]
    right = np.cumsum(counts) / outside.size
    left = right - counts / outside.size

    order = np.argsort(inside)
    overlap = np.append(np.cumsum(weights[order][::-1])[::-1], 0.0)  # [i]: share of regions from the i-th value up
    before = overlap[np.searchsorted(inside[order], values, side="right")]
    after = overlap[np.searchsorted(inside[order], values, side="left")]

    end = np.minimum(right, limit)
    at_end = before + (after - before) * (end - left) / (right - left)
    return float(np.sum((end - left) * (before + at_end) / 2) / limit)


def box_hit_rate(maps: Sequence[Map], boxes: Sequence[tuple[Box, ...]]) -> float | None:
    """Share of pictures whose map has its maximum inside one of the picture's boxes; None without pictures.

    Args:
        maps: float32 [h, w] each.
        boxes: at least one for each picture, in pixels of the map.
    """
    if not maps:
        return None
    hits = [_hit(m, picture_boxes) for m, picture_boxes in zip(maps, boxes, strict=True)]
    return sum(hits) / len(hits)


def _hit(anomaly_map: Map, boxes: tuple[Box, ...]) -> bool:
    row, col = divmod(int(np.argmax(anomaly_map)), anomaly_map.shape[1])
    return any(b.min_row <= row <= b.max_row and b.min_col <= col <= b.max_col for b in boxes)


def _regions(maps: Sequence[Map], masks: Sequence[Mask]) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Map values of all pixels inside regions, [n], and the weight of each, [n]; the weights sum to 1."""
    values, weights, regions = [np.empty(0, np.float32)], [np.empty(0)], 0
    for anomaly_map, mask in zip(maps, masks, strict=True):
        count, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
        inside = labels[mask]
        values.append(anomaly_map[mask])
        weights.append(1.0 / np.bincount(inside, minlength=count)[inside])
        regions += count - 1
    return np.concatenate(values), np.concatenate(weights) / max(regions, 1)
