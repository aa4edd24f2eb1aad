"""``edge-ad evaluate``: a checkpoint by torch, or a bundle by the daemon's own path, on labelled pictures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from calibration import conformal
from edge import progress
from edge.errors import PictureError
from edge.inference.batch import score_pictures
from edge.inference.bundle import load_bundle
from edge.inference.card import Calibration
from edge.inference.engine import Engine
from edge.inference.override import calibration_of
from edge.inference.promise import promise_of
from edge.pictures import Picture, readable
from edge.progress import Advance
from train.checkpoint import load_checkpoint
from train.data.dataset import Dataset
from train.evaluation.perturb import perturb
from train.evaluation.perturbed import Perturbed
from train.evaluation.report import evaluate_scored
from train.evaluation.scores import Map, Scored, scored
from train.fit import find_device
from train.models.model import Model

UNLIKELY = 0.01
Evaluated = tuple[dict[str, Any], tuple[Path, ...]]
Answer = tuple[Path, tuple[int, ...], float, Map | None]


def evaluate_bundle(
    path: Path, dataset: Dataset, output: Path, *, device: str = "AUTO", changed: bool = False
) -> Evaluated:
    """Evaluates an exported model with the runtime.

    Args:
        path: .xml of the bundle.
        dataset: with labelled pictures.
        output: folder for ``metrics.json`` and ``report.html``.
        device: of OpenVINO.
        changed: judge the pictures under other light, focus, noise, pose and compression too.

    Returns:
        The content of ``metrics.json``, and the pictures that could not be decoded.

    Raises:
        BundleError, DeviceError: the model cannot be run.
        PictureError: the data set has no labelled pictures, or none can be decoded.
    """
    shown = _bar(dataset)
    bundle = load_bundle(path)
    engine = Engine(bundle, device=device, hint="throughput")
    card = bundle.card
    details = {
        "model": f"{card.model}, {card.precision}, {card.height} x {card.width} pixels",
        "version": card.version,
        "device": engine.device,
        "backbone": (card.training.backbone or "none") if card.training else "unknown",
    }
    skipped: list[Path] = []
    with shown as seen:
        judged = _judged(dataset, _engine_answers(engine, dataset, skipped, seen))
    calibration = calibration_of(bundle, engine.device)
    perturbed = perturb(engine, dataset, calibration) if changed and judged else None
    return _finish(dataset, judged, calibration, output, details, skipped, perturbed)


def evaluate_checkpoint(path: Path, dataset: Dataset, output: Path, *, device: str = "auto") -> Evaluated:
    """Evaluates a checkpoint with torch; otherwise as ``evaluate_bundle``.

    Raises:
        CheckpointError: the checkpoint cannot be read.
    """
    shown = _bar(dataset)
    model, header = load_checkpoint(path)
    setup = header.setup
    details = {
        "model": f"{setup.model}, checkpoint, {setup.height} x {setup.width} pixels",
        "backbone": setup.backbone or "none",
        "fitted on": f"{header.training.pictures} pictures",
    }
    skipped: list[Path] = []
    with shown as seen:
        judged = _judged(dataset, _torch_answers(model, dataset, find_device(device), skipped, seen))
    return _finish(dataset, judged, header.calibration, output, details, skipped)


def _bar(dataset: Dataset) -> AbstractContextManager[Advance]:
    if not dataset.test:
        raise PictureError(
            f"{dataset.root} has no labelled pictures to evaluate with",
            hint="give a data set with test/good and test/DEFECT, or --normal DIR with --abnormal DIR",
        )
    return progress.bar("judging test pictures", len(dataset.test))


def _engine_answers(engine: Engine, dataset: Dataset, skipped: list[Path], seen: Advance) -> Iterator[Answer]:
    shapes: dict[Path, tuple[int, ...]] = {}
    pictures = _remembering(readable([sample.path for sample in dataset.test], skipped), shapes)
    for path, raw in score_pictures(engine, pictures, seen=seen):
        yield path, shapes[path], raw.score, raw.anomaly_map
    seen(len(skipped))


def _torch_answers(
    model: Model, dataset: Dataset, device: str, skipped: list[Path], seen: Advance
) -> Iterator[Answer]:
    shapes: dict[Path, tuple[int, ...]] = {}
    pictures = _remembering(readable([sample.path for sample in dataset.test], skipped), shapes)
    done = 0
    for batch in model.predict((pixels for _, pixels in pictures), device=device, seen=seen):
        paths = list(shapes)[done : done + len(batch.scores)]
        done += len(paths)
        for path, (score, anomaly_map) in zip(paths, batch.each(), strict=True):
            yield path, shapes[path], score, anomaly_map
    seen(len(skipped))


def _remembering(
    pictures: Iterable[tuple[Path, Picture]], shapes: dict[Path, tuple[int, ...]]
) -> Iterator[tuple[Path, Picture]]:
    """Notes each picture's (height, width) as it passes, in order."""
    for path, pixels in pictures:
        shapes[path] = pixels.shape[:2]
        yield path, pixels


def _judged(dataset: Dataset, answers: Iterator[Answer]) -> list[Scored]:
    """Answers with their labels, in the data set's order."""
    samples = {sample.path: sample for sample in dataset.test}
    found: dict[Path, Scored] = {
        path: scored(samples[path], shape, score, anomaly_map) for path, shape, score, anomaly_map in answers
    }
    return [found[path] for path in samples if path in found]


def _finish(
    dataset: Dataset,
    judged: list[Scored],
    calibration: Calibration,
    output: Path,
    details: dict[str, str],
    skipped: list[Path],
    perturbed: Perturbed | None = None,
) -> Evaluated:
    figures = evaluate_scored(
        judged,
        calibration.threshold,
        output,
        name=dataset.name,
        details=details | _promise(calibration, judged),
        pixel_threshold=calibration.pixel_threshold,
        skipped=skipped,
        perturbed=perturbed,
    )
    return figures, tuple(skipped)


def _promise(calibration: Calibration, judged: list[Scored]) -> dict[str, str]:
    """What the threshold promises, and whether the good test pictures look as if they kept to it."""
    rate = calibration.false_alarm_rate
    if calibration.method == "foreign":
        return {"promise": "nothing: it came with the model; calibrate on good parts of the line"}
    lines = {"promise": f"{promise_of(calibration)}, from {calibration.pictures} good pictures"}
    good = [s.score for s in judged if not s.label]
    alarms = sum(score > calibration.threshold for score in good)
    if good and rate is not None and calibration.method == "conformal":
        lines["false alarms here"] = f"{alarms} of {len(good)}"
        if alarms <= rate * len(good):
            return lines
        likely = conformal.chance(alarms, len(good), pictures=calibration.pictures, false_alarm_rate=rate)
        lines["false alarms here"] += (
            f"; so many or more have a chance of {likely:.2%}, "
            "if these good parts are like those that the threshold was set on"
        )
        if likely < UNLIKELY:
            lines["so"] = (
                "they are probably not alike: another light, camera or batch, or the good pictures of the "
                "training show the same few parts again and again; calibrate on parts as they come on the line"
            )
    return lines
