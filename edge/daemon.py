"""The daemon: wires cameras, inference and messaging together, and ends cleanly."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from edge.area import area_plan_of
from edge.cameras.capture import Capture
from edge.config.key_folder import key_folder_of
from edge.config.station import StationConfig
from edge.errors import CameraError, EdgeAdError
from edge.health.service_manager import ServiceManager
from edge.health.stage import Stage
from edge.health.watchdog import Watchdog
from edge.inspection.answers import Answers
from edge.inspection.assembly import assemble
from edge.inspection.inference_health import InferenceHealth
from edge.inspection.inspector import Inspector, unforeseen_end
from edge.inspection.models import load_models
from edge.inspection.models_in_force import ModelsInForce
from edge.inspection.teaching import Teaching
from edge.inspection.thresholds import Thresholds
from edge.messaging.changes import Done
from edge.messaging.control import Control
from edge.messaging.outbox import Outbox, default_state_dir
from edge.messaging.publisher import Publisher
from edge.messaging.sockets import leave
from edge.messaging.tally import Pulse
from edge.open_files import allow_open_files
from edge.security.authenticator import Authenticator
from edge.station_log import log_started, log_stopped, status_line

if TYPE_CHECKING:
    from edge.metrics.server import Metrics
    from edge.pool.recorder import Recorder

LOOK_S = 0.05
STATUS_EVERY_S = 1.0
JOIN_S = 0.7  # a stop takes less than a second, whatever a camera does


class Daemon:
    """One station: its models, its cameras and its sockets, from start to stop.

    Args:
        config: a station that ``edge.config.ready`` finds runnable.
        stopping: set when it is to end.
        wait_for_subscribers: judge nothing before this many readers of events are connected.
        subscribers_timeout_s: how long to wait for them.
    """

    def __init__(
        self,
        config: StationConfig,
        stopping: threading.Event,
        *,
        wait_for_subscribers: int = 0,
        subscribers_timeout_s: float = 30.0,
    ) -> None:
        self.config = config
        self._subscribers = wait_for_subscribers
        self._subscribers_timeout_s = subscribers_timeout_s
        self._stopping = stopping
        self._manager = ServiceManager()
        self._stage = Stage("station")
        self._failure: EdgeAdError | None = None
        self._answers: Answers | None = None
        self._publisher: Publisher | None = None
        self._access: Authenticator | None = None
        self._metrics: Metrics | None = None
        self._recorder: Recorder | None = None
        self._inference = InferenceHealth()

    def run(self) -> None:
        """Judges until every camera has ended, it is to end, or something fails.

        After the end a thread may be left in what nothing can interrupt: a compiler, a device, a write that hangs.

        Raises:
            EdgeAdError: whatever kept the station from starting, or ended it.
        """
        if self._stopping.is_set():
            return
        allow_open_files()
        config = self.config
        state_dir = config.state_dir or default_state_dir(config.station)
        keys = key_folder_of(config)
        with ExitStack() as stack:
            self._access = access = stack.enter_context(Authenticator(keys)) if keys else None
            # They open while we compile.
            captures = [stack.enter_context(Capture(camera.options())) for camera in config.cameras]
            outbox = Outbox(state_dir, config.outbox)
            stack.callback(outbox.close)
            cache_dir = state_dir / "compiled" if config.inference.cache else None
            models = load_models(config, cache_dir=cache_dir, changed=self._inference.device_changed)
            self._metrics = self._new_metrics(stack)
            self._recorder = self._new_recorder(state_dir, outbox, stack)
            self._publisher = publisher = stack.enter_context(self._new_publisher(outbox))
            self._inference.serve(publisher)
            inspectors = assemble(config, captures, models, publisher, fail=self._fail, stopping=self._stopping)
            thresholds = Thresholds(state_dir)
            in_force = ModelsInForce(
                config,
                models,
                inspectors,
                thresholds,
                publisher,
                cache_dir=cache_dir,
                changed=self._inference.device_changed,
            )
            by_name = {inspector.name: inspector for inspector in inspectors}
            teaching = stack.enter_context(
                Teaching(state_dir, config.device, config.line, config.security, by_name, publisher.teaching)
            )
            self._answers = Answers(config, in_force, inspectors, publisher, thresholds, teaching)
            control = stack.enter_context(
                Control(
                    address=config.bus.control,
                    station=self._answers,
                    outbox=outbox,
                    tell=self._tell,
                    access=access,
                )
            )
            self._open(captures)
            log_started(models, publisher, control)
            publisher.wait_for_subscribers(
                self._subscribers, self._subscribers_timeout_s, given_up=self._stopping.is_set
            )
            stages = self._stages(inspectors, control, publisher)
            with Watchdog(stages, self._manager, config.watchdog) as watchdog:
                if self._metrics is not None:
                    self._metrics.serve(inspectors, self._answers.models, publisher, outbox, watchdog, access)
                self._inspect(inspectors, control, publisher)
        leave()
        log_stopped(inspectors)
        if self._failure is not None:
            raise self._failure

    def _new_metrics(self, stack: ExitStack) -> Metrics | None:
        if self.config.metrics.address is None:
            return None
        from edge.metrics.server import Metrics

        return stack.enter_context(Metrics(self.config.metrics.address))

    def _new_recorder(self, state_dir: Path, outbox: Outbox, stack: ExitStack) -> Recorder | None:
        if not self.config.pool.enabled:
            return None
        from edge.pool.recorder import Recorder

        masked = frozenset(camera.name for camera in self.config.cameras if area_plan_of(camera).masks)
        return stack.enter_context(Recorder(state_dir, self.config.pool, masked=masked, said=outbox.said()))

    def _new_publisher(self, outbox: Outbox) -> Publisher:
        bus = self.config.bus
        return Publisher(
            station=self.config.station,
            outbox=outbox,
            alarm=self.config.alarm,
            events=bus.events,
            heatmaps=bus.heatmaps,
            heatmaps_of=bus.heatmaps_of,
            picture=bus.picture,
            heartbeat_s=bus.heartbeat_s,
            pulse=lambda: Pulse("starting") if self._answers is None else self._answers.pulse(),
            access=self._access,
            measured=self._metrics.take if self._metrics else None,
            judged=self._recorder.see if self._recorder else None,
        )

    def _open(self, captures: Sequence[Capture]) -> None:
        """Waits for the cameras' first pictures, but not past a signal.

        A live camera that does not open is lost until it does, as long as another one opens: after a power cut one
        that takes a minute must not keep the whole line waiting.

        Raises:
            EdgeAdError: no camera opens, or a file cannot be read.
        """
        failed: dict[Capture, CameraError] = {}
        for capture in captures:
            try:
                while not self._stopping.is_set() and not capture.wait_until_open(LOOK_S):
                    pass
            except CameraError as error:
                if not capture.live:
                    raise
                failed[capture] = error
        for capture, why in failed.items():
            if len(failed) == len(captures):
                raise why
            capture.try_again(why)

    def _stages(self, inspectors: Sequence[Inspector], control: Control, publisher: Publisher) -> list[Stage]:
        """Whatever must go on while the station judges."""
        stages = [self._stage, control.stage, *publisher.stages]
        stages += [self._access.stage] if self._access else []
        return stages + [stage for inspector in inspectors for stage in inspector.stages]

    def _inspect(self, inspectors: Sequence[Inspector], control: Control, publisher: Publisher) -> None:
        for inspector in inspectors:
            inspector.start()
        self._manager.ready(status_line(inspectors, publisher))
        try:
            self._look_on(inspectors, control, publisher)
        finally:
            self._stopping.set()
            deadline_s = time.monotonic() + JOIN_S
            for inspector in inspectors:
                inspector.join(max(0.0, deadline_s - time.monotonic()))

    def _look_on(self, inspectors: Sequence[Inspector], control: Control, publisher: Publisher) -> None:
        said_s = time.monotonic()
        while not self._stopping.wait(LOOK_S) and any(inspector.alive for inspector in inspectors):
            self._stage.begin("looking after its threads")
            self._look_after(inspectors, control, publisher)
            for inspector in inspectors:
                inspector.look()
            if time.monotonic() >= said_s + STATUS_EVERY_S:
                said_s = time.monotonic()
                self._manager.status(status_line(inspectors, publisher))
                self._inference.look()
        self._stage.end()
        self._manager.stopping()
        self._look_after(inspectors, control, publisher)

    def _look_after(self, inspectors: Sequence[Inspector], control: Control, publisher: Publisher) -> None:
        """Ends the station where one of its threads broke off."""
        broken = [f"inspection of camera {inspector.name}" for inspector in inspectors if inspector.broke_off]
        broken += [] if control.alive else ["control"]
        broken += [] if self._access is None or self._access.alive else ["the authenticator"]
        if broken:
            self._fail(unforeseen_end(broken[0]))
        if not publisher.alive:
            self._stopping.set()  # its close() raises why
            return
        if self._access is not None:
            complaint = self._access.complaint
            publisher.health("security", "degraded" if complaint else "ok", complaint)
        if self._recorder is not None:
            complaint = self._recorder.complaint
            publisher.health("pool", "degraded" if complaint else "ok", complaint)

    def _tell(self, done: Done) -> None:
        """What somebody changed goes to whom it concerns."""
        if self._publisher is not None:
            self._publisher.action(done)
        if self._recorder is not None:
            self._recorder.hear(done)

    def _fail(self, error: EdgeAdError) -> None:
        """Keeps the first error and stops the station: half a station would look alive."""
        self._failure = self._failure or error
        self._stopping.set()
