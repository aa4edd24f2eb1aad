"""From pictures to a verified bundle: the workstation's own fit and head, on the device, without torch."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path

import openvino as ov

from edge import progress
from edge.errors import TeachingError
from edge.health.camera_faults.taking import reference_of
from edge.inference.bundle import Bundle
from edge.inference.calibrated import calibrated_bundle
from edge.inference.card import Calibration, ModelCard, TeachingStep, Training
from edge.inference.engine import Engine
from edge.models.trial import require_golden_scores
from edge.scorers.features import Features
from edge.scorers.head import attach_head
from edge.scorers.padim import PadimFit
from edge.teaching.backbone import BackboneBundle, require_golden_features
from edge.teaching.copies import jitter_of, with_copies
from edge.teaching.records import Kept
from edge.teaching.session import Session
from edge.teaching.sides import pictures_missing, too_few
from edge.teaching.step import Step, history_of
from edge.teaching.suspects import Array, Suspect, find_suspects, looks_at
from edge.teaching.threshold import Alone, alone, set_threshold
from edge.version import VERSION


@dataclass(frozen=True)
class Taught:
    """What teaching gave.

    Attributes:
        bundle: as read back from disk and tried.
        calibration: how its threshold was set.
        suspects: new pictures that may show defects, the worst first; they were used all the same.
        added: what the added pictures promise by themselves; None where none were added to others.
    """

    bundle: Bundle
    calibration: Calibration
    suspects: tuple[Suspect, ...]
    added: Alone | None = None


def check_enough(session: Session, pictures: Sequence[Kept], false_alarm_rate: float | None) -> None:
    """Refuses too few pictures.

    Args:
        session: where further ones will come.
        pictures: that there are.
        false_alarm_rate: to be promised; None for 5 %, or what the pictures can promise.

    Raises:
        TeachingError: there are too few to fit, or to promise the rate; it says how many more it takes.
    """
    numbers = [kept.number for kept in pictures]
    more = pictures_missing(numbers, session.next_number, session.product.seed, false_alarm_rate)
    if more:
        what, hint = too_few(len(pictures), false_alarm_rate, f"{more} more good ones are needed")
        raise TeachingError(what, hint=f"{hint}; those that were taken are kept")


def fit(
    session: Session,
    backbone: BackboneBundle,
    step: Step,
    output: Path,
    *,
    name: str,
    false_alarm_rate: float | None = None,
    device: str = "AUTO",
) -> Taught:
    """Fits a scorer, sets its threshold on pictures that were not fitted, and makes a bundle that proved itself.

    Args:
        session: where the pictures are.
        backbone: the one that the session was begun with.
        step: which pictures.
        output: the .xml file to write; nobody else may read it before this returns.
        name: of the product.
        false_alarm_rate: to be promised; None for 5 %, or what the pictures can promise.
        device: OpenVINO device that will judge.

    Raises:
        TeachingError: too few pictures, or a damaged one.
        CalibrationError: the scores support no threshold.
        BundleError: the disk refuses, or the backbone or the bundle fails its trial.
        DeviceError: the device cannot run it.
    """
    check_enough(session, step.pictures, false_alarm_rate)
    suspects, graph = _learn(session, backbone, step, device)
    card = partial(_card, session, backbone, step, name)

    def calibrated(engine: Engine) -> Calibration:
        aside = session.sides(step.pictures).threshold
        view = reference_of([kept.look for kept in step.pictures if kept.look is not None])
        return set_threshold(engine, session, aside, false_alarm_rate=false_alarm_rate, view=view)

    bundle = calibrated_bundle(
        graph,
        card,
        output,
        calibrate=calibrated,
        device=device,
        compress_to_fp16=True,
    )
    calibration = bundle.card.calibration
    with progress.bar("trying the model", None):
        engine = Engine(bundle, device=device)
        require_golden_scores(engine)
        aside = session.sides(session.pending).threshold if step.deed == "added" else None
        added = None if aside is None else alone(engine, session, aside, calibration.threshold)
    return Taught(bundle, calibration, suspects, added)


def _learn(
    session: Session, backbone: BackboneBundle, step: Step, device: str
) -> tuple[tuple[Suspect, ...], ov.Model]:
    """The suspects among the new pictures, and the graph with a scorer of all that are to be fitted."""
    size, options = backbone.card.size, backbone.options
    fitted = session.sides(step.pictures).fit
    jitter = jitter_of(fitted)
    looks = looks_at(len(step.pictures)) + len(fitted) * (1 + jitter.copies)
    with progress.bar("features of good pictures", looks) as seen:
        extractor = Features(backbone.model, size, device=device, precision=backbone.card.inference_precision)
        require_golden_features(backbone, extractor)

        def features(pictures: Sequence[Kept]) -> Iterator[Sequence[Array]]:
            return extractor.of(session.read(pictures), seen)

        found = find_suspects(step.pictures, features, size, options)
        fit_ = PadimFit(size, options)
        for views in extractor.of(with_copies(session, fitted, jitter), seen):
            fit_.add(views)
        graph = attach_head(backbone.model, fit_.scorer())
    new = {kept.number for kept in session.pending}
    return tuple(suspect for suspect in found if suspect.kept.number in new), graph


def _card(
    session: Session, backbone: BackboneBundle, step: Step, name: str, calibration: Calibration
) -> ModelCard:
    made_of, fitted = backbone.card, session.sides(step.pictures).fit
    listing = "\n".join(sorted(kept.sha256 for kept in step.pictures))
    history: tuple[TeachingStep, ...] = (*history_of(session), step.for_card())
    return ModelCard(
        name=name,
        version=step.time.strftime("%Y%m%dT%H%M%SZ"),
        model=made_of.model,
        precision=made_of.precision,
        height=made_of.height,
        width=made_of.width,
        inference_precision=made_of.inference_precision,
        options=backbone.options.model_dump(),
        training=Training(
            pictures=len(fitted),
            listing_sha256=hashlib.sha256(listing.encode()).hexdigest(),
            fitted=tuple(sorted({kept.source for kept in fitted})),
            seed=session.product.seed,
            backbone=made_of.name,
            backbone_licence=made_of.licence,
            backbone_sha256=backbone.sha256,
            history=history,
            versions={"edge-ad": VERSION, "openvino": version("openvino")},
        ),
        calibration=calibration,
    )
