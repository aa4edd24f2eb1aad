"""Value objects of the inspector become messages: the one place that stamps them and keeps NaN out of JSON."""

from __future__ import annotations

import math
import time
import uuid
from datetime import UTC, datetime
from typing import Any

from edge.messaging.alarm import Alarm
from edge.messaging.changes import Done
from edge.messaging.heatmap import EncodedMap
from edge.messaging.messages import (
    Action,
    Alert,
    Box,
    Component,
    Condition,
    Health,
    Heartbeat,
    HeatmapHeader,
    LatencyMs,
    ModelRef,
    Point,
    Readiness,
    RegionBox,
    Result,
    StationState,
    Teaching,
    VerdictCounts,
)
from edge.teaching.progress import Progress
from edge.verdict import Inspection, Latency, ModelId, Verdict


class Composer:
    """Writes the messages of one start of one station."""

    def __init__(self, station: str) -> None:
        self.station = station
        self.boot_id = uuid.uuid4().hex
        self._models: dict[ModelId, ModelRef] = {}

    def result(self, inspection: Inspection) -> Result:
        """The result of an inspection; a score, threshold or region that is not finite makes it unknown."""
        finite = all(
            math.isfinite(number)
            for number in (inspection.score, inspection.threshold, *(r.score for r in inspection.regions))
        )
        verdict, reason = inspection.verdict, inspection.reason
        if not finite:
            verdict, reason = Verdict.UNKNOWN, reason or "the score is not finite"
        return Result(
            **self._stamp(inspection.frame.camera),
            frame_seq=inspection.frame.seq,
            part_id=inspection.part_id,
            verdict=verdict,
            reason=reason,
            score=_finite(inspection.score),
            threshold=_finite(inspection.threshold),
            score_percentile=_finite(inspection.percentile) if finite else None,
            good_parts=inspection.good_parts if finite and inspection.percentile is not None else None,
            peak=Point(x=inspection.peak[0], y=inspection.peak[1]) if inspection.peak and finite else None,
            regions=_regions(inspection) if finite else (),
            model=self._model(inspection.model),
            latency_ms=_latency(inspection.latency),
            device=inspection.device,
            late=inspection.late,
            picture=inspection.frame.picture,
        )

    def alert(self, alarm: Alarm, seq: int) -> Alert:
        return Alert(
            **self._stamp(alarm.cause.camera),
            seq=seq,
            alert_id=alarm.alert_id,
            state=alarm.state,
            result=alarm.cause,
        )

    def health(
        self,
        component: Component,
        state: Condition,
        reason: str,
        *,
        camera: str | None,
        since: datetime,
        trigger: Readiness | None,
    ) -> Health:
        return Health(
            **self._stamp(camera), component=component, state=state, reason=reason, since=since, trigger=trigger
        )

    def action(self, done: Done) -> Action:
        change = done.change
        return Action(
            **self._stamp(change.camera),
            number=done.number,
            who=done.who,
            command=done.command,
            before=dict(change.before),
            after=dict(change.after),
            reason=done.reason,
        )

    def teaching(self, camera: str, progress: Progress) -> Teaching:
        return Teaching(**self._stamp(camera), progress=progress)

    def heartbeat(
        self, *, last_alert_seq: int, verdicts: VerdictCounts, dropped: int, fps: float, state: StationState
    ) -> Heartbeat:
        return Heartbeat(
            **self._stamp(None),
            last_alert_seq=last_alert_seq,
            frames=verdicts.good + verdicts.anomalous + verdicts.unknown,
            dropped=dropped,
            fps=fps,
            verdicts=verdicts,
            state=state,
        )

    def heatmap(self, result: Result, encoded: EncodedMap, frame_box: Box, alert_seq: int | None) -> HeatmapHeader:
        return HeatmapHeader(
            **self._stamp(result.camera),
            frame_seq=result.frame_seq,
            alert_seq=alert_seq,
            encoding=encoded.encoding,
            width=encoded.width,
            height=encoded.height,
            score_at_0=encoded.score_at_0,
            score_at_255=encoded.score_at_255,
            frame_box=frame_box,
        )

    def _model(self, model: ModelId) -> ModelRef:
        """Checked once for each model, not once for each part."""
        if model not in self._models:
            self._models[model] = ModelRef(name=model.name, version=model.version, sha256=model.sha256)
        return self._models[model]

    def _stamp(self, camera: str | None) -> dict[str, Any]:
        return {
            "station": self.station,
            "camera": camera,
            "time": datetime.now(UTC),
            "boot_id": self.boot_id,
            "mono_ns": time.monotonic_ns(),
        }


def _finite(number: float | None) -> float | None:
    return float(number) if number is not None and math.isfinite(number) else None


def _regions(inspection: Inspection) -> tuple[RegionBox, ...]:
    return tuple(
        RegionBox(x=r.x, y=r.y, width=r.width, height=r.height, area_px=r.area_px, score=float(r.score))
        for r in inspection.regions
    )


def _latency(latency: Latency) -> LatencyMs:
    return LatencyMs(
        capture=latency.capture,
        preprocess=latency.preprocess,
        inference=latency.inference,
        postprocess=latency.postprocess,
        total=latency.total,
    )
