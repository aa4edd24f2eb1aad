"""Frames between two processes: a ring of slots in shared memory, without a lock.

A slot belongs to whoever holds its number. Numbers travel through two pipes, which the kernel keeps in order:

    free    slots that may be written        parent -> capture process
    ready   slots that hold a frame          capture process -> parent

To make room for a newer frame the capture process takes the oldest record back out of ``ready``. No state is
shared beyond this, so that a process killed at any moment leaves nothing locked. Slots are anonymous memory
files: they grow with the pictures, need no name, are not bound by the size of /dev/shm, and vanish with the
last process that has them. One that was used before is preferred, as one never used costs no memory yet.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import select
import struct
import sys
import termios
import threading
import weakref
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from edge.cameras.source import Shot

# slot, seq, captured_ns, height, width, bytes of the name and of the fault, which lie behind the pixels
RECORD = struct.Struct("<BqqqIIII")
UNTOLD = -1  # for None
CHANNELS = 3


class Keep(Enum):
    """Which frames wait for a reader that is slower than the camera."""

    NEWEST = "newest"  # one frame, the newest
    LATEST = "latest"  # as many as the ring holds; then the oldest is given up
    ALL = "all"  # all of them: the camera waits for the reader


@dataclass(frozen=True, slots=True)
class RingFds:
    """The file descriptors of a ring: (read, write) ends of the pipes, and one memory file per slot."""

    free: tuple[int, int]
    ready: tuple[int, int]
    slots: tuple[int, ...]

    def all(self) -> tuple[int, ...]:
        return self.free + self.ready + self.slots


def create_ring(frames: int) -> RingFds:
    """Makes an empty ring of ``frames`` slots; all are free."""
    fds = RingFds(
        free=os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC),
        ready=os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC),
        slots=tuple(os.memfd_create(f"edge-ad-frame-{i}", os.MFD_CLOEXEC) for i in range(frames)),
    )
    os.write(fds.free[1], bytes(range(frames)))
    return fds


class Slot:
    """The memory of one frame."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._memory: mmap.mmap | None = None

    @property
    def used(self) -> bool:
        """Whether this process has put a frame in it, or taken one out."""
        return self._memory is not None

    def reserve(self, size: int) -> None:
        """Grows the slot to ``size`` bytes at least; it never shrinks, as the other side has it mapped.

        Raises:
            OSError: there is not that much memory.
        """
        if os.fstat(self._fd).st_size < size:
            os.posix_fallocate(self._fd, 0, size)  # fails here, not with SIGBUS at the first write

    def pixels(self, height: int, width: int) -> NDArray[np.uint8]:
        """A new array uint8 [height, width, 3] on the slot's memory."""
        memory = self._mapped(height * width * CHANNELS)
        return np.ndarray((height, width, CHANNELS), dtype=np.uint8, buffer=memory)

    def text(self, start: int, length: int) -> NDArray[np.uint8]:
        """A new array uint8 [length] on the slot's memory, ``start`` bytes after its beginning."""
        return np.ndarray((length,), dtype=np.uint8, buffer=self._mapped(start + length), offset=start)

    def _mapped(self, size: int) -> mmap.mmap:
        if self._memory is None or len(self._memory) < size:
            self._memory = mmap.mmap(self._fd, os.fstat(self._fd).st_size)
        return self._memory


