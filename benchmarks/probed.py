"""``edge-ad run`` as it is, with a probe where results leave it and, where asked, a slow accelerator.

Started by the benchmarks of the line. The probe notes of each result when its frame was captured and when it was
sent, both by the monotonic clock, as ``camera,seq,captured_ns,sent_ns``. The accelerator is slowed by waiting
after each inference for so many times as long as it took; the processor stays free meanwhile, as with a slow one.

Example:
  python -m benchmarks.probed --record sent.csv --slow 10 run --config station.toml
"""

from __future__ import annotations

import argparse
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from edge import cli
from edge.inference.engine import Engine, Prepared, Raw
from edge.messaging.messages import Result
from edge.messaging.publisher import Publisher
from edge.verdict import Inspection


def main() -> None:
    """Runs the rest of the command line as ``edge-ad`` does."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.probed", description=__doc__)
    parser.add_argument("--record", type=Path, required=True)
    parser.add_argument("--slow", type=float, default=1.0, help="times that an inference takes as long")
    arguments, rest = parser.parse_known_args()
    with arguments.record.open("w", encoding="ascii") as record:
        probe_publisher(record)
        if arguments.slow > 1:
            slow_down(arguments.slow)
        sys.argv = ["edge-ad", *rest]
        cli.main()


def probe_publisher(record: TextIO) -> None:
    """Notes each result in ``record``."""
    publish, one_writes = Publisher.publish, threading.Lock()

    def noted(self: Publisher, inspection: Inspection) -> Result:
        result = publish(self, inspection)
        frame = inspection.frame
        line = f"{frame.camera},{frame.seq},{frame.captured_ns},{time.monotonic_ns()}\n"
        with one_writes:  # lanes of several cameras come here
            record.write(line)
        return result

    Publisher.publish = noted  # type: ignore[method-assign]


def slow_down(times: float) -> None:
    """Makes each inference of this process take so many times as long."""
    run = Engine.run

    def slowed(self: Engine, prepared: Prepared) -> Raw:
        began_s = time.perf_counter()
        raw = run(self, prepared)
        time.sleep((times - 1) * (time.perf_counter() - began_s))
        return replace(raw, inference_ms=(time.perf_counter() - began_s) * 1e3)

    Engine.run = slowed  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
