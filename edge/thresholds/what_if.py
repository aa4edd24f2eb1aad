"""What other rates and other thresholds would do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from calibration import conformal
from calibration.scores import ScoresError
from edge.config.line import LineOptions
from edge.errors import CalibrationError
from edge.thresholds.expected import Share, share_above, share_at_rank, threshold_for
from edge.thresholds.in_force import InForce
from edge.thresholds.labelled import Labelled, Tried, tried
from edge.thresholds.promise import FEWEST
from edge.thresholds.words import between, numbers, percent

RATES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1)


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to set the threshold.

    Attributes:
        rate: that it promises; None for a threshold that was given.
        threshold: raw; None where the calibration has too few good parts for the rate.
        needs: good parts that the rate needs; None for a threshold that was given.
        share: of good parts to come that it calls anomalous.
        defects: known defects above it; None where there are none.
    """

    rate: float | None
    threshold: float | None
    needs: int | None
    share: Share | None
    defects: Tried | None


def choices(
    found: InForce, rates: Sequence[float], thresholds: Sequence[float], labelled: Labelled | None
) -> list[Choice]:
    """What each of them would do, by the good parts that the calibration kept.

    Raises:
        CalibrationError: it kept none.
    """
    if len(found.quantiles) < FEWEST or not found.calibration.pictures:
        raise CalibrationError(
            f"{found.bundle.path} brings no scores of good parts",
            hint="calibrate first: edge-ad calibrate --images good/",
        )
    return [_at_rate(found, rate, labelled) for rate in rates] + [
        Choice(
            None,
            value,
            None,
            share_above(value, found.quantiles, found.calibration.pictures),
            _of(labelled, value),
        )
        for value in thresholds
    ]


def _at_rate(found: InForce, rate: float, labelled: Labelled | None) -> Choice:
    pictures, needs = found.calibration.pictures, conformal.pictures_needed(rate)
    try:
        threshold = threshold_for(rate, found.quantiles, pictures)
    except ScoresError:
        return Choice(rate, None, needs, None, None)
    share = share_at_rank(pictures, conformal.rank(pictures, rate))
    return Choice(rate, threshold, needs, share, _of(labelled, threshold))


def _of(labelled: Labelled | None, threshold: float) -> Tried | None:
    defects = [score for scores in labelled.defective.values() for score in scores] if labelled else []
    return tried(defects, threshold) if defects else None


def table(found: InForce, made: Sequence[Choice], line: LineOptions) -> list[str]:
    """The choices as lines for people; thresholds for other rates are right to the quantiles kept."""
    per_shift = line.parts_per_hour * line.shift_h if line.parts_per_hour else None
    heading = f"{'rate':>9}  {'threshold':>11}  {'false alarms':<26}"
    heading += f"{'per shift':<24}" if per_shift else ""
    heading += "known defects found" if any(choice.defects for choice in made) else ""
    lines = [f"in force: {found.threshold:.4g}, by {found.calibration.pictures} good parts", "", heading.rstrip()]
    for choice in made:
        rate = percent(choice.rate) if choice.rate is not None else "given"
        if choice.threshold is None or choice.share is None:
            lines.append(f"{rate:>9}  needs {choice.needs} good parts, there are {found.calibration.pictures}")
            continue
        text = f"{rate:>9}  {choice.threshold:>11.4g}  {between(choice.share):<26}"
        text += f"{numbers(choice.share.times(per_shift)):<24}" if per_shift else ""
        text += f"{choice.defects.above} of {choice.defects.of}" if choice.defects else ""
        lines.append(text.rstrip())
    return lines
