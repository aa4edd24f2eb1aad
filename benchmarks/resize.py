"""Times the resize alone: a 1080p frame to the model's size, as the product does it and in one step by area."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import cv2
import numpy as np
from pydantic import BaseModel, ConfigDict

from benchmarks.frames import HEIGHT_PX, WIDTH_PX
from edge.pictures import RESIZE, Picture, prepare

ROUNDS = 7
EACH_ROUND = 60
SIZE = (256, 256)
THREADS = (1, 2)


class ResizeTiming(BaseModel):
    """Median milliseconds of one way to resize."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    way: str
    threads: int
    p50_ms: float


def time_resizes() -> list[ResizeTiming]:
    """Every way on every number of threads, in turns, so that a disturbance meets them all."""
    frame = np.random.default_rng(0).integers(0, 256, (HEIGHT_PX, WIDTH_PX, 3), dtype=np.uint8)
    ways: dict[str, Callable[[Picture], object]] = {
        RESIZE: lambda pixels: prepare(pixels, SIZE),
        "INTER_AREA": lambda pixels: cv2.resize(pixels, SIZE[::-1], interpolation=cv2.INTER_AREA),
    }
    before = cv2.getNumThreads()
    times_ms: dict[tuple[str, int], list[float]] = {(way, count): [] for way in ways for count in THREADS}
    try:
        for _ in range(ROUNDS):
            for way, count in times_ms:
                cv2.setNumThreads(count)
                times_ms[way, count].append(_median_ms(ways[way], frame))
    finally:
        cv2.setNumThreads(before)
    return [
        ResizeTiming(way=way, threads=count, p50_ms=round(median(each), 3))
        for (way, count), each in times_ms.items()
    ]


def _median_ms(resize: Callable[[Picture], object], frame: Picture) -> float:
    spent = []
    for _ in range(EACH_ROUND):
        began = time.perf_counter()
        resize(frame)
        spent.append((time.perf_counter() - began) * 1e3)
    return median(spent)
