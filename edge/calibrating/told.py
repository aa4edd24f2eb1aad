"""What a calibration or a proposal gave, for people and for machines."""

from __future__ import annotations

from pathlib import Path
from shlex import quote

from edge.calibrating.asked import Asked
from edge.calibrating.calibrate import Calibrated
from edge.calibrating.overruled import overruled
from edge.calibrating.proposal import Proposal
from edge.inference.card import LONG
from edge.inference.promise import promise_of
from edge.inspection.chosen import Chosen

_TAKES_IT = "a running station judges by it after 'edge-ad reload', or from its next start on"


def calibrated_facts(done: Calibrated, path: Path, where: Chosen) -> dict[str, object]:
    """A calibration that was written, as JSON."""
    facts = done.calibration.model_dump(
        mode="json", exclude={"view": {"mean"}, "highest": True, "highest_peaks": True}
    )
    skipped = [str(name) for name in done.skipped]
    told = {
        "before": done.before,
        "above_before": done.above_before,
        "fitted": done.fitted,
        "copies": done.copies,
        "skipped": skipped,
        "suspects": list(done.suspects),
    }
    return facts | told | written_facts(path, where)


def calibrated_lines(done: Calibrated, asked: Asked) -> list[str]:
    """A calibration as lines for people."""
    calibration = done.calibration
    was = "there was none" if done.before is None else f"was {done.before:.4g}"
    lines = [
        f"threshold {calibration.threshold:.4g} ({was}) from {calibration.pictures} good pictures: "
        f"{promise_of(calibration)}"
    ]
    if asked.plan.masks and calibration.pixel_threshold is not None:
        lines.append(
            f"cameras with a mask judge by what it leaves of the map: above {calibration.pixel_threshold:.4g}"
        )
    if done.above_before > calibration.pictures / 2:
        lines.append(
            f"beware: {done.above_before} of {calibration.pictures} lie above the threshold before: these are "
            "other parts, or another view of them; make sure that they are good"
        )
    if calibration.warning:
        lines.append(f"beware: {calibration.warning}")
    if done.fitted:
        lines.append(f"left out {done.fitted} pictures that the model was fitted on")
    if done.copies:
        lines.append(f"left out {done.copies} copies of other pictures: a copy is no other part")
    if done.skipped:
        lines.append(f"skipped {len(done.skipped)} that cannot be decoded: {', '.join(map(str, done.skipped))}")
    if done.suspects:
        what = "left out" if asked.suspects == "leave out" else "counted"
        lines.append(f"{what} {len(done.suspects)} that may show defects: {', '.join(done.suspects)}")
    return lines + [f"faults of the camera that will go unnoticed: {spot}" for spot in done.blind_spots]


def written_facts(path: Path, where: Chosen) -> dict[str, object]:
    """As ``written_lines``, for JSON."""
    return {"written": str(path), "cameras": where.cameras, "overruled": overruled(where)}


def written_lines(path: Path, where: Chosen) -> list[str]:
    """Where a calibration was written, and who judges by it."""
    passed_over = overruled(where)
    lines = [f"written to {path}; undo with: edge-ad calibrate --model {quote(str(where.model))} --undo"]
    if len(passed_over) < max(1, len(where.cameras)):
        lines.append(_TAKES_IT)
    return [*lines, *_cameras(where), *(f"beware: {line}" for line in passed_over.values())]


def _cameras(where: Chosen) -> list[str]:
    if len(where.cameras) < 2:
        return []
    return [f"it holds for every camera with this model: {' '.join(where.cameras)}"]


def proposal_facts(proposal: Proposal, where: Chosen) -> dict[str, object]:
    """A proposal as JSON."""
    facts = proposal.model_dump(mode="json", exclude={"calibration": LONG})
    return facts | {"cameras": where.cameras, "overruled": overruled(where)}


def proposal_lines(proposal: Proposal, where: Chosen) -> list[str]:
    """A proposal as lines for people."""
    effect, after = proposal.effect, proposal.calibration
    lines = [
        f"proposed threshold {after.threshold:.4g} (is {proposal.before:.4g}): {promise_of(after)}",
        f"how: {proposal.how}",
        f"of {effect.false_alarms} false alarms in the pool {effect.still_false} would still be alarms",
        f"of {effect.true_alarms} confirmed ones {effect.still_found} would still be found",
    ]
    if effect.still_found < effect.true_alarms:
        missed = effect.true_alarms - effect.still_found
        lines.append(f"beware: {missed} confirmed defects would be missed")
    lines += [*_cameras(where), *(f"beware: {line}" for line in overruled(where).values())]
    return [
        *lines,
        f"nothing is changed; put it in force with: edge-ad calibrate --model {quote(str(where.model))} --accept",
    ]


def accepted_facts(proposal: Proposal, path: Path, where: Chosen) -> dict[str, object]:
    """A proposal that was put in force, as JSON."""
    after = proposal.calibration.threshold
    return {"threshold": after, "before": proposal.before, "how": proposal.how} | written_facts(path, where)


def accepted_lines(proposal: Proposal, path: Path, where: Chosen) -> list[str]:
    """A proposal that was put in force."""
    after = proposal.calibration.threshold
    return [f"threshold {after:.4g} (was {proposal.before:.4g}): {proposal.how}", *written_lines(path, where)]
