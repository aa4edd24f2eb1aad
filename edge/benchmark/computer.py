"""All figures of one model on this computer."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import openvino as ov
from pydantic import BaseModel, ConfigDict, Field

from edge.benchmark.advice import Advice, Cell, JobsRate, best_hint, best_jobs, other_precisions
from edge.benchmark.listener import listening
from edge.benchmark.rates import Rate, rate
from edge.benchmark.shown import Delivered, keep
from edge.benchmark.stages import Line, time_stages
from edge.benchmark.station_run import NO_ALARM
from edge.errors import DeviceError
from edge.frame import Frame
from edge.health.camera_faults.options import FaultOptions
from edge.health.camera_faults.watch import FaultWatch
from edge.inference.bundle import Bundle
from edge.inference.devices import Hint
from edge.inference.engine import Engine
from edge.inference.judge import Judge, limits_of
from edge.inference.override import calibration_of
from edge.messaging.outbox import Outbox
from edge.messaging.publisher import Publisher
from edge.pictures import Picture
from edge.progress import Advance, silent
from edge.verdict import ModelId

ANY_PORT = "tcp://127.0.0.1:*"
HINTS: tuple[Hint, ...] = ("latency", "throughput")
PRECISIONS = {"FP32": "f32", "BF16": "bf16", "FP16": "f16"}  # as devices list them: as they are asked for
JOBS_TRIED = 3


class Benchmark(BaseModel):
    """What was measured, and what follows from it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = Field(description="name and version from the card")
    network_precision: str = Field(description="of the bundle's own network: fp32, fp16 or int8")
    device: str
    device_name: str
    frame_width: int = Field(description="of the pictures shown, px")
    frame_height: int
    camera: Delivered | None = Field(description="what the camera delivers, where one was given")
    cells: tuple[Cell, ...]
    jobs: tuple[JobsRate, ...] = Field(description="the recommended hint with so many frames in inference at once")
    advice: Advice


@dataclass(frozen=True)
class Plan:
    """What to measure.

    Attributes:
        bundle: the model.
        device: AUTO, CPU, GPU, NPU.
        seconds: for each figure.
        streams: most cameras at once.
        pictures: shown in turn, uint8 [H, W, 3].
        camera: what delivered them; None where they were drawn.
    """

    bundle: Bundle
    device: str
    seconds: float
    streams: int
    pictures: Sequence[Picture]
    camera: Delivered | None = None


def stream_counts(most: int) -> list[int]:
    """1, 2, 4 ... and the most itself."""
    counts = [1]
    while counts[-1] * 2 < most:
        counts.append(counts[-1] * 2)
    return [*counts, most] if most > 1 else counts


def precisions_of(device: str, own: str) -> list[str]:
    """What the device lists among its capabilities, the model's own first.

    Raises:
        DeviceError: the device does not say.
    """
    try:
        listed = ov.Core().get_property(device, "OPTIMIZATION_CAPABILITIES")
    except RuntimeError as error:
        raise DeviceError(f"{device} does not say what it can do", hint="try --device CPU") from error
    return list(dict.fromkeys([own, *(asked for name, asked in PRECISIONS.items() if name in listed)]))


