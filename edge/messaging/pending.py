"""Requests whose answer comes later, from another thread."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass

from edge.errors import BusyError, EdgeAdError
from edge.messaging.bell import Bell
from edge.messaging.messages import Result
from edge.messaging.snapshot import Snapshot

MOST_PENDING = 64
Outcome = Result | Snapshot | EdgeAdError | Future[bytes]


@dataclass(frozen=True, slots=True)
class ReplyTo:
    """Where a reply goes.

    Attributes:
        envelope: routing frames of the request.
        request_id: repeated in the reply; None where it could not be read.
    """

    envelope: tuple[bytes, ...]
    request_id: str | int | None


class Pending:
    """Keeps where to reply until an answer was given or the time is over; of the two, the first one counts.

    One thread adds and collects; any thread gives an answer.

    Args:
        bell: rung when an answer was given.
    """

    def __init__(self, bell: Bell) -> None:
        self._bell = bell
        self._last_number = 0
        self._waiting: dict[int, tuple[ReplyTo, float, Future[bytes] | None]] = {}
        self._given: deque[tuple[int, Outcome]] = deque()

    def add(self, reply_to: ReplyTo, deadline_s: float = math.inf) -> int:
        """Notes a request that waits until a moment of the monotonic clock, and gives it a number.

        Raises:
            BusyError: too many wait already.
        """
        if len(self._waiting) >= MOST_PENDING:
            raise BusyError(f"{MOST_PENDING} requests wait for their answers", hint="ask again when one has come")
        self._last_number += 1
        self._waiting[self._last_number] = (reply_to, deadline_s, None)
        return self._last_number

    def drop(self, number: int) -> None:
        """Forgets a request: it was answered otherwise."""
        self._waiting.pop(number, None)

    def begin(self, number: int, work: Future[bytes]) -> None:
        """Notes what works on a request and answers it."""
        reply_to, deadline_s, _ = self._waiting[number]
        self._waiting[number] = (reply_to, deadline_s, work)
        work.add_done_callback(self.answer_of(number))

    def answer_of(self, number: int) -> Callable[[Outcome], None]:
        """What takes the answer: from any thread, at once; only the first call in time has an effect."""

        def answer(outcome: Outcome) -> None:
            self._given.append((number, outcome))
            self._bell.ring()

        return answer

    def answered(self) -> Iterator[tuple[ReplyTo, Outcome]]:
        """Takes out the requests whose answer has come in time."""
        while self._given:
            number, outcome = self._given.popleft()
            reply_to, deadline_s, _ = self._waiting.get(number, (None, 0.0, None))
            if reply_to is not None and time.monotonic() < deadline_s:
                del self._waiting[number]
                yield reply_to, outcome

    def expired(self) -> list[ReplyTo]:
        """Takes out the requests whose time is over."""
        now_s = time.monotonic()
        over = [number for number, (_, deadline_s, _) in self._waiting.items() if now_s >= deadline_s]
        return [self._waiting.pop(number)[0] for number in over]

    def all(self) -> list[tuple[ReplyTo, bool]]:
        """Takes out every request, with whether something works on it."""
        left = [(reply_to, work is not None and work.running()) for reply_to, _, work in self._waiting.values()]
        self._waiting.clear()
        return left

    @property
    def wait_ms(self) -> int | None:
        """Milliseconds until the next request expires, rounded up; None where none will."""
        first_s = min((deadline_s for _, deadline_s, _ in self._waiting.values()), default=math.inf)
        return None if first_s == math.inf else max(0, math.ceil((first_s - time.monotonic()) * 1000))
