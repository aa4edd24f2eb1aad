"""A station without a camera, as a process of its own: ``python -m tests.faults.publishing JSON``.

Its outbox, publisher and control are those of the daemon; its parts are all anomalous and come at a fixed pace.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from edge.errors import EdgeAdError
from edge.frame import Frame
from edge.messaging.changes import Change
from edge.messaging.control import Control
from edge.messaging.events import Events
from edge.messaging.messages import Alert, Message, Result
from edge.messaging.outbox import Outbox
from edge.messaging.publisher import Publisher
from edge.messaging.requests import Inspect
from edge.store import ledger
from edge.verdict import Inspection, Latency, ModelId, Verdict

MODEL = ModelId(name="plate", version="1", sha256="ab" * 32)


class Answers:
    """What control asks; its health is the publisher's."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    def status(self) -> Mapping[str, object]:
        return {"health": [message.model_dump(mode="json") for message in self._publisher.health_now]}

    def pause(self, camera: str | None) -> Sequence[Change]:
        return ()

    def resume(self, camera: str | None) -> Sequence[Change]:
        return ()

    def set_threshold(self, camera: str | None, threshold: float | None) -> Sequence[Change]:
        return ()

    def inspect(self, asked: Inspect, answer: Callable[[Result | EdgeAdError], None]) -> None: ...


def install_crash(point: str, at: int) -> None:
    """Kills this process at the ``at``-th time that it comes to a point on an alert's way."""
    times = dict.fromkeys(("before insert", "after insert", "after commit", "after send"), 0)

    def reached(name: str) -> None:
        times[name] += 1
        if name == point and times[name] == at:
            os.kill(os.getpid(), signal.SIGKILL)

    transaction, send = ledger.immediate, Events.send

    @contextmanager
    def crashing(db: ledger.sqlite3.Connection) -> Iterator[None]:
        reached("before insert")
        with transaction(db):
            yield
            reached("after insert")
        reached("after commit")

    def send_and_crash(self: Events, message: Message) -> bool:
        sent = send(self, message)
        if isinstance(message, Alert):
            reached("after send")
        return sent

    ledger.immediate = crashing
    Events.send = send_and_crash  # type: ignore[method-assign]


def part(seq: int, scores: np.ndarray) -> Inspection:
    """An anomalous part with this raw map, float32 [h, w]."""
    return Inspection(
        frame=Frame(camera="top", seq=seq, pixels=np.zeros((48, 64, 3), np.uint8), captured_ns=0),
        model=MODEL,
        verdict=Verdict.ANOMALOUS,
        score=5.0,
        threshold=3.0,
        percentile=100.0,
        anomaly_map=scores,
        peak=None,
        regions=(),
        latency=Latency(capture=0.0, preprocess=0.0, inference=0.0, postprocess=0.0),
        device="CPU",
    )


def main(options: Mapping[str, object]) -> None:
    """Publishes until it is killed; prints the addresses, then what each second of judging took.

    Options: state (folder), pace_s, map_px, addresses (three, or none), crash_at and crash_after, bundle.
    """
    if options.get("crash_at"):
        install_crash(str(options["crash_at"]), int(str(options["crash_after"])))
    map_px = int(str(options.get("map_px", 32)))
    scores = np.random.default_rng(0).random((map_px, map_px), np.float32)
    judge = _judge_with(Path(str(options["bundle"]))) if options.get("bundle") else lambda: None
    anywhere = ("tcp://127.0.0.1:*",) * 3
    events, heatmaps, control_at = options.get("addresses") or anywhere  # type: ignore[misc]
    outbox = Outbox(Path(str(options["state"])))
    publisher = Publisher(station="line-3", outbox=outbox, events=events, heatmaps=heatmaps, heatmaps_of="all")
    control = Control(address=control_at, station=Answers(publisher), outbox=outbox)
    print(json.dumps([publisher.events, publisher.heatmaps, control.address]), flush=True)
    took_ms: list[float] = []
    for seq in range(sys.maxsize):
        began_s = time.monotonic()
        judge()
        took_ms.append((time.monotonic() - began_s) * 1000)
        publisher.publish(part(seq, scores))
        if len(took_ms) == 50:
            print(json.dumps(took_ms), flush=True)
            took_ms.clear()
        time.sleep(max(0.0, float(str(options.get("pace_s", 0.02))) - (time.monotonic() - began_s)))


def _judge_with(bundle: Path) -> Callable[[], object]:
    """Real inference on a picture of the model's size."""
    from edge.inference.bundle import load_bundle
    from edge.inference.engine import Engine

    engine = Engine(load_bundle(bundle), device="CPU")
    card = load_bundle(bundle).card
    pixels = np.random.default_rng(1).integers(0, 255, (card.height, card.width, 3), dtype=np.uint8)
    return lambda: engine.infer(pixels)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