class Computer:
    """Measures one model on this computer; each method is one kind of figure.

    Args:
        plan: what to measure.
        folder: for what is written on the way.

    Attributes:
        steps: how many times ``seen`` of ``measure`` is called.

    Raises:
        EdgeAdError: the model or the device cannot be used.
    """

    def __init__(self, plan: Plan, folder: Path) -> None:
        self._plan = plan
        self._folder = folder
        self._bundle = plan.bundle
        self._own = self._bundle.card.inference_precision
        first = Engine(self._bundle, device=plan.device, precision=self._own)
        self._device = first.device
        self._calibration = calibration_of(self._bundle, self._device)
        self._precisions = precisions_of(first.device, self._own)
        self._counts = stream_counts(plan.streams)
        self._source = f"memory:{keep(plan.pictures, folder / 'shown')}"
        self.steps = len(self._precisions) * len(HINTS) * (1 + len(self._counts)) + JOBS_TRIED

    def measure(self, seen: Advance = silent) -> Benchmark:
        """Measures everything.

        Raises:
            EdgeAdError: the device failed, or a station could not run.
        """
        cells = [self._cell(hint, precision, seen) for precision in self._precisions for hint in HINTS]
        chosen, why_hint = best_hint(cells)
        tried = self._jobs(chosen, seen)
        jobs, why_jobs = best_jobs(tried)
        reasons = [why_hint, why_jobs]
        if elsewhere := other_precisions(cells):
            reasons.append(elsewhere)
        card = self._bundle.card
        height, width = self._plan.pictures[0].shape[:2]
        return Benchmark(
            model=f"{card.name} {card.version}",
            network_precision=card.precision,
            device=self._device,
            device_name=str(ov.Core().get_property(self._device, "FULL_DEVICE_NAME")).strip(),
            frame_width=width,
            frame_height=height,
            camera=self._plan.camera,
            cells=tuple(cells),
            jobs=tuple(tried),
            advice=Advice(hint=chosen.hint, jobs=jobs, reasons=tuple(reasons)),
        )

    def _cell(self, hint: Hint, precision: str, seen: Advance) -> Cell:
        cache = self._folder / f"compiled-{hint}-{precision}"
        began_s = time.monotonic()
        engine = Engine(self._bundle, device=self._device, hint=hint, precision=precision, cache_dir=cache)
        compile_s = time.monotonic() - began_s
        with self._line(engine) as line:
            stages = time_stages(line, self._frames(), self._plan.seconds)
        seen(1)
        rates = []
        for streams in self._counts:
            rates.append(self._rate(hint, precision, streams, None))
            seen(1)
        return Cell(
            hint=hint,
            precision=precision,
            calibrated=precision == self._own,
            compile_s=round(compile_s, 3),
            stages=stages,
            rates=tuple(rates),
        )

    def _jobs(self, chosen: Cell, seen: Advance) -> list[JobsRate]:
        """From what the device advises upwards, with as many cameras as gave most."""
        engine = Engine(self._bundle, device=self._device, hint=chosen.hint, precision=self._own)
        streams = max(chosen.rates, key=lambda each: each.frames_per_s).streams
        tried = []
        for jobs in range(engine.jobs - 1, engine.jobs - 1 + JOBS_TRIED):
            reached = self._rate(chosen.hint, self._own, streams, jobs)
            tried.append(JobsRate(jobs=jobs, frames_per_s=reached.frames_per_s))
            seen(1)
        return tried

    def _rate(self, hint: Hint, precision: str, streams: int, jobs: int | None) -> Rate:
        settings = {
            "model": self._bundle.path.absolute(),
            "device": self._device,
            "inference.hint": hint,
            "inference.precision": precision,
            "inference.jobs": jobs,
            "faults.enabled": self._plan.camera is not None,  # a drawn picture may well look like a fault
        }
        with tempfile.TemporaryDirectory(prefix="run-", dir=self._folder) as folder:
            return rate(Path(folder), streams, self._source, settings, self._plan.seconds)

    @contextmanager
    def _line(self, engine: Engine) -> Iterator[Line]:
        card = self._bundle.card
        limits = limits_of(self._calibration, masked=False, threshold=NO_ALARM)
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=self._folder)))
            outbox = Outbox(folder)
            stack.callback(outbox.close)
            publisher = stack.enter_context(
                Publisher(station="benchmark", outbox=outbox, events=ANY_PORT, heatmaps=ANY_PORT)
            )
            stack.enter_context(listening(publisher))
            judge = Judge(limits, ModelId(card.name, card.version, self._bundle.sha256))
            yield Line(engine, judge, FaultWatch(FaultOptions(), self._calibration.view, live=False), publisher)

    def _frames(self) -> list[Frame]:
        return [
            Frame("camera-1", seq, pixels, time.monotonic_ns()) for seq, pixels in enumerate(self._plan.pictures)
        ]
