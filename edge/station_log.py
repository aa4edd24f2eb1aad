"""What a station writes to the log at its start and its end, and tells the service manager in between."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from edge.inference.override import calibrated_elsewhere
from edge.inspection.inspector import Inspector
from edge.inspection.models import LoadedModel
from edge.log import log_event
from edge.messaging.control import Control
from edge.messaging.publisher import Publisher

log = logging.getLogger(__name__)


def status_line(inspectors: Sequence[Inspector], publisher: Publisher) -> str:
    """What the service manager shows: how many frames were judged, and what is not well."""
    judged = sum(inspector.judged for inspector in inspectors)
    unwell = [
        f"{message.camera or message.component} {message.state}: {message.reason}"
        for message in publisher.health_now
        if message.state != "ok"
    ]
    return "; ".join([f"{judged} frames judged", *unwell])


def log_started(models: Sequence[LoadedModel], publisher: Publisher, control: Control) -> None:
    """What judges, each model once, and where to reach the station."""
    for model in dict.fromkeys(models):
        card, calibration = model.bundle.card, model.calibration
        log_event(
            log,
            "model",
            model=card.name,
            version=card.version,
            precision=card.precision,
            device=model.engine.device,
            threshold=calibration.threshold,
            false_alarm_rate=calibration.false_alarm_rate,
        )
        if model.bundle.doubt:
            log_event(log, "not_proved", level=logging.WARNING, model=card.name, reason=model.bundle.doubt)
        if warning := calibrated_elsewhere(calibration, card, model.engine.device, model.engine.arithmetic):
            log_event(log, "calibrated_elsewhere", level=logging.WARNING, reason=warning)
    log_event(log, "started", events=publisher.events, heatmaps=publisher.heatmaps, control=control.address)


def log_stopped(inspectors: Sequence[Inspector]) -> None:
    """What became of the frames, once nothing is published any more; a warning where some have no verdict."""
    unfinished = sum(inspector.unfinished for inspector in inspectors)
    log_event(
        log,
        "stopped",
        level=logging.WARNING if unfinished else logging.INFO,
        unfinished=unfinished,
        judged=sum(inspector.judged for inspector in inspectors),
        dropped=sum(inspector.dropped for inspector in inspectors),
        skipped=[name for inspector in inspectors for name in inspector.watch.skipped],
    )
