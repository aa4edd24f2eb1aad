"""Taking pictures for training from a running camera until there are enough."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from edge.area import AreaPlan
from edge.cameras.capture import CameraState, Capture
from edge.collecting.live_sieve import WARM_UP_PICTURES
from edge.collecting.refusal import Refusal
from edge.collecting.sieve import Sieve
from edge.errors import CameraError
from edge.pictures import Picture

LOOK_S = 0.2


class Taker(Protocol):
    """Where pictures that are kept go to: a folder, or something that looks at them."""

    def add(self, pixels: Picture) -> Path:
        """Takes a picture, uint8 [H, W, 3] BGR, and says how it is called."""


@dataclass(slots=True)
class Collection:
    """What was collected so far.

    Attributes:
        wanted: how many pictures shall be kept.
        taken: files written, in their order.
        refused: how many pictures were refused, by reason.
    """

    wanted: int
    taken: list[Path] = field(default_factory=list)
    refused: Counter[Refusal] = field(default_factory=Counter)

    @property
    def missing(self) -> int:
        return self.wanted - len(self.taken)

    def refused_text(self) -> str:
        """``3 blurred, 1 dark``, or ``none``."""
        return ", ".join(f"{number} {reason}" for reason, number in self.refused.most_common()) or "none"


@dataclass(frozen=True, slots=True)
class Pacing:
    """Attributes: least time between two pictures kept, and how long to wait for a lost camera, in seconds."""

    interval_s: float
    give_up_after_s: float


def collect(
    capture: Capture,
    sieve: Sieve,
    folder: Taker,
    collection: Collection,
    pacing: Pacing,
    show: Callable[[Collection, CameraState], None],
    plan: AreaPlan = AreaPlan(),  # noqa: B008 - frozen
) -> None:
    """Fills ``collection`` until it has what is wanted or the camera ends; calls ``show`` after every picture.

    Pictures are cut to the box around the region of interest of ``plan``, as the station will cut its frames.

    The first pictures of a live camera only teach the sieve how sharp this camera is, and give its automatic
    exposure time to settle.

    Raises:
        CameraError: a live camera gave no picture for ``give_up_after_s``, or a file source cannot go on.
        PictureError: a picture cannot be written.
    """
    to_warm_up = WARM_UP_PICTURES if capture.live else 0
    kept_s = -pacing.interval_s
    seen_s = time.monotonic()
    while collection.missing > 0 and capture.state is not CameraState.ENDED:
        frame = capture.next_frame(LOOK_S)
        now_s = time.monotonic()
        if frame is None:
            _give_up(capture, collection, now_s - seen_s, pacing.give_up_after_s)
        elif frame.fault:
            collection.refused[Refusal.FAULTY] += 1
        elif to_warm_up > 0:
            seen_s = now_s
            to_warm_up -= 1
            sieve.learn(frame.pixels)
        elif (seen_s := now_s) - kept_s >= pacing.interval_s:
            pixels = plan.area(*frame.pixels.shape[:2]).cut(frame.pixels)
            refusal = sieve.refuses(pixels)
            if refusal is None:
                kept_s = now_s
                collection.taken.append(folder.add(pixels))
            else:
                collection.refused[refusal] += 1
        show(collection, capture.state)


def _give_up(capture: Capture, collection: Collection, quiet_s: float, limit_s: float) -> None:
    if quiet_s > limit_s and capture.state is not CameraState.ENDED:
        reason = f": {capture.lost_because}" if capture.lost_because else ""
        raise CameraError(
            f"camera {capture.options.name} gave no picture for {quiet_s:.0f} s{reason}",
            hint=f"{len(collection.taken)} of {collection.wanted} are taken, the same command takes more",
        )
