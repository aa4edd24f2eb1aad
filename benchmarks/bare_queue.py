"""Frames per second of OpenVINO's own asynchronous queue on a bundle: what the daemon is compared with.

A process of its own, with nothing but the compiled model, the queue with as many requests as the device advises,
and the resize that the daemon does too. Nobody takes the results.

Example: python -m benchmarks.bare_queue --model bottle.xml --pictures shown/ --hint latency --seconds 5
"""

from __future__ import annotations

import argparse
import time
from itertools import cycle
from pathlib import Path

import openvino as ov

from edge.inference.bundle import load_bundle
from edge.inference.devices import Hint, compile_model
from edge.pictures import find_pictures, prepare, read_picture

WARM_UP_S = 0.5


def main() -> None:
    """Prints the rate as a number."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bare_queue", description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="the .xml of a bundle")
    parser.add_argument("--pictures", type=Path, required=True, help="folder")
    parser.add_argument("--hint", choices=("latency", "throughput"), required=True)
    parser.add_argument("--device", default="AUTO")
    parser.add_argument("--seconds", type=float, required=True)
    given = parser.parse_args()
    print(bare_rate(given.model, given.pictures, given.device, given.hint, given.seconds))


def bare_rate(model: Path, folder: Path, device: str, hint: Hint, seconds: float) -> float:
    """Frames per second, the pictures of a folder in turn, from memory."""
    bundle = load_bundle(model)
    compiled, _ = compile_model(bundle.model, device=device, precision=bundle.card.inference_precision, hint=hint)
    pictures = cycle([read_picture(path) for path in find_pictures(folder)])
    bare = ov.AsyncInferQueue(compiled)
    bare.set_callback(lambda request, prepared: None)  # prepared is kept until its request is done
    for duration_s in (WARM_UP_S, seconds):
        count, began_s = 0, time.monotonic()
        while time.monotonic() - began_s < duration_s:
            prepared = prepare(next(pictures), bundle.card.size)[None]
            bare.start_async({0: prepared}, prepared, share_inputs=True)
            count += 1
        bare.wait_all()
        reached = count / (time.monotonic() - began_s)
    return round(reached, 1)


if __name__ == "__main__":
    main()
