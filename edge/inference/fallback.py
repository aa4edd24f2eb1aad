"""An engine that outlives its device: when a GPU or NPU is lost, the CPU goes on, if it judges alike."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Literal, Protocol

from edge.errors import DeviceError, ScoresDifferError
from edge.inference.bundle import Bundle
from edge.inference.engine import Engine, Prepared, Raw
from edge.inference.golden import VERSION, agree, golden_scores
from edge.log import log_event
from edge.pictures import Picture

log = logging.getLogger(__name__)


class Changed(Protocol):
    """Told once when a device is lost, before the next picture is run."""

    def __call__(self, state: Literal["degraded", "failed"], reason: str) -> None:
        """``degraded``: the CPU goes on. ``failed``: nothing can be judged any more."""


class SteadyEngine:
    """Runs pictures as ``Engine`` does, and on the CPU once the engine's own device fails.

    The picture on which the device failed is run again: no frame is lost. The CPU counts as its equal only if both
    give the same scores for the golden pictures; otherwise the thresholds mean nothing and no result is given. A
    picture that fails on the CPU is an error of that picture. A device that hangs without failing is not noticed
    here.

    Args:
        first: compiled; on the CPU there is nothing to fall back from, and nothing is compared.
        changed: told when the device is lost, in the thread of the picture that failed.
        standby: compiles for the CPU; the same bundle with the same settings by default.

    Attributes:
        bundle: as ``Engine``.
        size: as ``Engine``.
        arithmetic: as ``Engine``.
        jobs: of the first engine; the standby may have fewer, and then makes threads wait.

    Raises:
        DeviceError: the device fails on the golden pictures already.
    """

    def __init__(self, first: Engine, *, changed: Changed, standby: Callable[[], Engine] | None = None) -> None:
        if _is_cpu(first):
            first.release()
        self.bundle: Bundle = first.bundle
        self.size = first.size
        self.arithmetic = first.arithmetic
        self.jobs = first.jobs
        self._first = first  # kept: to release a lost device may block in its driver
        self._engine = first
        self._changed = changed
        self._standby = standby or (lambda: first.on("CPU"))
        self._golden = () if _is_cpu(first) else _compared_with_card(first)
        self._switching = threading.Lock()
        self._refused: DeviceError | None = None

    @property
    def device(self) -> str:
        """The device that runs the model now."""
        return self._engine.device

    def prepare(self, pixels: Picture) -> Prepared:
        """See ``Engine.prepare``."""
        return self._first.prepare(pixels)

    def run(self, prepared: Prepared) -> Raw:
        """See ``Engine.run``; waits while the CPU takes over.

        Raises:
            DeviceError: the picture failed on the CPU, or the CPU cannot take over.
            ScoresDifferError: the CPU took over and gives other scores.
        """
        engine = self._engine
        if self._refused is None:
            try:
                return engine.run(prepared)
            except DeviceError as error:
                if _is_cpu(engine):
                    raise
                self._take_over(engine, error)
        if self._refused is not None:
            raise type(self._refused)(self._refused.message, hint=self._refused.hint)
        return self._engine.run(prepared)

    def infer(self, pixels: Picture) -> Raw:
        """Prepares and runs one picture; see ``run``."""
        return self.run(self.prepare(pixels))

    def _take_over(self, lost: Engine, error: DeviceError) -> None:
        """Puts the CPU in the place of a lost device, once; other threads that saw it fail wait for that."""
        with self._switching:
            if self._engine is not lost or self._refused is not None:
                return
            try:
                fresh = self._standby()
                differ = agree(self._golden, golden_scores(fresh))
            except DeviceError as failure:
                self._refused = DeviceError(
                    f"{lost.device} was lost and the CPU cannot take over: {failure.message}"
                )
            else:
                if differ:
                    self._refused = ScoresDifferError(
                        f"{lost.device} was lost, and scores of {fresh.device} and {lost.device} {differ}",
                        hint=f"calibrate with --device {fresh.device}, then start again with it",
                    )
                else:
                    self._engine = fresh
            if self._refused is not None:
                self._changed("failed", str(self._refused))
            else:
                self._changed("degraded", f"{lost.device} was lost, the CPU goes on: {error.message}")


def _compared_with_card(engine: Engine) -> tuple[float, ...]:
    """The engine's golden scores; where they are not those that the CPU gave at the export, the log says so."""
    scores, known = golden_scores(engine), engine.bundle.card.golden
    differ = agree(known.scores, scores) if known is not None and known.version == VERSION else ""
    if differ:
        reason = f"scores of {engine.device} and those in the model card {differ}: calibrate on {engine.device}"
        log_event(log, "scores_differ", level=logging.WARNING, device=engine.device, reason=reason)
    return scores


def _is_cpu(engine: Engine) -> bool:
    return engine.device.split(".")[0] == "CPU"
