"""What the daemon answers to control requests."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from edge.cameras.capture import CameraState
from edge.errors import UsageError
from edge.inference.bundle import Bundle
from edge.inference.card import Calibration
from edge.inspector import Inspector
from edge.messaging.messages import StationState
from edge.messaging.publisher import Publisher
from edge.messaging.tally import Pulse


class Answers:
    """Status, pause and resume of a running station; called from control's and the publisher's threads.

    Args:
        bundle: the model that judges.
        calibration: the one in force.
        inspectors: one for each camera.
        device: that the model runs on.
        publisher: knows the health of every component.
    """

    def __init__(
        self,
        bundle: Bundle,
        calibration: Calibration,
        inspectors: Sequence[Inspector],
        device: str,
        publisher: Publisher,
    ) -> None:
        self._bundle = bundle
        self._calibration = calibration
        self._inspectors = {inspector.name: inspector for inspector in inspectors}
        self._device = device
        self._started_s = time.monotonic()
        self._publisher = publisher

    def pulse(self) -> Pulse:
        """What each heartbeat says of the daemon."""
        return Pulse(self._state(), sum(inspector.dropped for inspector in self._inspectors.values()))

    def status(self) -> Mapping[str, object]:
        """State of each component, model card and counters."""
        card = self._bundle.card.model_dump(
            mode="json", by_alias=True, exclude={"calibration": {"quantiles"}, "training": {"fitted"}}
        )
        return {
            "uptime_s": round(time.monotonic() - self._started_s, 1),
            "device": self._device,
            "model": {"sha256": self._bundle.sha256, "card": card},
            "calibration": self._calibration.model_dump(mode="json", exclude={"quantiles"}),
            "cameras": {
                name: {
                    "state": inspector.capture.state,
                    "paused": inspector.paused.is_set(),
                    "captured": inspector.capture.captured,
                    "judged": inspector.judged,
                    "dropped": inspector.dropped,
                    "skipped": len(inspector.skipped),
                }
                for name, inspector in self._inspectors.items()
            },
            "health": [message.model_dump(mode="json") for message in self._publisher.health_now],
        }

    def pause(self, camera: str | None) -> None:
        """Stops judging; raises UsageError where there is no such camera."""
        for inspector in self._chosen(camera):
            inspector.paused.set()

    def resume(self, camera: str | None) -> None:
        """Judges again; raises UsageError where there is no such camera."""
        for inspector in self._chosen(camera):
            inspector.paused.clear()

    def _state(self) -> StationState:
        inspectors = self._inspectors.values()
        if all(inspector.paused.is_set() for inspector in inspectors):
            return "paused"
        if not any(inspector.started for inspector in inspectors):
            return "starting"
        if any(inspector.capture.state is CameraState.STALLED for inspector in inspectors):
            return "degraded"
        return "running"

    def _chosen(self, camera: str | None) -> Sequence[Inspector]:
        if camera is None:
            return tuple(self._inspectors.values())
        if camera not in self._inspectors:
            raise UsageError(f"no camera {camera!r}", hint=f"here are: {' '.join(self._inspectors)}")
        return (self._inspectors[camera],)
