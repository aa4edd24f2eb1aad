"""The heartbeat of a station, in a thread of its own: a disk that hangs must not look like a dead station."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from edge.closing import Closing
from edge.errors import BusError, EdgeAdError
from edge.health.stage import Stage, Step
from edge.messaging.compose import Composer
from edge.messaging.events import Events
from edge.messaging.tally import Pulse, Tally

_LOOK_S = 0.5
_STUCK_BEATS = 3


class Heart(Closing):
    """Sends heartbeats once it is started, while alerts go out or wait for the disk, and for no other reason.

    Verdicts go on while a write hangs, so heartbeats do, and health of the component ``disk`` says what is wrong.
    Where the publishing thread is in any other step for three beats in a row, none is sent: a station whose alerts
    come no more must not look alive.

    Args:
        compose: writes the messages.
        events: the socket they leave by.
        tally: counted elsewhere, told in heartbeats.
        publishing: what the publishing thread is at.
        last_seq: number of the newest alert on disk.
        pulse: asked at each beat for what only the daemon knows.
        look: called before each beat.
        every_s: seconds between two.

    Attributes:
        stage: what this thread is at.
        failure: why it does not beat any more; None where it was closed.
    """

    def __init__(
        self,
        compose: Composer,
        events: Events,
        tally: Tally,
        publishing: Stage,
        *,
        last_seq: Callable[[], int],
        pulse: Callable[[], Pulse],
        look: Callable[[], None],
        every_s: float,
    ) -> None:
        self._compose = compose
        self._events = events
        self._tally = tally
        self._publishing = publishing
        self._last_seq = last_seq
        self._pulse = pulse
        self._look = look
        self._every_s = every_s
        self._step: Step | None = None
        self._same_step = 0
        self.stage = Stage("heartbeat")
        # Until the thread ends in a way that was foreseen; the traceback of any other goes to standard error.
        self.failure: EdgeAdError | None = BusError(
            "the heartbeats broke off", hint="its traceback is in the log; please report it"
        )
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether it still beats."""
        return self._thread.is_alive()

    def beat(self, pulse: Pulse) -> None:
        """Sends a heartbeat; any thread, one at a time.

        Raises:
            BusError: ZeroMQ refuses.
        """
        message = self._compose.heartbeat(
            last_alert_seq=self._last_seq(),
            verdicts=self._tally.verdicts,
            dropped=pulse.dropped,
            fps=self._tally.beat_fps(time.monotonic()),
            state=pulse.state,
        )
        self._events.send(message)

    def close(self) -> None:
        """Sends no more; may be called again, and before it was started."""
        self._closing.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        next_s = time.monotonic()
        try:
            while not self._closing.wait(min(_LOOK_S, max(0.0, next_s - time.monotonic()))):
                self.stage.begin("sending a heartbeat")
                if time.monotonic() >= next_s:
                    self._look()
                    if self._alerts_go_out():
                        self.beat(self._pulse())
                    next_s = max(next_s + self._every_s, time.monotonic())
            self.failure = None
        except EdgeAdError as error:
            self.failure = error
        finally:
            self.stage.end()

    def _alerts_go_out(self) -> bool:
        step = self._publishing.step
        self._same_step = self._same_step + 1 if step is self._step else 0
        self._step = step
        return step is not None and (step.on_disk or self._same_step < _STUCK_BEATS)
