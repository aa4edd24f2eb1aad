from __future__ import annotations

import sys
from collections.abc import Callable

import cv2
import numpy as np
import pytest

from edge.health.camera_faults.options import FaultOptions
from edge.health.camera_faults.reference import ViewReference
from edge.health.camera_faults.watch import FaultWatch
from edge.pictures import Picture
from tests.edge.health.camera_faults.conftest import DEFECTS, WIDTH, Draw, Show, model_size, reference_of

SECOND = 10**9


def blurred(pixels: Picture) -> None:
    pixels[:] = cv2.GaussianBlur(pixels, (0, 0), 4)


def moved(*, right: float = 0, down: float = 0, degrees: float = 0) -> Draw:
    def move(pixels: Picture) -> None:
        height, width = pixels.shape[:2]
        matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1)
        matrix[:, 2] += (right, down)
        pixels[:] = cv2.warpAffine(pixels, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)

    return move


FAULTS: dict[str, tuple[Draw | None, dict[str, float], str]] = {
    "black": (None, {"light": 0.05}, "black picture"),
    "saturated": (None, {"light": 16}, "saturated picture: 100% of it is white"),
    "focus": (blurred, {}, "out of focus: sharpness is 0.2"),
    "noise": (None, {"noise": 25}, "heavy noise: 1"),
    "view": (moved(right=0.05 * WIDTH), {}, "the view is shifted by 24 px against the reference"),
}


def look(watch: FaultWatch, pixels: Picture, at_s: float = 0) -> str:
    return watch.look(pixels, model_size(pixels), round(at_s * SECOND))


@pytest.fixture
def watch(reference: ViewReference) -> FaultWatch:
    return FaultWatch(FaultOptions(), reference, live=True)


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_is_found_and_named(kind: str, watch: FaultWatch, show: Show) -> None:
    draw, how, said = FAULTS[kind]
    for _ in range(5):
        assert look(watch, show(draw, **how)).startswith(said)
    assert look(watch, show()) == ""


@pytest.mark.parametrize("kind", FAULTS)
def test_a_check_that_is_turned_off_says_nothing(kind: str, reference: ViewReference, show: Show) -> None:
    draw, how, said = FAULTS[kind]
    without = FaultWatch(FaultOptions.model_validate({kind: False}), reference, live=True)
    assert not look(without, show(draw, **how)).startswith(said)
    nothing = FaultWatch(FaultOptions(enabled=False), reference, live=True)
    assert look(nothing, show(draw, **how)) == ""


@pytest.mark.parametrize(
    ("movement", "said"),
    [
        ({"right": -24}, "the view is shifted by 24 px against the reference"),
        ({"down": 20}, "the view is shifted by 20 px against the reference"),
        ({"right": 60, "down": 30}, "the view is shifted by 67 px against the reference"),
        ({"degrees": 5}, "the view is rotated by 5.0 degrees against the reference"),
        ({"degrees": -3}, "the view is rotated by 3.0 degrees against the reference"),
        (
            {"right": 15, "degrees": 4},
            "the view is shifted by 15 px and rotated by 4.0 degrees against the reference",
        ),
        ({"right": 4, "degrees": 1}, ""),
    ],
)
def test_a_movement_is_measured_in_pixels_of_the_frame(
    movement: dict[str, float], said: str, watch: FaultWatch, show: Show
) -> None:
    found = look(watch, show(moved(**movement)))
    numbers, wanted = ([float(w) for w in text.split() if w[0].isdigit()] for text in (found, said))
    assert [w for w in found.split() if not w[0].isdigit()] == [w for w in said.split() if not w[0].isdigit()]
    assert numbers == pytest.approx(wanted, abs=1.01, rel=0.05)


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defective_part_is_no_fault_of_the_camera(defect: Draw, watch: FaultWatch, show: Show) -> None:
    assert [look(watch, show(defect, light=light)) for light in (0.8, 1, 1.2)] == ["", "", ""]


