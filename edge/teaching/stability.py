"""Does the threshold still move? It is estimated now and then while pictures come, as the fit will set it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration import conformal
from edge.closing import Closing
from edge.inference.calibrate import DEFAULT_RATE, reachable_rate
from edge.scorers.features import Features
from edge.scorers.padim import PadimFit
from edge.teaching.backbone import BackboneBundle
from edge.teaching.copies import jitter_of, with_copies
from edge.teaching.records import Kept
from edge.teaching.session import Session

EVERY_PICTURES = 20
STABLE_WITHIN = 0.05  # share of the threshold, twice in a row
FASTEST_PER_S = 4.0  # where pictures come faster nobody can follow, and the fit will be there in a moment
REST = 2.0  # times its own duration that an estimate waits after the one before: cameras come first
NICE = 10

Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """The threshold that the pictures so far give.

    Attributes:
        pictures: how many there were.
        scores: [n] of those that set the threshold.
        threshold: raw score.
        moved: how far it moved since the estimate before, as a share of it, both for the rate that the earlier one
            could promise; None for the first.
        stable: whether it moved less than ``STABLE_WITHIN`` this time and the time before.
    """

    pictures: int
    scores: Scores
    threshold: float
    moved: float | None
    stable: bool

    @classmethod
    def after(cls, before: Estimate | None, pictures: int, scores: Scores, rate: float | None) -> Estimate:
        """The estimate from new scores.

        Args:
            before: the estimate before; None for the first.
            pictures: how many there are.
            scores: [n], n at least 1.
            rate: false-alarm rate that will be promised; None for 5 %.
        """
        threshold = _threshold(scores, rate, len(scores))
        if before is None:
            return cls(pictures, scores, threshold, None, stable=False)
        reached = len(before.scores)
        now = _threshold(scores, rate, reached)
        moved = abs(now - before.threshold) / now if now else 0.0
        calm_before = before.moved is not None and before.moved <= STABLE_WITHIN
        return cls(pictures, scores, threshold, moved, stable=calm_before and moved <= STABLE_WITHIN)


def _threshold(scores: Scores, rate: float | None, reached: int) -> float:
    """For the rate asked, or the smallest one that ``reached`` scores can promise."""
    return conformal.threshold(scores, reachable_rate(rate or DEFAULT_RATE, reached))


class Stability(Closing):
    """Estimates in a thread of its own, at low priority; ``latest`` is None before the first.

    Args:
        session: where the pictures are.
        backbone: the one that it was begun with.
        rate: false-alarm rate that will be promised; None for 5 %.
    """

    def __init__(self, session: Session, backbone: BackboneBundle, rate: float | None) -> None:
        self.latest: Estimate | None = None
        self._session = session
        self._backbone = backbone
        self._rate = rate
        self._fit = PadimFit(backbone.card.size, backbone.options.for_scores())
        self._features: Features | None = None
        self._fitted: set[int] = set()
        self._thread = ThreadPoolExecutor(1, "stability", initializer=_yield_to_others)
        self._running: Future[Estimate] | None = None
        self._known = len(session.pictures)
        self._known_s = time.monotonic()
        self._not_before_s = 0.0
        self._began_s = 0.0

    def look(self) -> None:
        """Takes in the estimate that is ready, and begins another one where enough pictures came.

        Raises:
            DeviceError, TeachingError: the backbone cannot be run, or a picture was damaged.
        """
        now_s = time.monotonic()
        if self._running is not None and self._running.done():
            self.latest = self._running.result()
            self._running = None
            self._not_before_s = now_s + REST * (now_s - self._began_s)
        if self._running is None and now_s >= self._not_before_s and self._is_due(now_s):
            pictures = self._session.pictures
            sides = self._session.sides(pictures)
            self._known, self._known_s, self._began_s = len(pictures), now_s, now_s
            self._running = self._thread.submit(self._estimate, sides.fit, sides.threshold, len(pictures))

    def close(self) -> None:
        """Waits for an estimate under way; its memory is needed for the last step."""
        self._thread.shutdown(cancel_futures=True)

    def _is_due(self, now_s: float) -> bool:
        count = len(self._session.pictures)
        new = count - (self._known if self._fitted else 0)
        came_per_s = (count - self._known) / max(now_s - self._known_s, 1e-9)
        return new >= EVERY_PICTURES and came_per_s <= FASTEST_PER_S

    def _estimate(self, fit: Sequence[Kept], aside: Sequence[Kept], pictures: int) -> Estimate:
        card = self._backbone.card
        if self._features is None:
            self._features = Features(
                self._backbone.model, card.size, device="CPU", precision=card.inference_precision
            )
        new = [kept for kept in fit if kept.number not in self._fitted]
        for views in self._features.of(with_copies(self._session, new, jitter_of(fit))):
            self._fit.add(views)
        self._fitted |= {kept.number for kept in new}
        scorer = self._fit.scorer()
        scores = [scorer.score(views).scores for views in self._features.of(self._session.read(aside))]
        return Estimate.after(self.latest, pictures, np.concatenate(scores).astype(np.float64), self._rate)


def _yield_to_others() -> None:
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
