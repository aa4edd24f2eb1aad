"""Good pictures that a training does not learn, to see when it learns no more."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

Pictures = NDArray[np.uint8]


def set_aside(pictures: Pictures, share: float, seed: int, copies: int = 0) -> tuple[Pictures, Pictures]:
    """Splits pictures by their content, so that their order changes nothing and copies stay together.

    Args:
        pictures: uint8 [N * (1 + copies), H, W, 3].
        share: of the different pictures to set aside; 0 for none, otherwise at least one of two or more.
        seed: another seed gives another choice.
        copies: that follow each picture; they are learnt where it is, and never watched.

    Returns:
        (learnt, watched), the learnt ones in an order that the content decides too.
    """
    group = 1 + copies
    names = [hashlib.sha256(f"{seed}".encode() + picture.tobytes()).digest() for picture in pictures[::group]]
    order = sorted(range(len(names)), key=names.__getitem__)
    different = sorted(set(names))
    count = min(max(1, round(share * len(different))), len(different) - 1) if share else 0
    aside = set(different[:count])
    learnt = [group * number + copy for number in order if names[number] not in aside for copy in range(group)]
    watched = [group * number for number in order if names[number] in aside]
    return pictures[learnt], pictures[watched]