def test_an_empty_belt_is_not_out_of_focus(watch: FaultWatch, show: Show) -> None:
    """There is nothing on it that could be sharp; the lamp shades it, and compression took the noise."""
    shaded = np.zeros_like(show()) + np.linspace(0, 240, WIDTH).astype(np.uint8)[None, :, None]
    assert look(watch, shaded) == ""


def test_another_product_is_no_movement(watch: FaultWatch) -> None:
    rng = np.random.default_rng(0)
    for _ in range(30):
        other = cv2.resize(rng.integers(0, 256, (9, 16, 3), np.uint8), (480, 270), interpolation=cv2.INTER_NEAREST)
        assert look(watch, np.asarray(other, np.uint8)) == ""


@pytest.mark.parametrize("light", [0.7, 1.3])
def test_a_lamp_that_ages_is_no_fault(light: float, watch: FaultWatch, show: Show) -> None:
    assert look(watch, show(light=light)) == ""


class TestFrozen:
    def test_a_picture_that_stays_the_same_is_frozen_after_a_while(self, watch: FaultWatch, show: Show) -> None:
        before, stuck = show(), show()
        said = [look(watch, before)] + [look(watch, stuck.copy(), at_s) for at_s in (1, 2, 3.9, 4, 5.26)]
        assert said == ["", "", "", "", "frozen picture for 3.0 s", "frozen picture for 4.3 s"]
        assert look(watch, show(), 5.5) == ""
        assert look(watch, stuck, 6) == ""

    def test_two_equal_pictures_prove_nothing_however_far_apart(self, watch: FaultWatch, show: Show) -> None:
        stuck = show()
        assert [look(watch, stuck, at_s) for at_s in (0, 60, 61)] == ["", "", "frozen picture for 61.0 s"]

    @pytest.mark.parametrize("place", [(0, 0), (8, 100), (269, 479), (133, 7)])
    def test_one_block_that_changed_is_life(self, place: tuple[int, int], watch: FaultWatch, show: Show) -> None:
        stuck = show()
        for at_s in range(20):
            moving = stuck.copy()
            row, column = place
            moving[max(0, row - 3) : row + 4, max(0, column - 3) : column + 4] = 10 * at_s
            assert look(watch, moving, at_s) == ""

    def test_files_may_repeat_a_picture(self, reference: ViewReference, show: Show) -> None:
        files = FaultWatch(FaultOptions(), reference, live=False)
        same = show()
        assert {look(files, same, at_s) for at_s in range(10)} == {""}

    def test_the_time_can_be_set_and_the_check_turned_off(self, reference: ViewReference, show: Show) -> None:
        same = show()
        slow = FaultWatch(FaultOptions(frozen_after_s=8.5), reference, live=True)
        assert [bool(look(slow, same, at_s)) for at_s in range(10)] == [False] * 9 + [True]
        off = FaultWatch(FaultOptions(frozen=False), reference, live=True)
        assert {look(off, same, at_s) for at_s in range(10)} == {""}

    def test_a_change_too_faint_for_the_model_is_life_too(self, watch: FaultWatch, show: Show) -> None:
        noise = show()
        for at_s in range(10):
            noise[8, 100, 0] ^= 1
            assert look(watch, noise, at_s) == ""

    def test_a_frame_that_was_looked_at_is_not_kept(self, watch: FaultWatch, show: Show) -> None:
        """It lies in a ring of shared memory, where one that is kept is missing."""
        frame = show()
        holders = sys.getrefcount(frame)
        for at_s in range(3):
            watch.look(frame, frame, at_s * SECOND)  # of the model's size, it is not resized
            assert sys.getrefcount(frame) == holders


