"""Which pictures a guided collection keeps: sound, sharp, of a part that lies still and was not taken before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from edge.collecting.motion import Motion
from edge.collecting.refusal import Refusal
from edge.collecting.seen import Blocks, Seen
from edge.collecting.sieve import Limits, Sieve, block_means, measure
from edge.frame import Frame
from edge.pictures import Picture, prepare

WARM_UP_PICTURES = 10


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a frame.

    Attributes:
        frame: with its pixels cut to what is inspected.
        refusal: why it is not kept; None: keep it.
    """

    frame: Frame
    refusal: Refusal | None


class LiveSieve:
    """Looks at the frames of one camera in their order.

    The first frames of a live camera only show how sharp it is, while its exposure settles. Of files each picture
    counts, so the first ones wait until that is known.

    Args:
        limits: of exposure, sharpness and sameness.
        size: (height, width) that the model takes; pictures are compared by what is left of them there.
        max_motion: change from frame to frame from which a part moves, grey levels; 0: it is not looked for.
        live: whether the frames are a live camera's; those of files are not compared for motion.
    """

    def __init__(self, limits: Limits, size: tuple[int, int], *, max_motion: float, live: bool) -> None:
        self._limits = limits
        self._size = size
        self._sieve = Sieve(limits)
        self._motion = Motion(max_motion) if live and max_motion > 0 else None
        self._seen = Seen()
        self._to_warm_up = WARM_UP_PICTURES if live else 0
        self._held: list[tuple[Frame, Blocks]] = []
        self._waits = not live

    def remember(self, pixels: Picture) -> None:
        """Takes in a picture that was kept earlier, uint8 [H, W, 3] BGR; at the model's size is enough."""
        self._seen.add(self._blocks_of(pixels))

    def look(self, frame: Frame) -> Iterator[Decision]:
        """Takes in a frame (cut) and decides about it; about none, or several, where the first ones wait."""
        if frame.fault:
            yield Decision(frame, Refusal.FAULTY)
            return
        blocks = self._blocks_of(frame.pixels)
        if self._to_warm_up > 0:
            self._to_warm_up -= 1
            self._sieve.learn(frame.pixels)
            return
        moves = self._motion.moves(frame.pixels, blocks, frame.captured_ns) if self._motion else False
        if moves is None:
            return  # there is nothing to compare it with; the next one is compared with it
        if not self._waits:
            yield Decision(frame, self._refuses(frame.pixels, blocks, moves=moves))
        elif refusal := self._sieve.exposure(quality := measure(frame.pixels)):
            yield Decision(frame, refusal)
        else:
            self._sieve.learn_quality(quality)
            self._held.append((frame, blocks))
            if self._sieve.knows_sharpness:
                yield from self.release()

    def release(self) -> Iterator[Decision]:
        """Decides about those that wait still; call it where no more frames come."""
        self._waits = False
        held, self._held = self._held, []
        for frame, blocks in held:
            yield Decision(frame, self._refuses(frame.pixels, blocks, moves=False))

    def _refuses(self, pixels: Picture, blocks: Blocks, *, moves: bool) -> Refusal | None:
        refusal = self._sieve.refuses_quality(measure(pixels)) or (Refusal.MOVING if moves else None)
        if refusal is not None:
            return refusal
        if self._seen.knows(pixels, blocks, self._limits.min_change):
            return Refusal.SEEN
        self._seen.add(blocks)
        return None

    def _blocks_of(self, pixels: Picture) -> Blocks:
        return block_means(prepare(pixels, self._size))
