"""What a person can do where pictures are refused."""

from __future__ import annotations

import time
from collections import Counter

from edge.collecting.refusal import Refusal

QUIET_S = 5.0  # so long nothing was kept before anything is said
LEAST_LOOKS = 10

WHAT_TO_DO = {
    Refusal.DARK: "the pictures are nearly black: switch the lamp on, take the cap off, or expose longer",
    Refusal.OVEREXPOSED: "the pictures are nearly white: expose shorter, or take light away",
    Refusal.BLURRED: "the pictures are less sharp than this camera can: hold the part still, expose shorter, or "
    "focus the lens; give a lower --min-relative-sharpness where good parts differ that much",
    Refusal.MOVING: "something moves in every picture: hold each part still for a moment, trigger the camera, or "
    "give --max-motion 0 where parts are judged as they pass",
    Refusal.SAME: "nothing changes before the camera: put the next good part there",
    Refusal.SEEN: "nothing new comes before the camera: are parts passing? put the next good part there",
    Refusal.FAULTY: "the camera gives pictures without content: check its cable and its pixel format",
}


class Advice:
    """Says what to do once nothing was kept for some seconds: what most of the frames since then suffer from."""

    def __init__(self) -> None:
        self._refused: Counter[Refusal] = Counter()
        self._kept_s = time.monotonic()

    def take(self, refusal: Refusal | None) -> None:
        """Takes in what became of a frame; None: it was kept."""
        if refusal is None:
            self._refused.clear()
            self._kept_s = time.monotonic()
        else:
            self._refused[refusal] += 1

    @property
    def quiet_s(self) -> float:
        """Seconds since a picture was kept."""
        return time.monotonic() - self._kept_s

    @property
    def text(self) -> str:
        """One line; empty where there is nothing to say."""
        if self.quiet_s < QUIET_S or self._refused.total() < LEAST_LOOKS:
            return ""
        return self.now

    @property
    def now(self) -> str:
        """The same without waiting for more; empty where no frame was refused since one was kept."""
        return WHAT_TO_DO[self._refused.most_common(1)[0][0]] if self._refused else ""
