"""Frames through a pipe: a station hands some of its own to a process that must not hold it up.

| bytes | content |
|---|---|
| 2 | once: 1 for a live camera, 0 for files; bytes of the camera's name |
| as many | once: the name, UTF-8 |
| 24 | of each frame: height and width in pixels (u32), number and capture time in ns (u64), little-endian |
| 3 * height * width | its pixels, BGR; a frame of 0 x 0 is one that cannot be used |
"""

from __future__ import annotations

import os
import select
import signal
import struct
import threading
from contextlib import suppress

import numpy as np

from edge.cameras.board import CameraState
from edge.errors import CameraError
from edge.frame import Frame
from edge.pictures import Picture

_HELLO = struct.Struct("<?B")
_HEADER = struct.Struct("<IIQQ")
_LARGEST_SIDE = 65_535
_NOTHING = "the station could not use this frame"


class PipedFrames:
    """The reading end; a collection takes it for a camera. It ends where the station closes its end.

    Args:
        pipe: file descriptor to read; closed by ``close``.

    Attributes:
        camera: its name at the station.

    Raises:
        CameraError: nothing came from the other end.
    """

    lost_because = ""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self._ended = False
        hello = self._read(_HELLO.size)
        name = self._read(hello[1]) if hello else None
        if hello is None or name is None:
            raise CameraError("no frames come from the station", hint="'--camera -' is for a running station only")
        self.live = hello[0] == 1
        self.camera = name.decode()

    @property
    def state(self) -> CameraState:
        return CameraState.ENDED if self._ended else CameraState.STREAMING

    def next_frame(self, timeout_s: float) -> Frame | None:
        """Waits for a frame; None where none came in time, and at once after the end.

        Raises:
            CameraError: what comes is no frame.
        """
        if self._ended or not select.select([self._pipe], [], [], timeout_s)[0]:
            return None
        header = self._read(_HEADER.size)
        if header is None:
            return None
        height, width, seq, captured_ns = _HEADER.unpack(header)
        if max(height, width) > _LARGEST_SIDE:
            raise CameraError(f"no frame comes from the station: {width}x{height}")
        data = self._read(3 * height * width)
        if data is None:
            return None
        pixels = np.frombuffer(data, np.uint8).reshape(height, width, 3)
        return Frame("station", seq, pixels, captured_ns, fault="" if pixels.size else _NOTHING)

    def close(self) -> None:
        """Wants no more frames: the station's next write fails; may be called twice."""
        self._ended = True
        pipe, self._pipe = self._pipe, -1
        with suppress(OSError):
            os.close(pipe)

    def _read(self, count: int) -> bytearray | None:
        """So many bytes; None at the end, also in the midst of a frame."""
        data = bytearray(count)
        left = memoryview(data)
        while left:
            came = os.readv(self._pipe, [left])
            if came == 0:
                self._ended = True
                return None
            left = left[came:]
        return data


def send_hello(pipe: int, camera: str, *, live: bool) -> None:
    """Says which camera the frames come from, and of what kind it is.

    Args:
        pipe: file descriptor to write.
        camera: its name, up to 255 bytes.
        live: whether the world sets its pace.

    Raises:
        BrokenPipeError: nobody reads.
    """
    name = camera.encode()
    _send(pipe, _HELLO.pack(live, len(name)) + name)


def end_with_station(pipe: int) -> None:
    """From now on this process ends at once where the other end is closed, which also a killed station's is.

    Args:
        pipe: file descriptor to read; it may be closed afterwards, and frames may be left in it unread.
    """
    watched = os.dup(pipe)

    def watch() -> None:
        hung_up = select.poll()
        hung_up.register(watched, 0)  # POLLHUP is told unasked
        hung_up.poll()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="end-with-station", daemon=True).start()


def send_frame(pipe: int, pixels: Picture | None, seq: int, captured_ns: int) -> None:
    """Writes a frame and waits until it is taken.

    Args:
        pipe: file descriptor to write.
        pixels: uint8 [H, W, 3] BGR; None for a frame that cannot be used.
        seq: number of the frame.
        captured_ns: monotonic clock of its capture.

    Raises:
        BrokenPipeError: nobody reads any more.
    """
    height, width = pixels.shape[:2] if pixels is not None else (0, 0)
    _send(pipe, _HEADER.pack(height, width, seq, captured_ns))
    if pixels is not None:
        _send(pipe, np.ascontiguousarray(pixels).data.cast("B"))


def _send(pipe: int, data: bytes | memoryview) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(pipe, left) :]
