"""What a guided collection keeps of a camera's frames."""

from __future__ import annotations

from collections import Counter

import cv2
import numpy as np

from edge.collecting.live_sieve import WARM_UP_PICTURES, LiveSieve
from edge.collecting.refusal import Refusal
from edge.collecting.sieve import Limits
from edge.frame import Frame
from edge.pictures import Picture, prepare
from tests.edge.collecting.test_sieve import moved, part

SIZE = (96, 96)
FRAME_NS = 40_000_000


class Camera:
    """Numbers pictures and stamps them 40 ms apart."""

    def __init__(self) -> None:
        self.seq = 0

    def frame(self, pixels: Picture, *, after_ns: int = FRAME_NS, fault: str = "") -> Frame:
        self.seq += 1
        self.now_ns = getattr(self, "now_ns", 0) + after_ns
        return Frame("top", self.seq, pixels, self.now_ns, fault=fault)


def answers(sieve: LiveSieve, frames: list[Frame]) -> list[Refusal | None]:
    decided = [decision.refusal for frame in frames for decision in sieve.look(frame)]
    return decided + [decision.refusal for decision in sieve.release()]


def live(*, max_motion: float = 3.0) -> tuple[LiveSieve, Camera]:
    """A live camera that has warmed up on parts that lie far off."""
    sieve, camera = LiveSieve(Limits(), SIZE, max_motion=max_motion, live=True), Camera()
    assert answers(sieve, [camera.frame(part(-90, seed)) for seed in range(WARM_UP_PICTURES)]) == []
    return sieve, camera


def test_a_part_that_moves_is_refused_and_kept_once_it_lies_still() -> None:
    sieve, camera = live()
    passing = [camera.frame(part(shift, seed=100 + shift)) for shift in (-60, -40, -20, 0)]
    at_rest = [camera.frame(part(0, seed=seed)) for seed in (200, 201)]
    assert answers(sieve, passing) == [Refusal.MOVING] * 3, "the first one has no frame before it"
    assert answers(sieve, at_rest) == [None, Refusal.SEEN]


def test_after_a_pause_a_frame_is_only_compared_with_the_next_one() -> None:
    sieve, camera = live()
    assert answers(sieve, [camera.frame(part(-40, seed=seed)) for seed in (5, 6)]) == [None]
    long_after = camera.frame(part(0, seed=1), after_ns=5_000_000_000)
    assert answers(sieve, [long_after]) == []
    assert answers(sieve, [camera.frame(part(0, seed=2))]) == [None]


def test_parts_that_are_judged_in_motion_are_kept_on_demand() -> None:
    sieve, camera = live(max_motion=0)
    assert answers(sieve, [camera.frame(part(shift, seed=shift)) for shift in (0, 20, 40)]) == [None] * 3


def test_a_part_that_comes_again_later_is_not_counted_twice() -> None:
    sieve, camera = live(max_motion=0)
    shown = [camera.frame(part(shift, seed=seed)) for seed, shift in enumerate((0, 20, 40, 0, 20, 60))]
    assert answers(sieve, shown) == [None, None, None, Refusal.SEEN, Refusal.SEEN, None]


def test_what_was_kept_by_an_earlier_run_is_not_counted_twice() -> None:
    sieve, camera = live(max_motion=0)
    sieve.remember(prepare(part(20, seed=7), SIZE))  # as it lies on disk
    assert answers(sieve, [camera.frame(part(20, seed=8)), camera.frame(part(0, seed=9))]) == [Refusal.SEEN, None]


def test_noise_of_a_small_sensor_is_neither_motion_nor_a_new_part() -> None:
    rng = np.random.default_rng(3)
    plain = cv2.circle(np.full((96, 96, 3), 90, np.uint8), (48, 48), 30, (180, 180, 180), -1)

    def grainy() -> Picture:
        return np.clip(plain + rng.normal(0, 12, plain.shape), 0, 255).astype(np.uint8)

    sieve, camera = LiveSieve(Limits(), SIZE, max_motion=3.0, live=True), Camera()
    found = answers(sieve, [camera.frame(grainy()) for _ in range(WARM_UP_PICTURES + 6)])
    assert found == [None] + [Refusal.SEEN] * 4


def test_of_files_the_first_pictures_wait_until_it_is_known_how_sharp_the_camera_is() -> None:
    sieve, camera = LiveSieve(Limits(), SIZE, max_motion=3.0, live=False), Camera()
    pictures = [part(4 * number, seed=number) for number in range(14)]
    pictures[1] = moved(pictures[1], 25)
    pictures[2] = np.zeros_like(pictures[2])
    pictures[5] = pictures[4]
    found = answers(
        sieve, [camera.frame(pixels) for pixels in pictures] + [camera.frame(pictures[0], fault="torn")]
    )
    assert Counter(found) == {
        None: 11,
        Refusal.BLURRED: 1,
        Refusal.DARK: 1,
        Refusal.SEEN: 1,
        Refusal.FAULTY: 1,
    }


def test_fewer_files_than_tell_the_sharpness_are_decided_at_the_end() -> None:
    sieve, camera = LiveSieve(Limits(), SIZE, max_motion=3.0, live=False), Camera()
    frames = [camera.frame(part(20 * number, seed=number)) for number in range(4)]
    assert [decision for frame in frames for decision in sieve.look(frame)] == []
    assert [decision.refusal for decision in sieve.release()] == [None] * 4
