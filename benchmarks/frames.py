"""Times one bundle in a process of its own: a 1080p frame in memory to verdict and heatmap.

Compiled as the daemon compiles it. Started by ``benchmarks.speed`` once for each bundle, instruction set and
repetition; imports nothing of the workstation, so that its memory is the device's.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from pathlib import Path

import cv2
import numpy as np
import psutil
from pydantic import BaseModel, ConfigDict, Field

from edge.config.station import StationConfig
from edge.frame import Frame
from edge.inference.bundle import Bundle, load_bundle
from edge.inference.devices import compile_model, hint_for
from edge.inference.engine import Engine
from edge.inference.judge import Judge, limits_of
from edge.inference.override import calibration_of
from edge.pictures import Picture, read_picture
from edge.verdict import ModelId

WIDTH_PX, HEIGHT_PX = 1920, 1080
WARM_UP = 50


class Repetition(BaseModel):
    """One process's figures. Milliseconds are of one frame at a time, from pixels to inspection."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    precision: str
    frames: int
    p50_ms: float
    p99_ms: float
    preprocess_ms: float = Field(description="median")
    inference_ms: float = Field(description="median")
    postprocess_ms: float = Field(description="median")
    frames_per_s: float = Field(description="as many in flight as the daemon has by default")
    resident_mb: float = Field(description="10^6 bytes, after the first frame was judged")
    device: str
    kernels: dict[str, int] = Field(description="convolutions by the kernel that runs them")


def main() -> None:
    """Prints a ``Repetition`` as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.frames", description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="the .xml of a bundle")
    parser.add_argument("--frames", type=int, required=True)
    parser.add_argument(
        "--cache", type=Path, required=True, help="compiled models, one folder per instruction set"
    )
    parser.add_argument("--pictures", type=Path, nargs="+", required=True)
    arguments = parser.parse_args()
    print(time_bundle(arguments.model, arguments.pictures, arguments.frames, arguments.cache).model_dump_json())


def time_bundle(model: Path, pictures: list[Path], frames: int, cache: Path) -> Repetition:
    """Times one bundle with the daemon's default settings.

    Args:
        model: the .xml.
        pictures: scaled to 1080p and shown in turn.
        frames: to time after the warm-up, for the latency and again for the rate.
        cache: where compiled models are kept.
    """
    bundle = load_bundle(model)
    engine = _daemons_engine(bundle, cache)
    judge = _daemons_judge(bundle)
    first = _frame(0, pictures[0])
    judge.inspect(first, engine.infer(first.pixels), device=engine.device, waited_ms=0.0)
    resident = psutil.Process().memory_info().rss
    shown = [first, *(_frame(seq, path) for seq, path in enumerate(pictures[1:], start=1))]
    times = _one_at_a_time(engine, judge, shown, frames)
    rate = _in_flight(engine, judge, shown, frames)
    p50, preprocess, inference, postprocess = np.median(times, axis=0)
    return Repetition(
        precision=bundle.card.precision,
        frames=frames,
        p50_ms=round(float(p50), 3),
        p99_ms=round(float(np.quantile(times[:, 0], 0.99)), 3),
        preprocess_ms=round(float(preprocess), 3),
        inference_ms=round(float(inference), 3),
        postprocess_ms=round(float(postprocess), 3),
        frames_per_s=round(rate, 1),
        resident_mb=round(resident / 1e6, 1),
        device=engine.device,
        kernels=_kernels(bundle, engine.device),
    )


def _daemons_engine(bundle: Bundle, cache: Path) -> Engine:
    station = StationConfig()
    return Engine(
        bundle,
        device=station.device,
        jobs=station.inference.jobs,
        hint=hint_for(station.inference.hint, ["free-run"]),
        precision=station.inference.precision,
        cache_dir=cache if station.inference.cache else None,
    )


def _daemons_judge(bundle: Bundle) -> Judge:
    card = bundle.card
    return Judge(limits_of(calibration_of(bundle), masked=False), ModelId(card.name, card.version, bundle.sha256))


def _frame(seq: int, path: Path) -> Frame:
    pixels: Picture = np.asarray(cv2.resize(read_picture(path), (WIDTH_PX, HEIGHT_PX)), dtype=np.uint8)
    return Frame(camera="benchmark", seq=seq, pixels=pixels, captured_ns=time.monotonic_ns())


def _one_at_a_time(engine: Engine, judge: Judge, shown: list[Frame], frames: int) -> np.ndarray:
    """Milliseconds, float64 [frames, 4]: in all, preprocess, inference, postprocess."""
    times = []
    for frame in islice(cycle(shown), WARM_UP + frames):
        began = time.perf_counter()
        inspection = judge.inspect(frame, engine.infer(frame.pixels), device=engine.device, waited_ms=0.0)
        total_ms = (time.perf_counter() - began) * 1e3
        parts = inspection.latency
        times.append((total_ms, parts.preprocess, parts.inference, parts.postprocess))
    return np.array(times[WARM_UP:])


def _in_flight(engine: Engine, judge: Judge, shown: list[Frame], frames: int) -> float:
    """Frames judged per second by as many threads as the daemon has lanes."""

    def judged(frame: Frame) -> None:
        judge.inspect(frame, engine.infer(frame.pixels), device=engine.device, waited_ms=0.0)

    with ThreadPoolExecutor(engine.jobs) as lanes:
        for count in (WARM_UP, frames):
            began = time.perf_counter()
            for _ in lanes.map(judged, islice(cycle(shown), count)):
                pass
            elapsed_s = time.perf_counter() - began
    return frames / elapsed_s


def _kernels(bundle: Bundle, device: str) -> dict[str, int]:
    """Proves which instruction set was in use: OpenVINO names it in its kernels."""
    compiled, _ = compile_model(bundle.model, device=device, precision=bundle.card.inference_precision)
    info = [node.get_rt_info() for node in compiled.get_runtime_model().get_ops()]
    convolutions = [
        each for each in info if "layerType" in each and each["layerType"].astype(str) == "Convolution"
    ]
    return dict(Counter(each["primitiveType"].astype(str) for each in convolutions).most_common())


if __name__ == "__main__":
    main()
