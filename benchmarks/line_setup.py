"""What the benchmarks of the line share: a bundle, pictures in memory, and a station with a probe."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import cv2

from benchmarks.conditions import ROOT, Others
from benchmarks.speed_bundles import make_bundles
from edge.benchmark.shown import HEIGHT_PX, WIDTH_PX, keep
from edge.benchmark.station_run import StationRun, running
from edge.inference.bundle import load_bundle
from edge.pictures import Picture, find_pictures, prepare, read_picture

SHOWN = 4
MODEL_SIZE, FULL_HD = "model size", "1080p"


@dataclass
class Setup:
    """One benchmark run.

    Attributes:
        model: the .xml of the bundle.
        sources: ``memory:`` cameras by the size of their pictures, and ``one`` picture of 1080p.
        work: folder for stations.
        others_cores: what others kept busy in each run so far.
    """

    model: Path
    sources: Mapping[str, str]
    work: Path
    others_cores: list[float] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)

    @property
    def model_name(self) -> str:
        """As the tables name it."""
        card = load_bundle(self.model).card
        return f"{card.model} {card.precision} on {card.name}"

    @contextmanager
    def station(
        self, cameras: Sequence[Mapping[str, object]], *, slow: float = 1.0, **settings: object
    ) -> Iterator[Probed]:
        """Runs a station with a probe; the code within the block is the run that others may disturb."""
        folder = self.work / f"{next(self._numbers)}"
        folder.mkdir()
        record = folder / "sent.csv"
        program = (sys.executable, "-m", "benchmarks.probed", "--record", str(record), "--slow", str(slow))
        environ = os.environ | {"PYTHONPATH": str(ROOT)}
        keys = {key.replace("__", "."): value for key, value in settings.items()}
        with (
            self.watched(),
            running(folder, cameras, {"model": self.model, **keys}, program=program, environ=environ) as station,
        ):
            yield Probed(station, record)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Notes how busy others were meanwhile."""
        others = Others()
        yield
        self.others_cores.append(others.cores())

    def cameras(self, number: int, size: str = FULL_HD, **options: object) -> list[dict[str, object]]:
        """Tables of cameras that play from memory for ever."""
        table = {"source": self.sources[size], "loop": True, **options}
        return [{"name": f"camera-{each}", **table} for each in range(1, number + 1)]


@dataclass(frozen=True)
class Sent:
    """A result as the probe saw it; monotonic nanoseconds."""

    camera: str
    seq: int
    captured_ns: int
    sent_ns: int

    @property
    def age_ms(self) -> float:
        """Of the frame when its verdict was sent."""
        return (self.sent_ns - self.captured_ns) / 1e6


@dataclass(frozen=True)
class Probed:
    """A running station and where its probe writes.

    Attributes:
        run: the station.
    """

    run: StationRun
    _record: Path

    def sent(self, *, since_ns: int = 0) -> list[Sent]:
        """Results sent after a moment; all of them once the station has ended."""
        lines = self._record.read_text(encoding="ascii").splitlines()
        results = (Sent(camera, *map(int, numbers)) for camera, *numbers in (line.split(",") for line in lines))
        return [result for result in results if result.sent_ns >= since_ns]


@contextmanager
def setup(model: Path | None, pictures: Path | None) -> Iterator[Setup]:
    """Makes the default INT8 bundle and its pictures, or takes those that were given.

    Raises:
        EdgeAdError: a bundle cannot be made, or a picture not be read.
    """
    with tempfile.TemporaryDirectory(prefix="edge-ad-line-") as folder:
        work = Path(folder)
        if model is None or pictures is None:
            bundles = make_bundles(("int8",), work)
            model, shown = bundles.paths["int8"], bundles.pictures[:SHOWN]
        else:
            shown = find_pictures(pictures)[:SHOWN]
        full = [_full_hd(read_picture(path)) for path in shown]
        size = load_bundle(model).card.size
        sources = {
            FULL_HD: _kept(full, work / "1080p"),
            MODEL_SIZE: _kept([prepare(pixels, size) for pixels in full], work / "small"),
            "one": _kept(full[:1], work / "one"),
        }
        yield Setup(model, sources, work)


def _full_hd(pixels: Picture) -> Picture:
    return cv2.resize(pixels, (WIDTH_PX, HEIGHT_PX)).astype(pixels.dtype)


def _kept(pictures: Sequence[Picture], folder: Path) -> str:
    return f"memory:{keep(pictures, folder)}"
