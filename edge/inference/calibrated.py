"""A graph and its card to a bundle whose threshold rests on the scores that these very files give."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path

import openvino as ov

from edge.inference import golden
from edge.inference.bundle import Bundle, load_bundle, write_bundle
from edge.inference.card import Calibration, Golden, ModelCard
from edge.inference.engine import Engine

# Stands in the card while the files give the scores that the real one is made of; never outlives this function.
_PROVISIONAL = Calibration(
    method="none",
    false_alarm_rate=0.5,
    threshold=0.0,
    pictures=1,
    quantiles=(0.0, 0.0),
    device="CPU",
    precision="none",
    time=datetime.datetime.fromtimestamp(0, datetime.UTC),
)


def calibrated_bundle(
    graph: ov.Model,
    card: Callable[[Calibration], ModelCard],
    path: Path,
    *,
    calibrate: Callable[[Engine], Calibration],
    device: str,
    compress_to_fp16: bool,
) -> Bundle:
    """Writes a bundle, has its calibration made from what it gives, and writes it again with that in the card.

    Args:
        graph: as ``Bundle.model`` describes it.
        card: the card that goes with a calibration.
        path: of the .xml file; for the time being with a calibration of nothing, so nobody else may read it.
        calibrate: scores good pictures with the engine and makes the calibration of their scores.
        device: that scores.
        compress_to_fp16: see ``write_bundle``.

    Returns:
        The bundle as read back from disk, golden scores in its card.

    Raises:
        EdgeAdError: the disk refuses, the device cannot run the graph, or what ``calibrate`` raises.
    """
    write_bundle(graph, card(_PROVISIONAL), path, compress_to_fp16=compress_to_fp16)
    calibration, known = _judged(path, calibrate, device)
    final = card(calibration).model_copy(update={"golden": known})
    return write_bundle(graph, final, path, compress_to_fp16=compress_to_fp16)


def _judged(path: Path, calibrate: Callable[[Engine], Calibration], device: str) -> tuple[Calibration, Golden]:
    engine = Engine(load_bundle(path), device=device, hint="throughput")
    calibration = calibrate(engine)
    on_cpu = engine if engine.device == "CPU" else engine.on("CPU")
    return calibration, Golden(version=golden.VERSION, scores=golden.golden_scores(on_cpu))
