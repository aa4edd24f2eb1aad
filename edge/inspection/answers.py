"""What the daemon answers to control requests."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict

from edge.cameras.capture import CameraState
from edge.config.station import StationConfig
from edge.errors import CameraError, UsageError
from edge.inference.card import LONG
from edge.inference.judge import sensible_thresholds
from edge.inference.override import calibrated_elsewhere
from edge.inspection.gauge import Gauge
from edge.inspection.inspector import Inspector
from edge.inspection.models import LoadedModel
from edge.inspection.models_in_force import ModelsInForce
from edge.inspection.teaching import Teaching
from edge.inspection.thresholds import Thresholds
from edge.inspection.trigger import Answer, Ask
from edge.messaging.changes import Change, Plan
from edge.messaging.messages import ActionValue, StationState
from edge.messaging.publisher import Publisher
from edge.messaging.requests import Inspect, Teach
from edge.messaging.snapshot import Snapshot
from edge.messaging.tally import Pulse


class Answers:
    """Status, inspect, pause and resume of a running station; called from control's and the publisher's threads.

    Args:
        config: the station.
        models: of each camera.
        inspectors: one for each camera.
        publisher: knows the health of every component.
        thresholds: that were set in earlier runs; they are in force from now on.
        teaching: learns new products.
    """

    def __init__(
        self,
        config: StationConfig,
        models: ModelsInForce,
        inspectors: Sequence[Inspector],
        publisher: Publisher,
        thresholds: Thresholds,
        teaching: Teaching,
    ) -> None:
        self._modes = {camera.name: camera.mode for camera in config.cameras}
        self._in_force = models
        self._models = models.now
        self._inspectors = {inspector.name: inspector for inspector in inspectors}
        self._started_s = time.monotonic()
        self._publisher = publisher
        self._thresholds = thresholds
        self._teaching = teaching
        for inspector in inspectors:
            gauge = inspector.gauge
            gauge.judge_above(thresholds.of(inspector.name, _model_id(gauge)))

    def pulse(self) -> Pulse:
        """What each heartbeat says of the daemon."""
        return Pulse(self._state(), sum(inspector.dropped for inspector in self._inspectors.values()))

    @property
    def models(self) -> Mapping[str, LoadedModel]:
        """What judges now, by camera."""
        return self._models

    def status(self) -> Mapping[str, object]:
        """State of each component, models and counters."""
        models = list(dict.fromkeys(self._models.values()))
        return {
            "uptime_s": round(time.monotonic() - self._started_s, 1),
            "models": [_model_status(model) for model in models],
            "cameras": {name: self._camera_status(name) for name in self._inspectors},
            "health": [message.model_dump(mode="json") for message in self._publisher.health_now],
            "teaching": self.teaching,
        }

    def inspect(self, asked: Inspect, answer: Answer) -> None:
        """Asks a camera for the verdict of the part before it; ``answer`` is called with it.

        Raises:
            UsageError: there is no such camera, or it is not in trigger mode.
            BusyError: it works on another part.
            CameraError: it gives no pictures now.
        """
        inspector = self._to_ask(asked.camera)
        now_ns = time.monotonic_ns()
        if inspector.paused.is_set() or inspector.watch.readiness == "not_ready":
            why = "paused" if inspector.paused.is_set() else inspector.capture.state
            raise CameraError(f"camera {inspector.name} is {why}", hint="ask again when its health says ready")
        inspector.ask(Ask(asked.part_id, now_ns, now_ns + asked.timeout_ms * 1_000_000, answer))

    def snapshot(self, camera: str | None, answer: Callable[[Snapshot], None]) -> None:
        """Gives the next frame that is judged to ``answer``; raises UsageError where there is no such camera."""
        self._only(camera).snapshots.ask(answer)

    def pause(self, camera: str | None) -> Sequence[Change]:
        """Stops judging; raises UsageError where there is no such camera."""
        return [self._pausing(inspector, inspector.pause, paused=True) for inspector in self._chosen(camera)]

    def resume(self, camera: str | None) -> Sequence[Change]:
        """Judges again; raises UsageError where there is no such camera."""
        return [self._pausing(inspector, inspector.resume, paused=False) for inspector in self._chosen(camera)]

    def set_threshold(self, camera: str | None, threshold: float | None) -> Sequence[Change]:
        """Judges by another threshold, in this run and later ones with the same model; None: by the settings'.

        Raises:
            UsageError: there is no such camera, or nobody can mean this threshold.
        """
        inspector = self._only(camera)
        gauge = inspector.gauge
        model = _model_id(gauge)
        _require_sensible(inspector.name, gauge, threshold)

        def apply() -> None:
            self._thresholds.keep(inspector.name, model, threshold)
            gauge.judge_above(threshold)

        after = gauge.settings_limits.threshold if threshold is None else threshold
        before: dict[str, ActionValue] = {"threshold": gauge.judge.limits.threshold, "model": model}
        return [Change(inspector.name, before, {"threshold": after, "model": model}, apply)]

    def reload(self, model: str | None, camera: str | None) -> AbstractContextManager[Plan]:
        """See ``ModelsInForce.reload``."""
        return self._in_force.reload(model, camera)

    @property
    def teaching(self) -> Mapping[str, object] | None:
        """How far teaching has come; None where nothing was taught since the start."""
        return self._teaching.now

    def teach(self, asked: Teach) -> Sequence[Change]:
        """See ``Teaching``."""
        return self._teaching.stop() if asked.action == "stop" else self._teaching.start(asked)

    def _pausing(self, inspector: Inspector, apply: Callable[[], None], *, paused: bool) -> Change:
        return Change(inspector.name, {"paused": inspector.paused.is_set()}, {"paused": paused}, apply)

    def _state(self) -> StationState:
        inspectors = self._inspectors.values()
        if all(inspector.paused.is_set() for inspector in inspectors):
            return "paused"
        if not any(inspector.started for inspector in inspectors):
            return "starting"
        if any(inspector.capture.state is CameraState.STALLED for inspector in inspectors):
            return "degraded"
        if any(message.state != "ok" for message in self._publisher.health_now):
            return "degraded"
        return "running"

    def _camera_status(self, name: str) -> Mapping[str, object]:
        inspector = self._inspectors[name]
        return {
            "state": inspector.capture.state,
            "mode": self._modes[name],
            "trigger": inspector.watch.readiness,
            "model": self._models[name].bundle.sha256,
            "threshold": inspector.threshold,
            "paused": inspector.paused.is_set(),
            "captured": inspector.capture.captured,
            "judged": inspector.judged,
            "dropped": inspector.dropped,
            "skipped": len(inspector.watch.skipped),
            "drift": asdict(inspector.gauge.drift.now),
        }

    def _to_ask(self, camera: str | None) -> Inspector:
        """The camera that is meant: by name, or the only one that can be asked."""
        if camera is not None:
            return self._chosen(camera)[0]
        triggered = [inspector for inspector in self._inspectors.values() if inspector.trigger is not None]
        if len(triggered) == 1 or len(self._inspectors) == 1:
            return (triggered or list(self._inspectors.values()))[0]
        raise UsageError("which camera is meant?", hint=f"here are: {' '.join(self._inspectors)}")

    def _only(self, camera: str | None) -> Inspector:
        chosen = self._chosen(camera)
        if len(chosen) > 1:
            raise UsageError("which camera is meant?", hint=f"here are: {' '.join(self._inspectors)}")
        return chosen[0]

    def _chosen(self, camera: str | None) -> Sequence[Inspector]:
        if camera is None:
            return tuple(self._inspectors.values())
        if camera not in self._inspectors:
            raise UsageError(f"no camera {camera!r}", hint=f"here are: {' '.join(self._inspectors)}")
        return (self._inspectors[camera],)


def _model_id(gauge: Gauge) -> str:
    return gauge.judge.model.sha256


def _require_sensible(camera: str, gauge: Gauge, threshold: float | None) -> None:
    lowest, highest = sensible_thresholds(gauge.settings_limits)
    if threshold is not None and not lowest <= threshold <= highest:
        raise UsageError(
            f"nobody can mean a threshold of {threshold:g} for {camera}",
            hint=f"good parts and the calibrated threshold speak for {lowest:.4g} to {highest:.4g}",
        )


def _model_status(model: LoadedModel) -> Mapping[str, object]:
    bundle = model.bundle
    card = bundle.card.model_dump(
        mode="json",
        by_alias=True,
        exclude={"calibration": LONG, "training": {"fitted"}},
    )
    calibration = model.calibration.model_dump(mode="json", exclude=LONG)
    device, arithmetic = model.engine.device, model.engine.arithmetic
    return {
        "sha256": bundle.sha256,
        "device": device,
        "card": card,
        "calibration": calibration,
        "calibrated_elsewhere": calibrated_elsewhere(model.calibration, bundle.card, device, arithmetic),
    }
