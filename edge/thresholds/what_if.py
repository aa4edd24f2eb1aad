"""What other rates and other thresholds would do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from calibration import conformal
from edge.calibrating.proposing import METHOD as BY_ALARMS
from edge.config.line import LineOptions
from edge.errors import CalibrationError
from edge.numerals import percent
from edge.thresholds.expected import Share, share_above, share_at_rank
from edge.thresholds.in_force import InForce
from edge.thresholds.labelled import Labelled, Tried, tried
from edge.thresholds.words import between, numbers

RATES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1)


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to set the threshold.

    Attributes:
        rate: that it promises; None for a threshold that was given.
        threshold: raw; None where the calibration has too few good parts for the rate, or keeps too few scores.
        needs: good parts that the rate needs; None for a threshold that was given.
        share: of good parts to come that it calls anomalous.
        defects: known defects above it; None where there are none.
        why: there is no threshold, for people; empty where there is one.
    """

    rate: float | None
    threshold: float | None
    needs: int | None
    share: Share | None
    defects: Tried | None
    why: str = ""


def choices(
    found: InForce, rates: Sequence[float], thresholds: Sequence[float], labelled: Labelled | None
) -> list[Choice]:
    """What each of them would do, by the good parts that the calibration kept.

    Raises:
        CalibrationError: it kept none.
    """
    if not found.good.known:
        raise CalibrationError(
            f"{found.bundle.path} brings no scores of good parts",
            hint="calibrate first: edge-ad calibrate --images good/",
        )
    given = [
        Choice(None, value, None, _share(found, share_above(value, found.good)), _of(labelled, value))
        for value in thresholds
    ]
    return [_at_rate(found, rate, labelled) for rate in rates] + given


def _at_rate(found: InForce, rate: float, labelled: Labelled | None) -> Choice:
    pictures, needs = found.good.pictures, conformal.pictures_needed(rate)
    if pictures < needs:
        return Choice(rate, None, needs, None, None, f"needs {needs} good parts, there are {pictures}")
    rank = conformal.rank(pictures, rate)
    threshold = found.good.at_rank(rank)
    if threshold is None:
        why = "not known: this older calibration kept too little of its highest scores, calibrate again"
        return Choice(rate, None, needs, None, None, why)
    share = _share(found, share_at_rank(pictures, rank))
    return Choice(rate, threshold, needs, share, _of(labelled, threshold))


def _share(found: InForce, share: Share) -> Share:
    """Without an interval where the scores are not those of the model that judges."""
    return Share(share.mean) if found.calibration.folds else share


def _of(labelled: Labelled | None, threshold: float) -> Tried | None:
    defects = [score for scores in labelled.defective.values() for score in scores] if labelled else []
    return tried(defects, threshold) if defects else None


def table(found: InForce, made: Sequence[Choice], line: LineOptions) -> list[str]:
    """The choices as lines for people."""
    per_shift = line.parts_per_hour * line.shift_h if line.parts_per_hour else None
    heading = f"{'rate':>9}  {'threshold':>11}  {'false alarms':<26}"
    heading += f"{'per shift':<24}" if per_shift else ""
    heading += "known defects found" if any(choice.defects for choice in made) else ""
    lines = [f"in force: {found.threshold:.4g}; {found.good.pictures} good parts"]
    if found.calibration.method == BY_ALARMS:
        lines.append("beware: these are of the calibration before, which alarms that people judged have refuted")
    lines += ["", heading.rstrip()]
    for choice in made:
        rate = percent(choice.rate) if choice.rate is not None else "given"
        if choice.threshold is None or choice.share is None:
            lines.append(f"{rate:>9}  {choice.why}")
            continue
        text = f"{rate:>9}  {choice.threshold:>11.4g}  {between(choice.share):<26}"
        text += f"{numbers(choice.share.times(per_shift)):<24}" if per_shift else ""
        text += f"{choice.defects.above} of {choice.defects.of}" if choice.defects else ""
        lines.append(text.rstrip())
    return lines
