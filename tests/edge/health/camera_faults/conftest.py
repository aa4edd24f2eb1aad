"""A drawn part as a camera shows it, good and defective, and the reference of good ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import cv2
import numpy as np
import pytest

from edge.health.camera_faults.reference import ViewReference
from edge.health.camera_faults.taking import ReferenceTaker
from edge.pictures import Picture, prepare

HEIGHT, WIDTH = 270, 480
NOISE = 2.0

Draw = Callable[[Picture], None]
Show = Callable[..., Picture]


def model_size(pixels: Picture) -> Picture:
    return prepare(pixels, (128, 128))


def reference_of(pictures: Iterable[Picture]) -> ViewReference | None:
    taker = ReferenceTaker(model_size)
    for pixels in pictures:
        taker.look(pixels)
    return taker.reference()


def lit(scene: Picture, rng: np.random.Generator, *, light: float = 1.0, noise: float = NOISE) -> Picture:
    """What a sensor makes of a scene."""
    shown = scene * (light * rng.normal(1, 0.02)) + rng.normal(0, noise, scene.shape)
    return np.clip(np.rint(shown), 0, 255).astype(np.uint8)


def scene() -> Picture:
    """A plate with a ring, three holes and a stamp, uint8 [270, 480, 3]."""
    pixels = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    cv2.rectangle(pixels, (60, 40), (420, 230), (150, 145, 140), -1)
    cv2.circle(pixels, (240, 135), 60, (60, 80, 170), 12, cv2.LINE_AA)
    for middle in ((90, 70), (390, 70), (90, 200)):
        cv2.circle(pixels, middle, 12, (30, 30, 30), -1, cv2.LINE_AA)
    cv2.putText(pixels, "A-17", (320, 190), 0, 0.9, (20, 20, 20), 2)
    return pixels


def no_part(pixels: Picture) -> None:
    pixels[:] = 90


def no_ring(pixels: Picture) -> None:
    pixels[60:210, 165:315] = (150, 145, 140)


def scratch(pixels: Picture) -> None:
    cv2.line(pixels, (100, 90), (380, 160), (220, 220, 220), 5)


def stain(pixels: Picture) -> None:
    cv2.ellipse(pixels, (300, 130), (70, 50), 20, 0, 360, (40, 60, 60), -1)


def oil(pixels: Picture) -> None:
    """A smear that blurs a third of the part."""
    pixels[40:230, 60:180] = cv2.GaussianBlur(pixels[40:230, 60:180], (0, 0), 6)


def broken(pixels: Picture) -> None:
    cv2.fillPoly(pixels, [np.array([[420, 40], [300, 40], [420, 180]])], (90, 90, 90))


def half_turned(pixels: Picture) -> None:
    pixels[:] = pixels[::-1, ::-1].copy()


def ring_elsewhere(pixels: Picture) -> None:
    """What is moved here is not the camera."""
    ring = pixels[60:210, 165:315].copy()
    no_ring(pixels)
    pixels[60:210, 195:345] = ring


def half_slipped(pixels: Picture) -> None:
    pixels[:, 300:] = np.roll(pixels, 20, axis=0)[:, 300:]


DEFECTS = (no_part, no_ring, scratch, stain, oil, broken, half_turned, ring_elsewhere, half_slipped)


@pytest.fixture
def show() -> Show:
    """Shows a part: ``show(draw, light=, noise=)``; another grain of noise with each picture."""
    rng = np.random.default_rng(7)

    def shown(draw: Draw | None = None, **how: float) -> Picture:
        pixels = scene()
        if draw is not None:
            draw(pixels)
        return lit(pixels, rng, **how)

    return shown


@pytest.fixture(scope="session")
def reference() -> ViewReference:
    rng = np.random.default_rng(1)
    taken = reference_of(lit(scene(), rng) for _ in range(20))
    assert taken is not None
    return taken
