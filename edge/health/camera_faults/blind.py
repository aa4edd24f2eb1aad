"""Which faults cannot be found with a reference, in words: nobody should rely on a check that sees nothing."""

from __future__ import annotations

from edge.health.camera_faults.options import FaultOptions
from edge.health.camera_faults.reference import ViewReference
from edge.health.camera_faults.taking import LEAST_PICTURES


def blind_spots(
    reference: ViewReference | None, options: FaultOptions, height: int, width: int
) -> tuple[str, ...]:
    """What would go unnoticed in frames of this size (pixels), one line each; empty where all is watched."""
    if reference is None:
        return (f"focus, noise, shift and rotation: a reference takes {LEAST_PICTURES} good pictures of one size",)
    found = []
    if not reference.same_size(height, width):
        taken = f"the reference was taken at {reference.width} x {reference.height}, frames are {width} x {height}"
        found.append(f"focus and noise: {taken}")
        if not reference.same_shape(height, width):
            return (f"focus, noise, shift and rotation: {taken}",)
    elif reference.sharpness_blurred >= options.focus_below * reference.sharpness_least:
        found.append("focus: good pictures differ too much in sharpness, or have too little of it")
    if not reference.has_common_view:
        found.append(f"shift and rotation: good pictures are too unlike ({reference.fit_median:.2f} of 1)")
        return tuple(found)
    if not reference.shift_shows:
        found.append("shift: good pictures differ as much among themselves as from one shifted by 5 %")
    if not reference.rotation_shows:
        found.append("rotation: good pictures differ as much among themselves as from one turned by 5 degrees")
    return tuple(found)
