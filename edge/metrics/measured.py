"""What must be measured as it happens: how long each frame took, and how the scores are spread."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

from edge.messaging.messages import Result

LATENCY_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
SCORE_RATIO = (0.25, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 4.0)
STAGES = ("capture", "preprocess", "inference", "postprocess", "total")


class Measured:
    """Histograms and counts of results; ``take`` costs some ten microseconds and may be called by any thread.

    Args:
        registry: where they are read.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._latency = Histogram(
            "edge_ad_latency_seconds",
            "Time of a frame from its arrival to its verdict, by stage; total is their sum",
            ("camera", "stage"),
            buckets=LATENCY_S,
            registry=registry,
        )
        self._score = Histogram(
            "edge_ad_score_ratio",
            "Score divided by the threshold, where that is above 0: anomalous above 1",
            ("camera",),
            buckets=SCORE_RATIO,
            registry=registry,
        )
        self._verdicts = Counter(
            "edge_ad_verdicts", "Inspections by verdict", ("camera", "verdict"), registry=registry
        )

    def take(self, result: Result) -> None:
        """Takes in a result that was sent."""
        camera = result.camera or ""
        self._verdicts.labels(camera, result.verdict).inc()
        for stage in STAGES:
            self._latency.labels(camera, stage).observe(getattr(result.latency_ms, stage) / 1e3)
        if result.score is not None and result.threshold is not None and result.threshold > 0:
            self._score.labels(camera).observe(result.score / result.threshold)
