"""From a station's settings to its inspectors: each camera with its model, its limits and its turns."""

from __future__ import annotations

import logging
import math
import re
import threading
from collections.abc import Callable, Sequence

from edge.area import area_plan_of
from edge.cameras.capture import Capture
from edge.config.camera import StationCamera
from edge.config.station import StationConfig
from edge.errors import EdgeAdError
from edge.health.camera_faults.watch import FaultWatch
from edge.health.drift.figures import GoodScores
from edge.health.drift.watch import DriftWatch
from edge.health.incident import Incident
from edge.inspection.camera_watch import CameraWatch
from edge.inspection.examination import Examination
from edge.inspection.gauge import Gauge
from edge.inspection.inspector import Inspector
from edge.inspection.models import LoadedModel
from edge.inspection.trigger import Trigger
from edge.inspection.turns import Turns
from edge.log import log_event
from edge.messaging.publisher import Publisher

ENCODES = re.compile(r"rtsps?://|https?://|gst:|.* ! ")  # frames that wait for a coder, or in a network's buffers
log = logging.getLogger(__name__)


def assemble(
    config: StationConfig,
    captures: Sequence[Capture],
    models: Sequence[LoadedModel],
    publisher: Publisher,
    *,
    fail: Callable[[EdgeAdError], None],
    stopping: threading.Event,
) -> list[Inspector]:
    """Builds one inspector for each camera.

    Args:
        config: the station.
        captures: one for each camera, in their order.
        models: likewise.
        publisher: takes the inspections.
        fail: called with the error that ends a camera.
        stopping: set when the daemon wants to end.

    Raises:
        ConfigError, CalibrationError: a mask cannot be read, or not be used with this model.
    """
    at_once = max(model.engine.jobs for model in models)
    turns = Turns(at_once)
    lanes = math.ceil(at_once / len(captures))
    return [
        _inspector(camera, config, capture, model, publisher, turns, lanes=lanes, fail=fail, stopping=stopping)
        for camera, capture, model in zip(config.cameras, captures, models, strict=True)
    ]


def gauge_of(camera: StationCamera, config: StationConfig, model: LoadedModel, *, live: bool) -> Gauge:
    """What the parts before a camera are measured with.

    Args:
        camera: one of the station's.
        config: the station.
        model: that is to judge them.
        live: whether the camera is a real one, see ``Capture.live``.

    Raises:
        ConfigError, CalibrationError: a mask cannot be read, or not be used with this model.
    """
    plan = area_plan_of(camera)
    threshold = camera.threshold if camera.threshold is not None else config.threshold
    judge = model.judge(masked=plan.masks, threshold=threshold, min_region_px=camera.min_region_px)
    calibration = model.calibration
    faults = FaultWatch(config.faults, calibration.view, live=live)
    # Under a mask fewer places count than in the calibration, so that scores are lower by nature.
    good = GoodScores() if plan.masks else GoodScores(judge.limits.quantiles, calibration.pictures)
    drift = DriftWatch(config.drift, good, calibration.view, each_part=camera.mode != "free-run")
    return Gauge(model.engine, judge, plan, faults, drift)


def _inspector(
    camera: StationCamera,
    config: StationConfig,
    capture: Capture,
    model: LoadedModel,
    publisher: Publisher,
    turns: Turns,
    *,
    lanes: int,
    fail: Callable[[EdgeAdError], None],
    stopping: threading.Event,
) -> Inspector:
    watch = CameraWatch(capture, publisher, Incident(), Incident())
    examination = Examination(gauge_of(camera, config, model, live=capture.live), watch.take_drift)
    return Inspector(
        capture,
        examination,
        watch,
        turns,
        publisher,
        trigger=_trigger(camera, capture, watch),
        lanes=1 if camera.mode == "trigger" else lanes,
        fail=fail,
        stopping=stopping,
    )


def _trigger(camera: StationCamera, capture: Capture, watch: CameraWatch) -> Trigger | None:
    if camera.mode != "trigger":
        return None
    if camera.exposure_lag_ms is None and ENCODES.match(camera.source):
        reason = "this camera's frames may be on their way for longer than an interval: set exposure_lag_ms"
        log_event(log, "exposure_lag_unknown", level=logging.WARNING, camera=camera.name, reason=reason)
    waits = not capture.live and camera.fps is None
    trigger = Trigger(exposure_lag_ms=camera.exposure_lag_ms, waits=waits, changed=watch.say)
    watch.serve(trigger)
    return trigger
