"""Completing a network's graph with a fitted scorer."""

from __future__ import annotations

import openvino as ov

from edge.scorers.scorer import Scorer


def attach_head(backbone: ov.Model, scorer: Scorer) -> ov.Model:
    """Joins a network and a scorer to the graph that a bundle holds.

    Args:
        backbone: graph that takes uint8 [1, H, W, 3] BGR and gives what the scorer takes; it is copied.
        scorer: fitted on what this very graph gives.

    Returns:
        Graph with outputs ``pred_score`` [1] and, of a scorer with maps, ``anomaly_map`` [1, 1, H, W], both raw.
    """
    copy = backbone.clone()
    score, anomaly_map = scorer.attach([output.get_node().input_value(0) for output in copy.outputs])
    score.get_tensor().set_names({"pred_score"})
    if anomaly_map is None:
        return ov.Model([score], copy.get_parameters(), "edge-ad")
    anomaly_map.get_tensor().set_names({"anomaly_map"})
    return ov.Model([score, anomaly_map], copy.get_parameters(), "edge-ad")
