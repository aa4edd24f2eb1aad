"""The last number given, kept beside the store, so that no number comes twice when the store is lost."""

from __future__ import annotations

import os
import re
import zlib
from pathlib import Path

from edge.errors import StoreError, StoreRefusedError

BLOCK = 100
_SLOT_BYTES = 64
_SLOT = re.compile(rb"(\d{20}) (\d{20}) ([0-9a-f]{8})\n")


class Numbers:
    """A small file of two slots that are written in turn, in place: a full disk still takes them.

    Each slot has the last number given, the number up to which the disk surely knows that numbers may have been
    given, and a check sum. The first is exact until the computer loses its power, the second always holds.

    Args:
        path: the file; made if absent.

    Raises:
        StoreError: the file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            content = os.pread(self._file, 2 * _SLOT_BYTES, 0)
        except OSError as error:
            hint = "check the owner of the folder"
            raise StoreError(f"cannot open {path}: {error.strerror}", hint=hint) from error
        slots = [_read(content[start : start + _SLOT_BYTES]) for start in (0, _SLOT_BYTES)]
        self.last, self.reserved = max(slots)
        self._next_slot = 1 - slots.index(max(slots))

    def reserve(self, last: int) -> None:
        """Makes sure, on disk, that numbers up to ``last`` may be given; asks the disk only once for many.

        Raises:
            StoreRefusedError: the disk refuses.
        """
        if last > self.reserved:
            self._write(self.last, last + BLOCK, flush=True)

    def give(self, last: int, *, flush: bool = False) -> None:
        """Notes that numbers up to ``last`` are given.

        Args:
            last: the highest number.
            flush: the store itself does not have these numbers: they are on disk here when this returns.

        Raises:
            StoreRefusedError: the disk refuses.
        """
        self._write(last, max(self.reserved, last), flush=flush)

    def _write(self, last: int, reserved: int, *, flush: bool) -> None:
        slot = b"%020d %020d " % (last, reserved)
        slot = (slot + b"%08x\n" % zlib.crc32(slot)).ljust(_SLOT_BYTES - 1) + b"\n"
        try:
            if os.pwrite(self._file, slot, self._next_slot * _SLOT_BYTES) != _SLOT_BYTES:
                raise StoreRefusedError(f"cannot write {self.path} as a whole")
            if flush:
                os.fsync(self._file)
        except OSError as error:
            raise StoreRefusedError(f"cannot write {self.path}: {error.strerror}") from error
        self._next_slot = 1 - self._next_slot
        self.last, self.reserved = last, reserved

    def close(self) -> None:
        """May be called again."""
        if self._file >= 0:
            os.close(self._file)
        self._file = -1


def _read(slot: bytes) -> tuple[int, int]:
    """Last and reserved number; 0 and 0 where the slot was never written or not as a whole."""
    found = _SLOT.match(slot)
    if found is None or zlib.crc32(slot[: found.start(3)]) != int(found[3], 16):
        return 0, 0
    return int(found[1]), int(found[2])
