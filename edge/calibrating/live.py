"""What a person sees while good parts are scored: their histogram, and the threshold as it stands."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from calibration.methods import METHODS, set_threshold
from calibration.scores import ScoresError
from edge import histogram, progress
from edge.calibrating.asked import Asked
from edge.calibrating.gathered import Gathered

_PER_S = 4


@contextmanager
def shown(gathered: Gathered, asked: Asked, total: int) -> Iterator[None]:
    """Shows on standard error what is gathered while the block runs: live in a terminal, else a bar at the end."""
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    console = Console(stderr=True)
    if not console.is_terminal:
        with progress.bar("scores of good pictures", total) as seen:
            yield
            seen(len(gathered.scores))
        return
    drawing = threading.Lock()  # its own thread draws, and the end of the block

    def drawn() -> Text:
        with drawing:
            return Text("\n".join(lines(gathered, asked, total)))

    with Live(get_renderable=drawn, console=console, refresh_per_second=_PER_S):
        yield


def lines(gathered: Gathered, asked: Asked, total: int) -> list[str]:
    """The same as text: counts, histogram, threshold or what is still needed for one."""
    scores = [score for score in list(gathered.scores) if math.isfinite(score)]
    refused = ", ".join(f"{number} {reason}" for reason, number in gathered.refused.items()) or "none"
    text = [f"good parts: {len(gathered.scores)} of {total}   refused: {refused}"]
    if gathered.trouble:
        text.append(f"camera lost: {gathered.trouble}")
    if not scores:
        return text
    threshold = _as_it_stands(scores, asked)
    text += histogram.of_scores(scores, threshold)
    missing = asked.pictures_needed - len(scores)
    if missing > 0:
        text.append(f"{missing} more are needed to promise a false-alarm rate of {asked.false_alarm_rate:g}")
    return text


def _as_it_stands(scores: list[float], asked: Asked) -> float | None:
    if METHODS[asked.method].labelled:
        return None  # it needs the defective parts, which are scored later
    try:
        return set_threshold(scores, method=asked.method, rate=asked.false_alarm_rate).value
    except ScoresError:
        return None