class RingWriter:
    """The capture process's end.

    Args:
        fds: the ring.
        keep: which frames wait for a slow reader.
    """

    def __init__(self, fds: RingFds, keep: Keep) -> None:
        self._fds = fds
        self._keep = keep
        self._slots = [Slot(fd) for fd in fds.slots]
        self._free: list[int] = []  # what was freed last is taken first

    def put(self, shot: Shot, seq: int, held_ns: int | None = 0) -> tuple[bool, int]:
        """Puts a frame into the ring if there is room.

        Args:
            shot: the frame; it may have no pixels.
            seq: its number.
            held_ns: see ``Frame``.

        Returns:
            whether the frame is in the ring, and how many waiting frames were given up for it.

        Raises:
            OSError: there is not enough memory for a frame of this size.
        """
        number, dropped = self._room()
        if number is None:
            return False, 0
        height, width = shot.pixels.shape[:2]
        name, fault = (shot.picture or "").encode(), shot.fault.encode()
        text = np.frombuffer(name + fault, np.uint8)
        slot = self._slots[number]
        slot.reserve(max(shot.pixels.size + text.size, 1))
        np.copyto(slot.pixels(height, width), shot.pixels)
        slot.text(shot.pixels.size, text.size)[:] = text
        held_ns = UNTOLD if held_ns is None else held_ns
        record = RECORD.pack(number, seq, shot.captured_ns, held_ns, height, width, len(name), len(fault))
        os.write(self._fds.ready[1], record)
        return True, dropped

    def _room(self) -> tuple[int | None, int]:
        """A slot to write to, and how many waiting frames were given up for it; no slot where there is no room."""
        self._free += _read(self._fds.free[0], len(self._slots))
        if self._keep is not Keep.ALL:
            costly = not self._free or not self._slots[self._free[-1]].used
            spare = self._keep is Keep.NEWEST and self._waiting() > 1  # one always waits for the reader
            if (costly and spare) or not self._free:
                oldest = _read(self._fds.ready[0], RECORD.size)
                if oldest:
                    return oldest[0], 1
        return (self._free.pop() if self._free else None), 0

    def _waiting(self) -> int:
        """How many frames are in the ring."""
        size = fcntl.ioctl(self._fds.ready[0], termios.FIONREAD, bytes(4))
        return int.from_bytes(size, sys.byteorder) // RECORD.size

    def wait_for_room(self, timeout_s: float) -> None:
        """Returns when a slot is free, or after ``timeout_s`` seconds."""
        if not self._free:
            _wait(self._fds.free[0], timeout_s)


@dataclass(frozen=True, slots=True)
class RingFrame:
    """A frame out of the ring; its slot is free again when ``pixels`` and all views of it are gone."""

    seq: int
    captured_ns: int
    held_ns: int | None
    picture: str | None
    fault: str
    pixels: NDArray[np.uint8]


class RingReader:
    """The parent's end."""

    def __init__(self, fds: RingFds) -> None:
        self._fds = fds
        self._slots = [Slot(fd) for fd in fds.slots]
        self._held: set[int] = set()
        self._closed = False
        self._closing = threading.RLock()  # re-entrant: collecting garbage may release a slot at any moment
        self.ready_fd = fds.ready[0]

    def waiting(self) -> bool:
        """Whether a frame is in the ring; any thread may ask."""
        with self._closing:
            return not self._closed and _wait(self._fds.ready[0], 0)

    def take(self, *, newest: bool) -> tuple[RingFrame | None, int]:
        """Takes the newest frame, or the next one, without waiting.

        The pixels are the slot's own memory as long as at least two slots stay for the capture process, and a
        copy beyond that; either way they are the caller's for as long as the caller keeps them.

        Returns:
            the frame, None where there is none; and how many older frames were given up.
        """
        record = _read(self._fds.ready[0], RECORD.size)
        dropped = 0
        while newest and record:
            newer = _read(self._fds.ready[0], RECORD.size)
            if not newer:
                break
            self._release(record[0])
            dropped += 1
            record = newer
        return (self._frame(record) if record else None), dropped

    def close(self) -> None:
        """Closes the pipes and lets the memory go, frames still in use excepted."""
        with self._closing:
            if not self._closed:
                self._closed = True
                self._slots.clear()
                for fd in self._fds.all():
                    os.close(fd)

    def _frame(self, record: bytes) -> RingFrame:
        number, seq, captured_ns, held_ns, height, width, name_size, fault_size = RECORD.unpack(record)
        pixels = self._slots[number].pixels(height, width)
        text = self._slots[number].text(pixels.size, name_size + fault_size).tobytes()
        name, fault = text[:name_size].decode(), text[name_size:].decode()
        if len(self._held) + 2 < len(self._slots):
            self._held.add(number)
            weakref.finalize(pixels, self._release, number).atexit = False
        else:
            pixels = pixels.copy()
            self._release(number)
        return RingFrame(seq, captured_ns, None if held_ns == UNTOLD else held_ns, name or None, fault, pixels)

    def _release(self, number: int) -> None:
        with self._closing:
            self._held.discard(number)
            if not self._closed:
                os.write(self._fds.free[1], bytes([number]))


def _read(fd: int, size: int) -> bytes:
    """Reads one record without waiting; empty where there is none."""
    try:
        return os.read(fd, size)
    except BlockingIOError:
        return b""


def _wait(fd: int, timeout_s: float) -> bool:
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(timeout_s * 1000))
