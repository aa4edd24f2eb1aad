"""How regularly a camera's frames arrive, and with that how long one may have waited on its way here.

A frame's time is taken when it arrives. After a hold-up, of the network, the driver or this computer, frames that
waited in a buffer arrive all at once and look new. Only one that comes in the camera's own rhythm is surely so.
"""

from __future__ import annotations

from collections import deque

RECENT = 8
REMEMBERED = 64
LEAST_KNOWN = 4
USUAL_SHARE = 0.75  # of the intervals, from short to long: a burst of short ones does not become the rhythm
EARLIEST, LATEST = 0.75, 1.25  # of the usual interval


class Rhythm:
    """The intervals between the frames of one camera."""

    def __init__(self) -> None:
        self._intervals_ns: deque[int] = deque(maxlen=REMEMBERED)
        self._last_ns = 0

    @property
    def interval_ns(self) -> int:
        """The longest of the last intervals, interruptions left out; 0 before there was one."""
        return max(list(self._intervals_ns)[-RECENT:], default=0)

    def interrupt(self) -> None:
        """The camera was opened anew: the time until its next frame is no interval."""
        self._last_ns = 0

    def held_ns(self, arrived_ns: int) -> int | None:
        """How long the frame that arrives now may have waited, beyond the camera's usual time on the way.

        Args:
            arrived_ns: monotonic clock.

        Returns:
            None where nobody can tell: the first frames, one after a hold-up, those of a burst.
        """
        last_ns, self._last_ns = self._last_ns, arrived_ns
        if not last_ns:
            return None
        interval_ns = arrived_ns - last_ns
        usual_ns = self._usual_ns()
        self._intervals_ns.append(interval_ns)
        if usual_ns is None or not EARLIEST * usual_ns <= interval_ns <= LATEST * usual_ns:
            return None
        return max(0, interval_ns - usual_ns)

    def _usual_ns(self) -> int | None:
        if len(self._intervals_ns) < LEAST_KNOWN:
            return None
        return sorted(self._intervals_ns)[int(USUAL_SHARE * (len(self._intervals_ns) - 1))]
