"""The demo from beginning to end."""

from __future__ import annotations

import json
import time

from edge.messaging.overlay import paint
from export.demo.data import Parts, installed_cells, lay_out, split
from export.demo.folder import DemoFolder
from export.demo.live import Seen, watch_line
from export.demo.steps import Steps
from export.demo.summary import Summary, measure_line, read_accuracy

FALSE_ALARM_RATE = 0.05
STEPS = 6


def run_demo(folder: DemoFolder, *, model: str, precision: str, fps: float, on_stderr: bool = False) -> Summary:
    """Trains, exports, calibrates, evaluates, runs and subscribes, on solar cells.

    Args:
        folder: where everything goes; what an earlier demo left there is removed.
        model: name of the model to train.
        precision: to export at: int8, fp16 or fp32.
        fps: cells per second on the line.
        on_stderr: tell everything on standard error.

    Raises:
        MissingExtraError: the cells are not installed.
        UsageError: the folder is not a demo's.
        DemoError: a command failed.
    """
    began_s = time.monotonic()
    parts = split(installed_cells())
    folder.clear()
    steps = Steps(STEPS, on_stderr=on_stderr)
    steps.title(f"Real photographs of solar cells: {len(parts.train)} good ones to train on")
    steps.tell("from elpv-dataset, CC BY-NC-SA 4.0: linked where possible, not for commercial use")
    lay_out(parts, folder)
    _make_model(steps, folder, parts, model, precision)
    steps.title("Run a station over unseen cells, and subscribe to its alerts")
    seen = watch_line(steps, folder, cells=len(parts.line), fps=fps)
    heatmaps = write_heatmaps(seen, folder)
    summary = _summarize(parts, folder, seen, heatmaps, began_s)
    folder.write(folder.summary, json.dumps(summary.as_json(), indent=2).encode() + b"\n")
    steps.tell()
    return summary


def _make_model(steps: Steps, folder: DemoFolder, parts: Parts, model: str, precision: str) -> None:
    checkpoint = folder.training / "model.safetensors"
    dataset, bundle = ("--data", str(folder.dataset)), ("--model", str(folder.model))
    steps.run(
        f"Train {model} on good cells alone",
        *("train", *dataset, "--model", model, "--output", str(folder.training)),
    )
    steps.run(
        f"Export it to OpenVINO as {precision}, and prove it against the trained model",
        *("export", "--checkpoint", str(checkpoint), *dataset, "--precision", precision),
        *("--output", str(folder.model)),
    )
    steps.run(
        f"Set the threshold on {len(parts.calibration)} further good cells",
        *("calibrate", *bundle, "--images", str(folder.calibration)),
        *("--false-alarm-rate", f"{FALSE_ALARM_RATE:g}"),
    )
    steps.run(
        f"Judge {len(parts.test_good)} good and {len(parts.test_defective)} defective unseen cells",
        *("evaluate", *bundle, *dataset, "--output", str(folder.report)),
    )


def write_heatmaps(seen: Seen, folder: DemoFolder) -> int:
    import cv2

    for result in seen.results.values():
        heatmap = seen.heatmaps.get(result.frame_seq)
        if heatmap is not None:
            name = (result.picture or f"frame-{result.frame_seq}.png").rsplit(".", 1)[0]
            folder.write(folder.heatmaps / f"{name}.png", cv2.imencode(".png", paint(heatmap))[1].tobytes())
    return len(seen.heatmaps)


def _summarize(parts: Parts, folder: DemoFolder, seen: Seen, heatmaps: int, began_s: float) -> Summary:
    from edge.inference.bundle import load_bundle
    from edge.inference.override import calibration_of

    calibration = calibration_of(load_bundle(folder.model))
    return Summary(
        accuracy=read_accuracy(folder.report / "metrics.json", parts),
        line=measure_line(seen, cells=len(parts.line), heatmaps=heatmaps),
        promised_false_alarm_rate=calibration.false_alarm_rate,
        calibration_cells=calibration.pictures,
        duration_s=time.monotonic() - began_s,
    )
