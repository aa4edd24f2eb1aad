"""One occasion of teaching: which pictures, and what led to them."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from edge.errors import UsageError
from edge.inference.bundle import Bundle
from edge.inference.card import TeachingStep
from edge.teaching.records import Deed, Kept, State
from edge.teaching.session import Session


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC).replace(microsecond=0)


@dataclass(frozen=True)
class Step:
    """What is about to be taught.

    Attributes:
        deed: what led to it.
        pictures: all that count from now on, in the order of coming.
        added: how many of them are new, by where they came from.
        went_back_to: the state whose pictures these are again.
        left_out: numbers of pictures that a person takes out.
        time: when, UTC.
    """

    deed: Deed
    pictures: tuple[Kept, ...]
    added: dict[str, int] = field(default_factory=dict)
    went_back_to: int | None = None
    left_out: tuple[int, ...] = ()
    time: datetime.datetime = field(default_factory=_now)

    def for_card(self) -> TeachingStep:
        return TeachingStep(time=self.time, deed=self.deed, pictures=len(self.pictures), added=self.added)

    def state(self, number: int, bundle: Bundle) -> State:
        """The state that the session is in once a model was made of it."""
        calibration = bundle.card.calibration
        return State(
            number=number,
            time=self.time,
            deed=self.deed,
            went_back_to=self.went_back_to,
            pictures=tuple(kept.number for kept in self.pictures),
            left_out=self.left_out,
            added=self.added,
            model=bundle.card.version,
            model_sha256=bundle.sha256,
            threshold=calibration.threshold,
            false_alarm_rate=calibration.false_alarm_rate,
        )


def forward(session: Session) -> Step:
    """With the pictures of the current state and all that came since.

    Raises:
        UsageError: none came.
    """
    state = session.state()
    if state and not session.pending:
        hint = f"to make its model again: --forget {state.number}; earlier states are listed by --history"
        raise UsageError(f"{session.folder.name} is taught with all of these pictures already", hint=hint)
    return Step("added" if session.states else "taught", session.pictures, _added(session.pending))


def back_to(session: Session, state: State) -> Step:
    """With the pictures of a state, also of the current one: its model is made again."""
    return Step("went back", session.pictures_of(state), went_back_to=state.number)


def without(session: Session, numbers: Sequence[int]) -> Step:
    """With the pictures of the current state but some, which show defects.

    Raises:
        UsageError: one of them is not among those of the current state.
        TeachingError: another one was removed.
    """
    strangers = sorted(set(numbers) - set(session.numbers))
    if strangers:
        raise UsageError(f"{session.folder.name} is not taught with picture {strangers[0]}")
    left = session.kept([number for number in session.numbers if number not in numbers])
    new = [kept for kept in session.pending if kept.number not in numbers]
    return Step("left out", left, _added(new), left_out=tuple(sorted(set(numbers))))


def history_of(session: Session) -> tuple[TeachingStep, ...]:
    """All that was taught so far, for a card."""
    return tuple(
        TeachingStep(time=state.time, deed=state.deed, pictures=len(state.pictures), added=state.added)
        for state in session.states
    )


def _added(new: Sequence[Kept]) -> dict[str, int]:
    return dict(Counter(kept.taken_from for kept in new))
