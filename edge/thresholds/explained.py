"""A page about the threshold in force that somebody can read who knows nothing of it."""

from __future__ import annotations

from collections.abc import Sequence

from calibration import conformal
from calibration.methods import METHODS
from edge import histogram
from edge.calibrating.proposing import METHOD as BY_ALARMS
from edge.config.line import LineOptions
from edge.thresholds.false_alarms import share_of
from edge.thresholds.in_force import InForce
from edge.thresholds.labelled import Labelled, tried
from edge.thresholds.promised import promise_lines
from edge.thresholds.remedies import remedies
from edge.thresholds.words import between, estimate, numbers

_UNLIKELY = 0.05


def page(found: InForce, line: LineOptions, labelled: Labelled | None) -> str:
    """The whole page.

    Args:
        found: the threshold in force.
        line: how many parts pass.
        labelled: scores of parts whose answer is known; None where there are none.
    """
    sections = {
        f"Threshold {found.threshold:.4g}": _what(found),
        "Where it comes from": _origin(found),
        "What it promises": promise_lines(found),
        "What to expect": _expected(found, line),
        "Where good parts lie": _good_parts(found),
        "Defects": _defects(found, labelled),
        "When it is wrong": remedies(found),
    }
    return "\n\n".join("\n".join([title, *(f"  {text}" for text in lines)]) for title, lines in sections.items())


def _what(found: InForce) -> list[str]:
    compared = "the highest value of its map outside the ignore mask" if found.masked else "its score"
    return [
        f"A part is called anomalous when {compared} is higher.",
        "Scores have no unit and no fixed range: they say how unlike the good parts of the training a part is,",
        "and are comparable for one model only.",
    ]


def _origin(found: InForce) -> list[str]:
    card, calibration = found.bundle.card, found.calibration
    where = f" at camera {found.camera}" if found.camera else ""
    lines = [
        f"model      {card.name} {card.version} ({card.model}, {card.precision}){where}, judges on {found.device}"
    ]
    when = f"{calibration.time:%Y-%m-%d %H:%M} UTC"
    by = {
        "model": f"the model's own card, made {when}; this station has not calibrated it",
        "station": f"this station's calibration of {when}",
        "settings": "the station's settings",
        "control": "a request to the running station (set_threshold)",
    }[found.set_by]
    lines.append(f"set by     {by}")
    lines.append(f"kept in    {found.place}")
    behind = "" if found.calibrated else f", which set {_calibrated_threshold(found)} on {when}"
    method = METHODS.get(calibration.method)
    what = f": {method.summary}" if method else ""
    lines.append(f"method     {calibration.method}{what}{behind}")
    if calibration.how:
        lines.append(f"how        {calibration.how}")
    if calibration.pictures and calibration.method != BY_ALARMS:
        unseen = "that the model was not fitted on"
        if calibration.folds:
            unseen = f"each scored by one of {calibration.folds} models, fitted without it"
        scores = f"computed on {calibration.device} in {calibration.precision}"
        lines.append(f"rests on   {calibration.pictures} pictures of good parts, {unseen}; scores {scores}")
    return lines + [f"beware     {warning}" for warning in (found.warning, calibration.warning) if warning]


def _calibrated_threshold(found: InForce) -> str:
    own = found.calibration.pixel_threshold if found.masked else found.calibration.threshold
    return f"{own:.4g}" if own is not None else "none"


def _expected(found: InForce, line: LineOptions) -> list[str]:
    share = share_of(found)
    if share is None:
        return ["Nothing is known of good parts: calibrate first."]
    lines = [f"false alarms: {between(share)} of good parts"]
    if line.parts_per_hour is None:
        return [*lines, "per shift: give --parts-per-hour, or parts_per_hour under [line] in the station file"]
    parts = line.parts_per_hour * line.shift_h
    passing = f"{line.parts_per_hour:g} parts an hour, {line.shift_h:g} h"
    return [*lines, f"per shift ({passing}): {numbers(share.times(parts))} false alarms"]


def _good_parts(found: InForce) -> list[str]:
    good = found.good
    if not good.known:
        return ["The model brings no scores of good parts."]
    lowest, median, highest = good.quantiles[0], good.quantiles[len(good.quantiles) // 2], good.quantiles[-1]
    side = "below" if highest <= found.threshold else "above"
    lines = [
        f"the median good part scores {median:.4g}: {abs(found.threshold - median):.4g} "
        f"{'below' if median <= found.threshold else 'above'} the threshold",
        f"the highest good part scores {highest:.4g}: {abs(found.threshold - highest):.4g} {side} it",
        "",
        *histogram.of_counts(
            lambda score: good.above(score).guess, good.pictures, (lowest, highest), found.threshold
        ),
    ]
    if found.calibration.method == BY_ALARMS:
        return ["These are of the calibration before; alarms that people judged have shown higher ones.", *lines]
    return lines


def _defects(found: InForce, labelled: Labelled | None) -> list[str]:
    if labelled is None:
        return [_unlabelled(found), "with --data (one folder for each kind of part) or --defective."]
    every = [score for scores in labelled.defective.values() for score in scores]
    lines = []
    for kind, scores in labelled.defective.items():
        seen = tried(scores, found.threshold)
        lines.append(f"{kind:<20} {seen.above} of {seen.of} found")
    if every:
        seen = tried(every, found.threshold)
        lines.append(f"{'all defects':<20} {seen.above} of {seen.of} found; missed: {between(seen.missed)}")
    return lines + _good_tried(found, labelled.good)


def _unlabelled(found: InForce) -> str:
    method = METHODS.get(found.calibration.method)
    if not found.calibrated:
        return "A person set it: how many defects it misses has to be tried,"
    if method and method.labelled:
        return "It was set with defective parts, and does best on these: what it misses of others has to be tried,"
    by = "alarms that people judged" if found.calibration.method == BY_ALARMS else "good parts alone"
    return f"It was set by {by}, and says nothing about defects: how many are missed has to be tried,"


def _good_tried(found: InForce, good: Sequence[float]) -> list[str]:
    if not good:
        return []
    seen, calibration = tried(good, found.threshold), found.calibration
    lines = [f"{'good parts':<20} {seen.above} of {seen.of} called anomalous: {between(seen.share)}"]
    if found.calibrated and calibration.method == "conformal" and calibration.promised:
        chance = conformal.chance(
            seen.above, seen.of, pictures=calibration.pictures, false_alarm_rate=calibration.promised
        )
        if chance < _UNLIKELY:
            lines.append(
                f"So many are unlikely under the promise (chance {estimate(chance)}): they are not like "
                "those of the calibration."
            )
    return lines
