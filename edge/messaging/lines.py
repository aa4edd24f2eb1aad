"""Messages as lines for people."""

from __future__ import annotations

from datetime import datetime

import typer

from edge.messaging.messages import (
    Action,
    ActionValue,
    Alert,
    Health,
    Heartbeat,
    HeatmapHeader,
    Message,
    Result,
    Teaching,
)
from edge.messaging.recorded import RecordedAction
from edge.teaching.progress import Progress
from edge.verdict import Verdict

_COLOURS = {
    Verdict.GOOD: typer.colors.GREEN,
    Verdict.ANOMALOUS: typer.colors.RED,
    Verdict.UNKNOWN: typer.colors.YELLOW,
}
_CONDITION_COLOURS = {
    "ok": typer.colors.GREEN,
    "degraded": typer.colors.YELLOW,
    "failed": typer.colors.RED,
}


def line_of(message: Message) -> str:
    """One coloured line: local time, station/camera, and what the message says."""
    match message:
        case Result():
            text = _judgement(message)
        case Alert():
            colour = typer.colors.RED if message.state == "raised" else typer.colors.GREEN
            text = typer.style(f"ALERT {message.seq} {message.state}", fg=colour, bold=True)
            text = f"{text}  {_judgement(message.result)}"
        case Health():
            state = typer.style(message.state, fg=_CONDITION_COLOURS[message.state])
            text = f"{message.component} {state}{': ' if message.reason else ''}{message.reason}"
            text += f", trigger {message.trigger.replace('_', ' ')}" if message.trigger else ""
        case Heartbeat():
            counts = f"{message.frames} frames, {message.fps:g}/s, {message.dropped} dropped"
            text = f"{message.state}: {counts}, last alert {message.last_alert_seq}"
        case Action():
            text = _done(message)
        case Teaching():
            text = _taught(message.progress)
        case HeatmapHeader():
            text = f"heatmap of frame {message.frame_seq}, {message.width} x {message.height}"
    place = f"{message.station}/{message.camera}" if message.camera else message.station
    return f"{_clock(message.time)}  {place}  {text}"


def line_of_action(action: RecordedAction) -> str:
    """One line of the record: local date and time, number, camera, and what was done."""
    when = action.time.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return f"{when}  {action.number:>5}  {action.camera or '-'}  {_done(action)}"


def _done(action: Action | RecordedAction) -> str:
    reason = f" ({action.reason})" if action.reason else ""
    about = f" {action.after['alert_id']}" if "alert_id" in action.after else ""
    return f"{action.who} {action.command}{about}: {_changed(action)}{reason}"


def _taught(progress: Progress) -> str:
    text = f"teaching {progress.name}: {progress.state}, {progress.taken} of {progress.wanted} pictures"
    said = progress.model or progress.advice or progress.reason
    return f"{text}; {said}" if said else text


def _changed(action: Action | RecordedAction) -> str:
    """``threshold 3 -> 4``: what is other than before."""
    changed = [name for name in action.after if action.after[name] != action.before.get(name)]
    return ", ".join(
        f"{name} {_short(action.before.get(name))} -> {_short(action.after[name])}" for name in changed
    )


def _short(value: ActionValue) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _judgement(result: Result) -> str:
    verdict = typer.style(f"{result.verdict.value:<9}", fg=_COLOURS[result.verdict], bold=True)
    parts = [verdict]
    if result.score is not None and result.threshold is not None:
        parts.append(f"score {result.score:.4g} (limit {result.threshold:.4g})")
    if result.score_percentile is not None:
        parts.append(_among(result.score_percentile, result.good_parts))
    if result.reason:
        parts.append(result.reason)
    if result.late:
        parts.append("late")
    parts.append(result.part_id or result.picture or f"frame {result.frame_seq}")
    return "  ".join(parts)


def _among(percentile: float, good_parts: int | None) -> str:
    """Where a score lies among good parts; beyond all of them, how many that are, as no share can tell."""
    if good_parts and percentile >= 100:
        return f"above all {good_parts} good parts"
    if good_parts and percentile <= 0:
        return f"below all {good_parts} good parts"
    return f"above {percentile:.1f} % of good parts"


def _clock(time: datetime) -> str:
    return time.astimezone().strftime("%H:%M:%S.%f")[:-3]
