"""Requests that change the station: who did what is on disk first, then it is done, then everybody hears of it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from edge.errors import BusError, EdgeAdError, StoreError
from edge.messaging import replies
from edge.messaging.messages import ActionValue
from edge.messaging.outbox import Outbox
from edge.messaging.requests import Acknowledge, Pause, Reload, Resume, SetThreshold, Teach
from edge.store.actions import Word

Values: TypeAlias = Mapping[str, ActionValue]
ChangeRequest: TypeAlias = Pause | Resume | SetThreshold | Acknowledge | Reload | Teach


@dataclass(frozen=True, slots=True)
class Change:
    """What a request is about to change at one camera.

    Attributes:
        camera: its name; None where the whole station is meant.
        before, after: what changes, by name.
        apply: makes the change; raises EdgeAdError where the disk refuses, and then nothing has changed.
    """

    camera: str | None
    before: Values
    after: Values
    apply: Callable[[], None]


Plan: TypeAlias = Callable[[], Sequence[Change]]


@dataclass(frozen=True, slots=True)
class Done:
    """A change that is on disk and in force.

    Attributes:
        number: of the record, dense.
        who: the client by its key, or ``local`` where none are asked for.
        command: of the request.
        change: what.
        reason: why, in the words of who did it; may be empty.
    """

    number: int
    who: str
    command: str
    change: Change
    reason: str


class Steered(Protocol):
    """A station that can be changed; a method raises UsageError where the request does not fit it."""

    def pause(self, camera: str | None) -> Sequence[Change]: ...

    def resume(self, camera: str | None) -> Sequence[Change]: ...

    def set_threshold(self, camera: str | None, threshold: float | None) -> Sequence[Change]: ...

    def reload(self, model: str | None, camera: str | None) -> AbstractContextManager[Plan]:
        """Takes seconds to get ready; what it gives then compares with what is in force at that moment. Until its
        end another one is refused."""

    def teach(self, asked: Teach) -> Sequence[Change]:
        """To begin or to end, not to ask how far it is."""


class Changes:
    """Carries out changes, in threads that may wait for the disk.

    One at a time: what a change is compared with, and what it is made to, is what the one before left.

    Args:
        station: that is changed.
        outbox: where actions are recorded.
        tell: publishes what was done.
    """

    def __init__(self, station: Steered, outbox: Outbox, tell: Callable[[Done], None]) -> None:
        self._station = station
        self._outbox = outbox
        self._tell = tell
        self._one_changes = threading.Lock()
        self._ended = threading.Event()

    def end(self) -> bool:
        """Begins no change any more; says whether one is being made, of which nobody knows yet what becomes."""
        self._ended.set()
        return self._one_changes.locked()

    def carry_out(self, request: ChangeRequest, who: str) -> bytes:
        """Does what a request asks for, and returns the reply. What is so already is not done again.

        Raises:
            UsageError: the request does not fit the station.
            StoreError: the disk refuses the record; then nothing is changed.
            EdgeAdError: the change could not be made, which is recorded too.
            BusError: it is done, but cannot be published; or it came after the end, and is not done.
        """
        match request:
            case Acknowledge():
                self._note(request, who)
            case Reload():
                with self._station.reload(request.model, request.camera) as plan:  # no other change waits for it
                    self._make(plan, request, who)
            case _:
                self._make(lambda: self._planned(request), request, who)
        return replies.success(request.id)

    def _make(self, plan: Plan, request: ChangeRequest, who: str) -> None:
        with self._one_at_a_time():
            for change in plan():
                self._finish(self._record(change, request, who))

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        with self._one_changes:
            if self._ended.is_set():
                raise BusError("the station stops")
            yield

    def _note(self, request: Acknowledge, who: str) -> None:
        with self._one_at_a_time():
            with self._outbox.together():  # what was said, and that it was said
                change = self._judgement(request)
                recorded = self._record(change, request, who)
            self._finish(recorded)

    def _planned(self, request: Pause | Resume | SetThreshold | Teach) -> Sequence[Change]:
        match request:
            case Pause():
                return self._station.pause(request.camera)
            case Resume():
                return self._station.resume(request.camera)
            case SetThreshold():
                return self._station.set_threshold(request.camera, request.threshold)
            case Teach():
                return self._station.teach(request)

    def _judgement(self, request: Acknowledge) -> Change:
        before = self._outbox.acknowledge(request.alert_id, request.by, request.judgement)
        said = Word(request.judgement, request.by)
        return Change(None, _judged(request.alert_id, before), _judged(request.alert_id, said), lambda: None)

    def _record(self, change: Change, request: ChangeRequest, who: str) -> Done | None:
        """Puts a change on disk; None where nothing would change."""
        if change.before == change.after:
            return None
        why = reason_of(request)
        return Done(self._write(who, request.command, change, why), who, request.command, change, why)

    def _finish(self, done: Done | None) -> None:
        """Makes a change that is on disk, and tells of it; a second record takes back what cannot be made."""
        if done is None:
            return
        change = done.change
        try:
            change.apply()
        except EdgeAdError as error:
            back = Change(change.camera, change.after, change.before, lambda: None)
            with suppress(StoreError):  # the first error is told
                self._write(done.who, done.command, back, f"not done: {error.message}")
            raise
        self._tell(done)

    def _write(self, who: str, command: str, change: Change, reason: str) -> int:
        before, after = (json.dumps({"camera": change.camera, **v}) for v in (change.before, change.after))
        return self._outbox.record_action(who, command, before, after, reason).number


def _judged(alert_id: str, word: Word | None) -> Values:
    return {"alert_id": alert_id, "judgement": word.judgement if word else None, "by": word.by if word else None}


def reason_of(request: ChangeRequest) -> str:
    """Why, where the request says so."""
    return request.reason if isinstance(request, SetThreshold) else ""
