"""What people said about alarms becomes a proposal for a threshold.

From fresh good parts the threshold is set as any calibration sets it, and the pool tells what it would have done.
Without them it is set by the false alarms themselves and the number of parts that passed, see
``calibration.acknowledged``; the pictures of the calibration before are not at hand and not needed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from calibration import acknowledged
from calibration.acknowledged import Judged
from calibration.scores import ScoresError
from edge.calibrating.proposal import Effect, Proposal
from edge.errors import CalibrationError
from edge.inference.bundle import Bundle, load_bundle
from edge.inference.card import Calibration
from edge.inference.devices import available_devices, candidates
from edge.inference.override import calibration_of
from edge.inspection.chosen import Chosen
from edge.messaging.outbox import default_state_dir
from edge.pool.counts import Count, read_counts
from edge.pool.entry import Entry
from edge.pool.places import pool_of
from edge.pool.shelf import entries_in

METHOD = "acknowledged"
_FRESH = "give fresh good parts too: --images or --camera"
_SAME = 1e-9


@dataclass(frozen=True)
class Pool:
    """What the station knows of alarms by one model.

    Attributes:
        bundle: the model.
        folder: where the pictures lie.
        entries: judged alarms of this model, of the cameras that are meant.
        cameras: these; empty for all.
        each_part: whether every anomalous part raised an alarm, so that people could judge it.
    """

    bundle: Bundle
    folder: Path
    entries: tuple[Entry, ...]
    cameras: tuple[str, ...]
    each_part: bool


def read_pool(where: Chosen) -> Pool:
    """Reads the pool of a station.

    Raises:
        StoreError: it cannot be read.
        BundleError: there is no such model.
    """
    bundle = load_bundle(where.model)
    folder = pool_of(where.config.state_dir or default_state_dir(where.config.station))
    cameras = (where.camera.name,) if where.camera else where.cameras
    found = [entry for entry, _ in entries_in(folder) if entry.model == bundle.sha256 and entry.judgement]
    entries = tuple(entry for entry in found if entry.camera in cameras or not cameras)
    return Pool(bundle, folder, entries, cameras, where.config.alarm.each_part)


def in_force(pool: Pool, device: str) -> Calibration:
    """The calibration that the proposal would replace."""
    import openvino as ov

    return calibration_of(pool.bundle, candidates(device, available_devices(ov.Core()))[0])


def propose_fresh(pool: Pool, before: Calibration, fresh: Calibration) -> Proposal:
    """Proposes a calibration on fresh good parts."""
    how = f"set by {fresh.pictures} fresh good parts; the pool only tells what it would have done"
    return _proposal(pool, before, fresh, how)


def propose_from_pool(pool: Pool, before: Calibration, rate: float) -> Proposal | None:
    """Proposes a higher threshold by the false alarms in the pool; None where the one in force keeps to the rate.

    Raises:
        CalibrationError: the pool knows too little, or its alarms are not all anomalous parts.
    """
    if not pool.each_part:
        raise CalibrationError(
            "the pool gives no threshold: by [alarm] not every anomalous part raised an alarm, and the first ones "
            "of several do not stand for all",
            hint=_FRESH,
        )
    judged = _judged(pool, before)
    try:
        value = acknowledged.threshold(judged, rate)
        observed, weight = judged.false_alarm_rate, judged.weight
    except ScoresError as error:
        raise CalibrationError(f"the pool gives no threshold: {error}", hint=_FRESH) from error
    if value is None:
        return None
    seen = f"{judged.known} of {judged.anomalous} anomalous parts among {judged.parts} were judged"
    how = f"{seen}: {observed:.2%} of good parts were false alarms; the lowest threshold that keeps to {rate:.2%}"
    warning = "by alarms that people judged: an estimate, nothing is promised"
    if weight > 1:
        warning += f"; {judged.known} of {judged.anomalous} were judged and stand for the others"
    update = {
        "method": METHOD,
        "false_alarm_rate": rate,
        "promised": None,
        "confidence": None,
        "interval": None,
        "warning": warning,
        "how": how,
        "threshold": value,
        "time": datetime.now(UTC),
        "by": "propose",
    }
    return _proposal(pool, before, before.model_copy(update=update), how)


def _judged(pool: Pool, before: Calibration) -> Judged:
    """What the calibrated threshold did since it judges, at all cameras that are meant."""
    counts = {
        count.period: count
        for camera, count in read_counts(pool.folder).items()
        if (camera in pool.cameras or not pool.cameras) and _is_of(count, pool.bundle, before)
    }
    entries = [entry for entry in pool.entries if not entry.masked and entry.period in counts]
    if not entries:
        raise CalibrationError(
            f"{pool.folder} has no judged alarm by this model and its calibrated threshold {before.threshold:.4g}",
            hint=f"set enabled = true under [pool] and acknowledge alarms; or {_FRESH}",
        )
    return Judged(
        parts=sum(count.parts for count in counts.values()),
        anomalous=sum(count.anomalous for count in counts.values()),
        true_alarms=sum(entry.judgement == "true_alarm" for entry in entries),
        false_alarms=[entry.score for entry in entries if entry.judgement == "false_alarm"],
    )


def _is_of(count: Count, bundle: Bundle, calibration: Calibration) -> bool:
    return count.model == bundle.sha256 and math.isclose(count.threshold, calibration.threshold, rel_tol=_SAME)


def _proposal(pool: Pool, before: Calibration, after: Calibration, how: str) -> Proposal:
    return Proposal(
        bundle_sha256=pool.bundle.sha256,
        how=how,
        before=before.threshold,
        before_time=before.time,
        calibration=after,
        effect=effect_of(pool.entries, after),
    )


def effect_of(entries: Sequence[Entry], calibration: Calibration) -> Effect:
    """What a calibration would have made of judged alarms, by the scores that they had."""
    false = [entry for entry in entries if entry.judgement == "false_alarm"]
    true = [entry for entry in entries if entry.judgement == "true_alarm"]
    return Effect(
        false_alarms=len(false),
        still_false=sum(_above(entry, calibration) for entry in false),
        true_alarms=len(true),
        still_found=sum(_above(entry, calibration) for entry in true),
    )


def _above(entry: Entry, calibration: Calibration) -> bool:
    limit = calibration.pixel_threshold if entry.masked else calibration.threshold
    return limit is None or entry.score > limit
