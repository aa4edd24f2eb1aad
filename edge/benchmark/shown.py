"""The pictures that are shown while it is measured: of a camera, or drawn."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from edge.benchmark.spread import Spread, spread_of
from edge.cameras.capture import Capture
from edge.cameras.options import CameraOptions
from edge.errors import CameraError
from edge.pictures import Picture
from edge.progress import Advance, silent

WIDTH_PX, HEIGHT_PX = 1920, 1080
SHOWN = 4  # different pictures; each is 6 MB at 1080p


class Delivered(BaseModel):
    """What a camera delivers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    width: int = Field(description="columns, px")
    height: int = Field(description="rows, px")
    frames_per_s: float
    interval_ms: Spread = Field(description="between two frames that follow each other")


def drawn(count: int = SHOWN, size: tuple[int, int] = (HEIGHT_PX, WIDTH_PX)) -> list[Picture]:
    """Pictures uint8 [H, W, 3] of a lit plate with a sensor's noise, each another one, the same every time."""
    rng = np.random.default_rng(0)
    light = np.linspace(90, 150, size[1], dtype=np.float32)[None, :, None]
    return [
        np.clip(light + rng.normal(0, 6, (*size, 3)).astype(np.float32), 0, 255).astype(np.uint8)
        for _ in range(count)
    ]


def taken(
    options: CameraOptions, shown_as: str, seconds: float, *, seen: Advance = silent
) -> tuple[list[Picture], Delivered]:
    """Takes pictures of a camera and measures what it delivers.

    Args:
        options: the camera.
        shown_as: its address without a password.
        seconds: how long to look, from the first picture on.
        seen: called with 1 at the end.

    Returns:
        At most ``SHOWN`` pictures, evenly spread over the time, and the camera's figures.

    Raises:
        CameraError, PictureError: it cannot be opened, or gives fewer than two sound pictures.
    """
    pictures: list[Picture] = []
    captured_ns: list[tuple[int, int]] = []
    with Capture(options) as capture:
        capture.wait_until_open()
        began_s = time.monotonic()
        while (elapsed_s := time.monotonic() - began_s) < seconds:
            frame = capture.next_frame(min(options.read_timeout_s, seconds - elapsed_s + 0.01))
            if frame is None:
                if capture.captured and not capture.live:
                    break  # the end of a file
                continue
            captured_ns.append((frame.seq, frame.captured_ns))
            if not frame.fault and len(pictures) < SHOWN * (elapsed_s / seconds) + 1 and len(pictures) < SHOWN:
                pictures.append(frame.pixels.copy())
    seen(1)
    if not pictures or len(captured_ns) < 2:
        raise CameraError(
            f"camera {shown_as} gave {len(captured_ns)} pictures in {seconds:g} s",
            hint="measure for longer with --seconds",
        )
    return pictures, delivered(shown_as, pictures[0], captured_ns)


def keep(pictures: Sequence[Picture], folder: Path) -> Path:
    """Writes pictures where a ``memory:`` camera finds them, and returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, pixels in enumerate(pictures):
        cv2.imwrite(str(folder / f"{number}.bmp"), pixels)
    return folder


def delivered(source: str, picture: Picture, captured_ns: Sequence[tuple[int, int]]) -> Delivered:
    """A camera's figures from the frames that were taken.

    Args:
        source: its address without a password.
        picture: one of its pictures, uint8 [H, W, 3].
        captured_ns: number and arrival (monotonic clock) of at least two frames, in their order.
    """
    (first_seq, first_ns), (last_seq, last_ns) = captured_ns[0], captured_ns[-1]
    pairs = zip(captured_ns, captured_ns[1:], strict=False)
    # Frames between two that were taken may have been dropped; the time is shared by them.
    intervals_ms = [(after - before) / 1e6 / (seq - seq_before) for (seq_before, before), (seq, after) in pairs]
    return Delivered(
        source=source,
        width=picture.shape[1],
        height=picture.shape[0],
        frames_per_s=round((last_seq - first_seq) / max((last_ns - first_ns) / 1e9, 1e-9), 1),
        interval_ms=spread_of(intervals_ms),
    )
