"""A process that learns a product from a camera's frames, at low priority: the station judges on meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress

from pydantic import ValidationError

from edge.collecting.piped import send_frame, send_hello
from edge.inspection.frame_tap import FrameTap
from edge.teaching.progress import OVER, Progress

NICE = 10
STOP_S = 0.3  # after that it is killed: pictures are on disk as soon as they are counted
LOOK_S = 0.2
_PAIR = 2  # two frames in a row tell whether the part moves
_LAST_LINES = 5


class TeachingChild:
    """``edge-ad teach`` as a child: frames go in, progress comes out. It starts at once.

    A child that dies, or is killed with the station, leaves what it took: the same command goes on.

    Args:
        options: of ``edge-ad teach``, without the camera.
        first: what is known before the child says anything.
        tap: where its frames come from.
        live: whether they are a live camera's.
        tell: called with each progress, from a thread of this child.
    """

    def __init__(
        self,
        options: Sequence[str],
        first: Progress,
        tap: FrameTap,
        *,
        live: bool,
        tell: Callable[[Progress], None],
    ) -> None:
        self.progress = first
        self._tap = tap
        self._live = live
        self._tell = tell
        self._stopping = threading.Event()
        self._complaints: deque[str] = deque(maxlen=_LAST_LINES)
        command = [sys.executable, "-m", "edge", "teach", "--camera", "-", "--json", *options]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
        )
        os.setpriority(os.PRIO_PROCESS, self._process.pid, NICE)
        self._threads = [
            threading.Thread(target=run, name=f"teaching-{name}", daemon=True)
            for name, run in (("frames", self._feed), ("progress", self._read), ("complaints", self._listen))
        ]
        for thread in self._threads:
            thread.start()

    @property
    def over(self) -> bool:
        """Whether it has ended, well or not."""
        return self.progress.state in OVER

    def stop(self) -> None:
        """Wants no more pictures and no model; what was taken is kept. Ends the child in less than a second."""
        self._stopping.set()
        self._process.terminate()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
        for thread in self._threads:
            thread.join(1.0)

    def _feed(self) -> None:
        pipe = self._process.stdin
        if pipe is None:
            return
        with suppress(BrokenPipeError), pipe:
            send_hello(pipe.fileno(), live=self._live)
            while self._process.poll() is None and not self._stopping.is_set():
                for sample in self._tap.take(_PAIR if self._live else 1, LOOK_S):
                    send_frame(pipe.fileno(), sample.pixels, sample.seq, sample.captured_ns)

    def _read(self) -> None:
        for line in self._process.stdout or ():
            with suppress(ValidationError):
                self._take(Progress.model_validate_json(line))
        code = self._process.wait()
        if not self.over:
            self._take(self._ended(code))

    def _listen(self) -> None:
        for line in self._process.stderr or ():
            self._complaints.append(line.decode(errors="replace").strip())

    def _take(self, progress: Progress) -> None:
        self.progress = progress
        self._tell(progress)

    def _ended(self, code: int) -> Progress:
        """How a child ended that did not say it itself."""
        now = self.progress.model_dump()
        if self._stopping.is_set():
            return Progress.model_validate({**now, "state": "stopped", "advice": "", "reason": "it was stopped"})
        self._threads[-1].join(1.0)
        why = (
            self._complaints[-1].removeprefix("edge-ad: error: ") if self._complaints else f"it ended with {code}"
        )
        return Progress.model_validate({**now, "state": "failed", "advice": "", "reason": why[:1000]})
