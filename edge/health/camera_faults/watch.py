"""Looks at every frame of one camera and says in one line why it cannot be trusted."""

from __future__ import annotations

import numpy as np

from edge.health.camera_faults.blind import blind_spots
from edge.health.camera_faults.exposure import Grey, share_allowed, shares
from edge.health.camera_faults.figures import Figures
from edge.health.camera_faults.frozen import Glance, Stillness
from edge.health.camera_faults.noise import noise_of
from edge.health.camera_faults.options import FaultOptions
from edge.health.camera_faults.reference import ViewReference
from edge.health.camera_faults.view import View
from edge.pictures import Picture

LOOSER = 1.5  # times what good parts lie off, before a view counts as moved
MISSES = 2.0  # times what good pictures miss a perfect fit by, and so may a view that is moved back
RESAMPLED = 0.02  # what moving it back may cost beside
EXPLAINS = 1.3  # times nearer to a perfect fit once moved back, before the difference is a movement
LEAST_CONTRAST = 0.1  # share of the reference's contrast; below, there is nothing that could be sharp


class FaultWatch:
    """Watches one camera. Several threads may look at frames, one after the other takes them in at a glance.

    Args:
        options: what is looked for.
        reference: of good pictures; without it only frozen, black and saturated pictures are found.
        live: whether the camera shows the world; files may repeat a picture.
    """

    def __init__(self, options: FaultOptions, reference: ViewReference | None, *, live: bool) -> None:
        self._options = options
        self._reference = reference
        self._stillness = Stillness() if live and options.frozen else None
        self._view = None
        if reference is not None and reference.has_common_view:
            self._view = View(reference.mean_picture.astype(np.float32))

    def blind_to(self, height: int, width: int) -> tuple[str, ...]:
        """What would go unnoticed in frames of this size, pixels; see ``blind_spots``."""
        return blind_spots(self._reference, self._options, height, width) if self._options.enabled else ()

    def glance(self, pixels: Picture, captured_ns: int) -> Glance | None:
        """Takes in the next frame, also one that nobody judges: a camera may freeze between two parts.

        Args:
            pixels: uint8 [H, W, 3] BGR; a view will do.
            captured_ns: monotonic clock when it reached this computer.

        Returns:
            What a look at it must know; None where frames are not compared with each other.
        """
        if not self._options.enabled or self._stillness is None:
            return None
        return self._stillness.glance(pixels, captured_ns)

    def look(
        self,
        pixels: Picture,
        prepared: Picture,
        captured_ns: int,
        figures: Figures | None = None,
        *,
        glance: Glance | None = None,
    ) -> str:
        """Looks at a frame; empty for a sound one.

        Args:
            pixels: uint8 [H, W, 3] BGR; a view will do.
            prepared: uint8 [h, w, 3] BGR, the same picture at the model's size.
            captured_ns: monotonic clock when it reached this computer.
            figures: of this picture, where somebody else wants them too.
            glance: at it, where it was taken in before; else that is done now.

        Returns:
            The fault in one line, e.g. "black picture", "the view is shifted by 14 px against the reference".
        """
        if not self._options.enabled:
            return ""
        figures = figures or Figures(prepared, (pixels.shape[0], pixels.shape[1]))
        glance = glance or self.glance(pixels, captured_ns)
        return (
            self._exposure(figures.grey)
            or self._frozen(glance, prepared)
            or self._noise(pixels)
            or self._focus(figures)
            or self._movement(figures)
        )

    def _exposure(self, grey: Grey) -> str:
        options, reference = self._options, self._reference
        black, white = shares(grey, black_level=options.black_level, white_level=options.saturated_level)
        if options.black and black > share_allowed(options.black_share, reference.black_high if reference else 0):
            return "black picture"
        allowed = share_allowed(options.saturated_share, reference.white_high if reference else 0)
        return f"saturated picture: {white:.0%} of it is white" if options.saturated and white > allowed else ""

    def _frozen(self, glance: Glance | None, prepared: Picture) -> str:
        still_s = glance.still_s(prepared) if glance is not None else 0.0
        return f"frozen picture for {still_s:.1f} s" if still_s >= self._options.frozen_after_s else ""

    def _noise(self, pixels: Picture) -> str:
        options, reference = self._options, self._reference
        if reference is None or not options.noise or not reference.same_size(*pixels.shape[:2]):
            return ""
        found = noise_of(pixels)
        if found <= max(options.noise_least, options.noise_above * reference.noise_high):
            return ""
        return f"heavy noise: {found:.1f} grey levels, good pictures have {reference.noise_high:.1f}"

    def _focus(self, figures: Figures) -> str:
        options, reference = self._options, self._reference
        if reference is None or not options.focus or not reference.same_size(*figures.shape):
            return ""
        found = figures.sharpness
        structured = found.contrast > LEAST_CONTRAST * reference.contrast_low
        if not structured or found.value >= options.focus_below * reference.sharpness_least:
            return ""
        return f"out of focus: sharpness is {found.value / reference.sharpness_median:.2f} of the reference's"

    def _movement(self, figures: Figures) -> str:
        reference, view = self._reference, self._view
        if reference is None or view is None or not self._options.view or not reference.same_shape(*figures.shape):
            return ""
        picture = figures.stamp(view.size)
        fit = view.fit(picture)
        if fit >= reference.fit_low:  # as most good ones; and the search below costs more than all the rest
            return ""
        movement = view.movement(picture)
        if movement is None or 1 - movement.after > MISSES * (1 - reference.fit_low) + RESAMPLED:
            return ""
        if 1 - movement.before < EXPLAINS * (1 - movement.after):
            return ""
        found = []
        if movement.shift > max(self._options.shift_above, LOOSER * reference.shift_high):
            found.append(f"shifted by {movement.shift * max(figures.shape):.0f} px")
        turned = movement.rotation > max(self._options.rotation_above, LOOSER * reference.rotation_high)
        if turned and reference.rotation_shows:
            found.append(f"rotated by {movement.rotation:.1f} degrees")
        return f"the view is {' and '.join(found)} against the reference" if found else ""
