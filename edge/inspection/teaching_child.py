"""A process that learns a product from a camera's frames, at low priority: the station judges on meanwhile."""

from __future__ import annotations

import os
import re
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import IO

from pydantic import ValidationError

from edge.collecting.piped import send_frame, send_hello
from edge.errors import TeachingError
from edge.inspection.frame_tap import FrameTap
from edge.messaging.requests import Teach
from edge.own_module import command_of, environment_of_own
from edge.teaching.progress import OVER, Progress

NICE = 10
STOP_S = 0.3  # after that it is killed: pictures are on disk as soon as they are counted
THREADS_S = 0.5  # for all that listen to it: a child that hangs in a write cannot even be killed
LOOK_S = 0.2
_PAIR = 2  # two frames in a row tell whether the part moves
_LAST_LINES = 5
_OPTION = re.compile(r"--([a-z]+(?:-[a-z]+)*)")


class TeachingChild:
    """``edge-ad teach`` as a child: frames go in, progress comes out. It starts at once.

    A child that dies, or is killed with the station, leaves what it took: the same command goes on.

    Args:
        options: of ``edge-ad teach``, without the camera.
        first: what is known before the child says anything.
        camera: where its frames come from.
        tap: of this camera.
        live: whether it is one whose parts may move from frame to frame.
        tell: called with each progress, from a thread of this child.

    Raises:
        TeachingError: it cannot be started; nothing of it is left.
    """

    def __init__(
        self,
        options: Sequence[str],
        first: Progress,
        camera: str,
        tap: FrameTap,
        *,
        live: bool,
        tell: Callable[[Progress], None],
    ) -> None:
        self.progress = first
        self.camera = camera
        self._tap = tap
        self._live = live
        self._tell = tell
        self._stopping = threading.Event()
        self._complaints: deque[str] = deque(maxlen=_LAST_LINES)
        self._process = _started(options)
        self._threads = [
            threading.Thread(target=run, name=f"teaching-{name}", daemon=True)
            for name, run in (("frames", self._feed), ("progress", self._read), ("complaints", self._listen))
        ]
        try:
            os.setpriority(os.PRIO_PROCESS, self._process.pid, NICE)
            for thread in self._threads:
                thread.start()
        except (OSError, RuntimeError) as error:
            self._give_up()
            raise _cannot_start(str(error)) from error

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
        give_up_s = time.monotonic() + THREADS_S
        for thread in self._threads:
            thread.join(max(0.0, give_up_s - time.monotonic()))

    def _give_up(self) -> None:
        """Leaves no process and no pipe of a child that could not be started as a whole."""
        self._stopping.set()
        self._process.kill()
        self._process.wait()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()

    def _feed(self) -> None:
        pipe = self._process.stdin
        if pipe is None:
            return
        with suppress(BrokenPipeError), pipe:
            send_hello(pipe.fileno(), self.camera, live=self._live)
            while self.progress.state == "collecting" and not self._stopping.is_set():
                for sample in self._tap.take(_PAIR if self._live else 1, LOOK_S):
                    send_frame(pipe.fileno(), sample.pixels, sample.seq, sample.captured_ns)
            self._process.wait()  # it ends with this pipe: a killed station leaves nothing behind

    def _read(self) -> None:
        for line in _lines(self._process.stdout):
            with suppress(ValidationError):
                self._take(Progress.model_validate_json(line))
        code = self._process.wait()
        if not self.over:
            self._take(self._ended(code))

    def _listen(self) -> None:
        for line in _lines(self._process.stderr):
            self._complaints.append(line.decode(errors="replace").strip())

    def _take(self, progress: Progress) -> None:
        asked = {field: as_fields(getattr(progress, field)) for field in ("advice", "reason")}
        self.progress = progress.model_copy(update=asked)
        self._tell(self.progress)

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


def as_fields(text: str) -> str:
    """What is said to a person at a terminal, for who sends requests: ``--max-motion 0`` is ``max_motion 0``."""

    def field(option: re.Match[str]) -> str:
        name = option[1].replace("-", "_")
        return name if name in Teach.model_fields else option[0]

    return _OPTION.sub(field, text)


def _lines(pipe: IO[bytes] | None) -> Iterator[bytes]:
    """What comes through a pipe, which is closed at its end."""
    if pipe is not None:
        with pipe:
            yield from pipe


def _started(options: Sequence[str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command_of("edge", "teach", "--camera", "-", "--json", *options),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env=environment_of_own(),
            process_group=0,  # Ctrl-C in the terminal is for the station alone
        )
    except OSError as error:
        raise _cannot_start(error.strerror or str(error)) from error


def _cannot_start(why: str) -> TeachingError:
    return TeachingError(f"no process can be started that teaches: {why}", hint="free some memory, or try again")
