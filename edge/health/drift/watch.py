"""Follows what the parts before one camera look like, and says in one line what has drifted since when."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from calibration.drift.course import Course
from calibration.drift.evidence import BETS, Kind
from calibration.drift.stability import index_by_chance, stability_index
from edge.health.camera_faults.figures import Figures
from edge.health.camera_faults.reference import ViewReference
from edge.health.drift.figures import GoodScores, Name, PartFigures
from edge.health.drift.options import DriftOptions
from edge.health.drift.wording import in_words

REMEMBERED = 1000  # pictures


@dataclass(frozen=True, slots=True)
class Drift:
    """How things stand.

    Attributes:
        parts: compared so far.
        reason: what has drifted, one line; empty for nothing.
        kinds: how each figure has drifted; None for one that has not.
        evidence: of each figure that it drifts: 0 none, 1 certain; in shares of the logarithm.
        psi: population stability index of the last scores; None where those of the calibration are unknown, or
            before the first part.
        psi_by_chance: what 95 % of such indices stay below while nothing drifts; None likewise.
    """

    parts: int
    reason: str
    kinds: Mapping[Name, Kind | None]
    evidence: Mapping[Name, float]
    psi: float | None
    psi_by_chance: float | None


class DriftWatch:
    """Watches one camera; any thread may call it.

    It says that parts have changed, never why, and changes no verdict: a lamp that ages and another batch of
    material look the same from here. Nothing is kept over a restart: what was changed while a station stood still
    nobody knows, and a drift that lasts is found anew within tens of parts, as it is compared with the
    calibration.

    Args:
        options: of the station.
        scores: of the calibration; without them the first parts stand for it.
        view: of the calibration, likewise.
        each_part: every frame shows a part of its own; else one frame in ``options.every_s`` is compared.
    """

    def __init__(
        self, options: DriftOptions, scores: GoodScores, view: ViewReference | None, *, each_part: bool
    ) -> None:
        self._options = options
        self._scores = scores
        self._view = view
        self._every_ns = 0 if each_part else round(options.every_s * 1e9)
        self._next_ns = 0
        self._parts = 0
        self._reason = ""
        self._shape = (0, 0)
        self._courses: dict[Name, Course] = {}
        self._seen: set[tuple[float, float]] = set()
        self._in_turn: deque[tuple[float, float]] = deque()
        self._lock = threading.Lock()

    def take(self, score: float, figures: Figures, captured_ns: int) -> str | None:
        """Takes in a part.

        Args:
            score: raw, finite.
            figures: of its picture.
            captured_ns: monotonic clock of its capture.

        Returns:
            What has drifted, where that is another thing now; empty where nothing has any more, None for no news.
        """
        with self._lock:
            if not self._options.enabled or (self._every_ns and captured_ns < self._next_ns):
                return None
            self._next_ns = captured_ns + self._every_ns
            begins_anew = figures.shape != self._shape
            if begins_anew:
                self._begin(figures.shape)
            values = self._figures.of(score, figures)
            if self._knows(values):
                return None
            self._parts += 1
            news = [course.take(values[name], captured_ns) for name, course in self._courses.items()]
            return self._renewed() if any(news) or (begins_anew and self._reason) else None

    @property
    def reason(self) -> str:
        """What has drifted, one line; empty for nothing."""
        return self._reason

    @property
    def now(self) -> Drift:
        with self._lock:
            shifts = {name: course.shift for name, course in self._courses.items()}
            recent = tuple(self._courses["scores"].recent) if self._courses else ()
            known = bool(recent) and len(self._scores.quantiles) > 1 and self._scores.pictures > 0
            return Drift(
                self._parts,
                self._reason,
                {name: shift.kind if shift else None for name, shift in shifts.items()},
                {name: course.evidence for name, course in self._courses.items()},
                stability_index(recent, self._scores.quantiles) if known else None,
                index_by_chance(len(recent), self._scores.pictures) if known else None,
            )

    def _begin(self, shape: tuple[int, int]) -> None:
        """Frames of another size show another view: everything begins anew."""
        self._shape = shape
        self._figures = PartFigures(self._options, self._scores, self._view, shape)
        followed = self._figures.followed
        limit = float(self._options.parts_to_false_alarm * len(BETS) * len(followed))
        rng = Random(0)  # noqa: S311 - breaks ties, the same way each time
        self._courses = {
            name: Course(each.reference, limit=limit, least=each.least, agree=self._options.agree, rng=rng)
            for name, each in followed.items()
        }

    def _knows(self, values: Mapping[Name, float]) -> bool:
        """Whether this very picture was compared before: a file in a loop, or a part that is asked about again."""
        picture = values["scores"], values["brightness"]
        if picture in self._seen:
            return True
        self._seen.add(picture)
        self._in_turn.append(picture)
        if len(self._in_turn) > REMEMBERED:
            self._seen.discard(self._in_turn.popleft())
        return False

    def _renewed(self) -> str:
        shifts = {name: course.shift for name, course in self._courses.items() if course.shift is not None}
        self._reason = in_words(shifts, max(self._shape))
        return self._reason
