"""How far good pictures differ among themselves, looked at before a fit that is to cover it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from pydantic import ValidationError

from edge import progress
from edge.errors import UsageError
from edge.health.camera_faults.taking import ReferenceTaker
from edge.pictures import prepare, readable
from edge.scorers.jitter import RANGES, Jitter, Size
from train.wrong import wrong


def measure_jitter(copies: int, paths: Sequence[Path], size: Size, given: Mapping[str, object]) -> Jitter:
    """Ranges of a jitter: those given, and the others measured on good pictures at the camera's size.

    Args:
        copies: of each picture.
        paths: good pictures; those that cannot be decoded are passed over.
        size: (height, width) of the model.
        given: ranges by name.

    Raises:
        UsageError: a name that is none, or a range out of its bounds.
    """
    try:
        Jitter.measured(copies, None, {name: value for name, value in given.items() if name in RANGES})
        if unknown := given.keys() - set(RANGES):
            raise UsageError(f"--jitter {sorted(unknown)[0]}: no such range", hint=f"here are: {' '.join(RANGES)}")
    except ValidationError as error:
        first = error.errors()[0]
        raise UsageError(
            f"--jitter {first['loc'][0]}: {wrong(first)}", hint=f"here are: {' '.join(RANGES)}"
        ) from error
    taker = ReferenceTaker(partial(prepare, size=size))
    with progress.bar("how good pictures differ", len(paths)) as seen:
        for _, pixels in readable(list(paths), []):
            taker.look(pixels)
            seen(1)
    return Jitter.measured(copies, taker.reference(), dict(given))
