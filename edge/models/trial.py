"""A new model's trial: it must give the scores that its card says before it may judge a part."""

from __future__ import annotations

import math

from edge.errors import BundleError
from edge.inference.engine import Engine
from edge.inference.golden import VERSION, agree, golden_scores


def require_golden_scores(engine: Engine) -> None:
    """Runs the golden pictures, and compares with the scores in the card, which the CPU gave at the export.

    Another device may round otherwise, which is told when a station takes it (``SteadyEngine``). So its scores
    must be numbers here, and those of the CPU be the card's: the model is what was exported.

    Raises:
        BundleError: the scores are others, are no numbers, or the card has none to compare with.
        DeviceError: the model fails on the device or on the CPU.
    """
    card = engine.bundle.card
    who = f"{card.name} {card.version}"
    if card.golden is None or card.golden.version != VERSION:
        hint = "export it with this version of edge-ad; other models are run by the path of their .xml file"
        raise BundleError(f"{who} cannot be tried: its card has no golden scores of this version", hint=hint)
    scores = golden_scores(engine)
    if not all(map(math.isfinite, scores)):
        raise BundleError(f"{who} failed its trial: its golden scores on {engine.device} are not all numbers")
    if engine.device.split(".")[0] != "CPU":
        scores = golden_scores(engine.on("CPU"))
    if differ := agree(card.golden.scores, scores):
        hint = "export it anew; compute with the precision it was calibrated with"
        raise BundleError(f"{who} failed its trial: its golden scores and those in its card {differ}", hint=hint)
