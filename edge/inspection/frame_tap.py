"""Copies of some frames of one camera, for who needs them: a lane never waits for it and keeps nothing for it."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np

from edge.pictures import Picture


@dataclass(frozen=True, slots=True)
class Sample:
    """A frame as the model saw it, before the resize.

    Attributes:
        pixels: uint8 [H, W, 3] BGR, what is inspected of the frame; None where it could not be used.
        seq: number of the frame.
        captured_ns: monotonic clock of its capture.
    """

    pixels: Picture | None
    seq: int
    captured_ns: int


class FrameTap:
    """One thread takes; lanes offer. While nobody waits for frames an offer costs nothing."""

    def __init__(self) -> None:
        self._wanted = 0
        self._given: list[Sample] = []
        self._news = threading.Condition()

    @property
    def open(self) -> bool:
        """Whether somebody waits for a frame."""
        return self._wanted > 0

    def offer(self, pixels: Picture | None, seq: int, captured_ns: int) -> None:
        """Gives a copy of a frame, as seldom as it is wanted: about a millisecond for one of 1080p."""
        if not self.open:
            return
        sample = Sample(None if pixels is None else np.array(pixels, order="C"), seq, captured_ns)
        with self._news:
            if self._wanted > 0:
                self._wanted -= 1
                self._given.append(sample)
                self._news.notify_all()

    def take(self, count: int, timeout_s: float) -> list[Sample]:
        """Waits for the next so many frames; fewer where the time is over."""
        with self._news:
            self._given, self._wanted = [], count
            self._news.wait_for(lambda: self._wanted == 0, timeout_s)
            self._wanted = 0
            given, self._given = self._given, []
            return given
