"""The watchdog: signs of life for systemd, fed by the progress of every stage and by nothing else."""

from __future__ import annotations

import faulthandler
import logging
import threading
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from edge.health.service_manager import ServiceManager
from edge.health.stage import Stage, Step
from edge.health.watchdog_options import STEP_LIMIT_S, WatchdogOptions
from edge.log import log_event

LOOK_S = 1.0
log = logging.getLogger(__name__)


class Watchdog:
    """Looks at every stage once a second; as a context manager it starts and ends.

    While all stages make progress, systemd gets a sign of life at each look. Once a step lasts longer than it may,
    the stage is named in the log and systemd is asked to end the process at once, which it does with SIGABRT, on
    which the stacks of all threads are written to standard error. Without systemd the stage is only named.

    Only time between looks that follow each other closely counts, so that a computer that slept blames nobody.

    Args:
        stages: one for each thread that must go on.
        manager: who is told.
        options: the limits.
    """

    def __init__(self, stages: Sequence[Stage], manager: ServiceManager, options: WatchdogOptions) -> None:
        self._manager = manager
        self._limit_s = options.step_limit_s or manager.watchdog_s or STEP_LIMIT_S
        self._disk_limit_s = max(options.disk_limit_s, self._limit_s)
        self._look_s = min(LOOK_S, (manager.watchdog_s or self._limit_s) / 4, self._limit_s / 4)
        self._watched = [_Watched(stage) for stage in stages]
        self._named: set[_Watched] = set()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)

    @property
    def quiet_s(self) -> dict[str, float]:
        """Seconds that each stage has been in its present step, by the name of the stage."""
        return {watched.stage.name: watched.quiet_s for watched in self._watched}

    def __enter__(self) -> Self:
        faulthandler.enable()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        looked_s = time.monotonic()
        while True:
            now_s = time.monotonic()
            self._look(min(now_s - looked_s, 1.5 * self._look_s))
            looked_s = now_s
            if self._closing.wait(self._look_s):
                return

    def _look(self, passed_s: float) -> None:
        for watched in self._watched:
            watched.look(passed_s)
        hung = [watched for watched in self._watched if watched.quiet_s > self._limit_of(watched.step)]
        for watched in hung:
            self._name(watched)
        self._named.intersection_update(hung)
        if hung:
            self._manager.hung(f"hung: {', '.join(str(watched) for watched in hung)}")
        else:
            self._manager.alive()

    def _limit_of(self, step: Step | None) -> float:
        return self._disk_limit_s if step is not None and step.on_disk else self._limit_s

    def _name(self, watched: _Watched) -> None:
        if watched in self._named or watched.step is None:
            return
        self._named.add(watched)
        log_event(
            log,
            "stage_hung",
            level=logging.ERROR,
            stage=watched.stage.name,
            step=watched.step.name,
            seconds=round(watched.quiet_s, 1),
        )


class _Watched:
    """A stage, the step it was in at the last look, and how long it has been in it."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.step = stage.step
        self.quiet_s = 0.0

    def look(self, passed_s: float) -> None:
        step = self.stage.step
        same = step is not None and step is self.step
        self.step, self.quiet_s = step, self.quiet_s + passed_s if same else 0.0

    def __str__(self) -> str:
        return f"{self.stage.name} ({self.step.name if self.step else 'ended'})"
