from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.collecting.refusal import Refusal
from edge.collecting.sieve import Limits, Sieve, measure

Pixels = NDArray[np.uint8]


def part(shift_px: int = 0, seed: int = 0) -> Pixels:
    """A textured disc on grey with a little sensor noise, uint8 [240, 320, 3]."""
    texture = np.random.default_rng(1).integers(60, 200, (240, 320, 3), dtype=np.uint8)
    disc = cv2.circle(np.zeros((240, 320), np.uint8), (120 + shift_px, 120), 70, 255, -1)
    picture = np.where(disc[..., None] > 0, texture, np.uint8(120))
    noise = np.random.default_rng(seed).normal(0, 4, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def moved(picture: Pixels, by_px: int) -> Pixels:
    """Motion blur along the belt."""
    return np.asarray(cv2.blur(picture, (by_px, 1)), dtype=np.uint8)


def taught(limits: Limits | None = None) -> Sieve:
    sieve = Sieve(limits or Limits())
    for seed in range(10):
        sieve.learn(part(seed=seed))
    return sieve


def test_a_sharp_picture_is_kept() -> None:
    assert taught().refuses(part(seed=11)) is None


@pytest.mark.parametrize("by_px", [4, 9, 25])
def test_motion_blur_is_refused(by_px: int) -> None:
    assert taught().refuses(moved(part(seed=11), by_px)) is Refusal.BLURRED


def test_a_run_of_blurred_pictures_does_not_lower_what_counts_as_sharp() -> None:
    sieve = taught()
    answers = [sieve.refuses(moved(part(seed=seed), 9)) for seed in range(20, 60)]
    assert set(answers) == {Refusal.BLURRED}


def test_without_a_reference_only_the_absolute_limit_speaks() -> None:
    blurred = moved(part(), 25)
    assert Sieve(Limits()).refuses(blurred) is None
    limit = measure(blurred).sharpness * 1.01
    assert Sieve(Limits(min_sharpness=limit)).refuses(blurred) is Refusal.BLURRED


def test_dark_and_overexposed_pictures_are_refused_and_teach_nothing() -> None:
    sieve = Sieve(Limits())
    for _ in range(20):
        assert sieve.refuses(part() // 60) is Refusal.DARK
        assert sieve.refuses(np.clip(part().astype(int) * 5, 0, 255).astype(np.uint8)) is Refusal.OVEREXPOSED
    assert sieve.refuses(moved(part(), 25)) is None, "there is still no reference"


def test_a_black_background_is_no_fault_within_the_limit() -> None:
    picture = part()
    picture[:, 200:] = 0
    assert 0.3 < measure(picture).black < 0.5
    assert taught().refuses(picture) is None
    assert taught(Limits(max_black=0.3)).refuses(picture) is Refusal.DARK


def test_a_belt_that_stands_still_gives_one_picture() -> None:
    sieve = taught()
    answers = [sieve.refuses(part(seed=seed)) for seed in range(11, 16)]
    assert answers == [None] + [Refusal.SAME] * 4


def test_a_part_that_has_moved_on_is_a_new_picture() -> None:
    sieve = taught()
    assert [sieve.refuses(part(shift_px, seed=shift_px)) for shift_px in (0, 10, 20)] == [None, None, None]


def test_a_lamp_that_flickers_is_no_new_picture() -> None:
    sieve = taught()
    brighter = (part(seed=12).astype(int) + 9).clip(0, 255).astype(np.uint8)
    assert [sieve.refuses(part(seed=11)), sieve.refuses(brighter)] == [None, Refusal.SAME]


def test_sameness_is_to_the_last_kept_so_a_slow_drift_shows_in_the_end() -> None:
    sieve = taught()
    answers = [sieve.refuses(part(shift_px, seed=shift_px)) for shift_px in range(12)]
    assert answers[1] is Refusal.SAME
    assert 2 <= answers.count(None) <= 6


def test_duplicates_are_kept_on_demand() -> None:
    sieve = taught(Limits(min_change=0))
    assert [sieve.refuses(part()) for _ in range(3)] == [None] * 3
