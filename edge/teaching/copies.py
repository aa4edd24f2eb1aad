"""Jittered copies of the pictures that are fitted, as the workstation's training makes them by default.

They are drawn anew for each fit: a picture's copies depend on its content, the seed, and how far all fitted
pictures differ among themselves. So pictures that come later are fitted as if they had come with the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edge.health.camera_faults.taking import reference_of
from edge.pictures import Picture
from edge.scorers.jitter import Jitter
from edge.scorers.padim import COPIES
from edge.teaching.records import Kept
from edge.teaching.session import Session


def jitter_of(fitted: Sequence[Kept]) -> Jitter:
    """How far copies may be off, as good pictures differ among themselves.

    Args:
        fitted: those that were taken; where they are too few to measure, the least of each range.
    """
    return Jitter.measured(COPIES, reference_of([kept.look for kept in fitted if kept.look is not None]), {})


def with_copies(session: Session, some: Sequence[Kept], jitter: Jitter) -> Iterator[Picture]:
    """Pictures, each followed by its copies: uint8 [height, width, 3] BGR at the model's size.

    Args:
        session: where the pictures are.
        some: of the pictures that are fitted; never those that set the threshold.
        jitter: of all that are fitted.

    Raises:
        TeachingError: one was damaged on the disk.
    """
    return jitter.with_copies(session.read(some), session.size, session.product.seed)