class TestOtherFrames:
    def test_of_another_size_only_the_view_is_compared(self, watch: FaultWatch, show: Show) -> None:
        def doubled(pixels: Picture) -> Picture:
            return np.asarray(cv2.resize(pixels, None, fx=2, fy=2), np.uint8)

        assert look(watch, doubled(show())) == ""
        assert look(watch, doubled(show(blurred))) == ""
        assert look(watch, doubled(show(noise=25))) == ""
        shifted = look(watch, doubled(show(moved(right=24))))
        assert shifted in {f"the view is shifted by {px} px against the reference" for px in (47, 48, 49)}

    def test_of_another_shape_nothing_is_compared(self, watch: FaultWatch, show: Show) -> None:
        for draw, how, _ in (FAULTS[kind] for kind in ("focus", "noise", "view")):
            stretched = cv2.resize(show(draw, **how), (WIDTH, WIDTH))
            assert look(watch, np.asarray(stretched, np.uint8)) == ""
        assert look(watch, show(light=0.05)[:, :400]) == "black picture"

    def test_a_view_into_a_larger_frame_is_looked_at_as_any_other(self, watch: FaultWatch, show: Show) -> None:
        def cut(pixels: Picture) -> Picture:
            frame = np.zeros((400, 600, 3), np.uint8)
            frame[50:320, 70:550] = pixels
            view = frame[50:320, 70:550]
            assert not view.flags.c_contiguous
            return view

        assert look(watch, cut(show())) == ""
        for draw, how, said in FAULTS.values():
            assert look(watch, cut(show(draw, **how))).startswith(said)

    def test_a_look_changes_nothing(self, watch: FaultWatch, show: Show) -> None:
        """OpenCV's phase correlation writes into its inputs."""
        pixels = show(moved(right=24))
        prepared = model_size(pixels)
        kept = pixels.copy(), prepared.copy()
        first, second = (watch.look(pixels, prepared, at_s) for at_s in (0, 1))
        assert first == second != ""
        assert np.array_equal(pixels, kept[0]) and np.array_equal(prepared, kept[1])


class TestReference:
    def test_without_one_only_what_needs_none_is_found(self, show: Show) -> None:
        watch = FaultWatch(FaultOptions(), None, live=True)
        found = {kind for kind, (draw, how, _) in FAULTS.items() if look(watch, show(draw, **how))}
        assert found == {"black", "saturated"}

    @pytest.mark.parametrize(("light", "fault"), [(0.05, "black picture"), (16, "saturated")])
    def test_where_good_pictures_are_dark_or_bright_themselves_that_is_no_fault(
        self, light: float, fault: str, show: Show
    ) -> None:
        dark_field = reference_of(show(light=light) for _ in range(10))
        watch = FaultWatch(FaultOptions(), dark_field, live=False)
        assert look(watch, show(light=light)) == ""
        assert look(FaultWatch(FaultOptions(), None, live=False), show(light=light)).startswith(fault)

    def test_parts_that_lie_loosely_widen_the_tolerance(self, watch: FaultWatch, show: Show) -> None:
        loose = reference_of(show(moved(right=right)) for right in range(-30, 31, 3))
        assert loose is not None
        easy = FaultWatch(FaultOptions(), loose, live=False)
        assert [look(easy, show(moved(right=right))) for right in (-38, -20, 30, 38)] == [""] * 4
        assert look(watch, show(moved(right=38))) != ""

    def test_a_rotation_is_not_claimed_where_it_cannot_be_told(self, reference: ViewReference, show: Show) -> None:
        as_if_round = reference.model_copy(update={"fit_rotated": 1.0})
        assert look(FaultWatch(FaultOptions(), as_if_round, live=False), show(moved(degrees=5))) == ""

    @pytest.mark.parametrize("uniform", [0, 128, 255])
    def test_good_pictures_without_any_structure_watch_nothing_and_break_nothing(
        self, uniform: int, show: Callable[..., Picture]
    ) -> None:
        plain = np.full_like(show(), uniform)
        watch = FaultWatch(FaultOptions(), reference_of(plain for _ in range(8)), live=False)
        assert look(watch, plain) == ""
        assert look(watch, show()) == ""
