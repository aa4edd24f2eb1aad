from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from pydantic import ValidationError

from edge.health.camera_faults.blind import blind_spots
from edge.health.camera_faults.options import FaultOptions
from edge.health.camera_faults.reference import ViewReference
from edge.health.camera_faults.taking import LEAST_PICTURES, Look, ReferenceTaker, look_at
from edge.health.camera_faults.taking import reference_of as reference_from
from edge.pictures import Picture
from tests.edge.health.camera_faults.conftest import HEIGHT, WIDTH, Show, lit, model_size, reference_of, scene


def spots(pictures: list[Picture]) -> list[str]:
    reference = reference_of(pictures)
    assert reference is not None
    return [spot.split(":")[0] for spot in blind_spots(reference, FaultOptions(), *reference.size)]


def test_a_look_can_be_kept_and_gives_the_same_reference() -> None:
    rng = np.random.default_rng(0)
    looks = [look for _ in range(LEAST_PICTURES) if (look := look_at(lit(scene(), rng), model_size))]
    kept = [Look.model_validate_json(look.model_dump_json()) for look in looks]
    assert reference_from(kept) == reference_from(looks) is not None


@pytest.mark.parametrize("stamp", [[4, 4, "AAAA"], [4, 4, 7], [4, 4], ["a", {}, "AAAA"], [-1, 4, "AAAAAA=="]])
def test_a_damaged_look_is_refused(stamp: list[object]) -> None:
    look = look_at(scene(), model_size)
    assert look is not None
    with pytest.raises(ValidationError):
        Look.model_validate(look.model_dump() | {"stamp": stamp})


def test_it_says_what_good_pictures_are_like(reference: ViewReference) -> None:
    assert (reference.height, reference.width, reference.pictures) == (HEIGHT, WIDTH, 20)
    assert reference.noise_high == pytest.approx(2.0 * 0.67, rel=0.3)  # grey averages the channels' noise
    assert reference.sharpness_blurred < 0.5 * reference.sharpness_least
    assert 0.99 < reference.fit_low <= reference.fit_median <= 1
    assert reference.shift_high < 0.002 and reference.rotation_high < 0.2
    size = reference.columns, reference.rows
    small = cv2.resize(cv2.cvtColor(scene(), cv2.COLOR_BGR2GRAY), size, interpolation=cv2.INTER_AREA)
    assert np.corrcoef(small.ravel(), reference.mean_picture.ravel())[0, 1] > 0.95


def test_it_is_small_and_survives_json(reference: ViewReference) -> None:
    text = reference.model_dump_json()
    assert len(text) < 6000
    assert ViewReference.model_validate_json(text) == reference


@pytest.mark.parametrize("mean", ["AAAA", "not base64!"])
def test_a_damaged_one_is_refused(mean: str, reference: ViewReference) -> None:
    with pytest.raises(ValidationError, match="mean picture"):
        ViewReference.model_validate({**reference.model_dump(), "mean": mean})


def test_too_few_pictures_give_none(show: Show) -> None:
    assert reference_of(show() for _ in range(LEAST_PICTURES - 1)) is None
    assert reference_of(show() for _ in range(LEAST_PICTURES)) is not None
    assert reference_of(show()[:20, :20] for _ in range(LEAST_PICTURES)) is None
    assert reference_of([]) is None


def test_pictures_of_another_size_are_left_out(show: Show) -> None:
    reference = reference_of([show()[:100], *(show() for _ in range(9)), show()[:, :100]])
    assert reference is not None
    assert (reference.size, reference.pictures) == ((HEIGHT, WIDTH), 9)


def test_pictures_pass_through_untouched(show: Show) -> None:
    taker = ReferenceTaker(model_size)
    pictures = [(Path(f"{number}.png"), show()) for number in range(8)]
    kept = [pixels.copy() for _, pixels in pictures]
    passed = list(taker.passing(pictures))
    assert [path for path, _ in passed] == [path for path, _ in pictures]
    assert all(np.array_equal(pixels, before) for (_, pixels), before in zip(passed, kept, strict=True))
    assert taker.reference() is not None


class TestBlindSpots:
    def test_a_structured_part_that_lies_still_has_none(self, reference: ViewReference) -> None:
        assert blind_spots(reference, FaultOptions(), HEIGHT, WIDTH) == ()

    def test_without_a_reference_all_that_needs_one_is_named(self) -> None:
        (spot,) = blind_spots(None, FaultOptions(), HEIGHT, WIDTH)
        assert spot.startswith("focus, noise, shift and rotation: ")

    def test_frames_of_another_size_are_named(self, reference: ViewReference) -> None:
        (spot,) = blind_spots(reference, FaultOptions(), 2 * HEIGHT, 2 * WIDTH)
        assert spot == "focus and noise: the reference was taken at 480 x 270, frames are 960 x 540"
        (spot,) = blind_spots(reference, FaultOptions(), HEIGHT, HEIGHT)
        assert spot.startswith(
            "focus, noise, shift and rotation: the reference was taken at 480 x 270, frames are"
        )

    def test_a_round_part_cannot_be_seen_to_turn(self) -> None:
        rng = np.random.default_rng(0)
        round_part = np.full((300, 300, 3), 60, np.uint8)
        cv2.circle(round_part, (150, 150), 90, (160, 160, 160), -1, cv2.LINE_AA)
        assert spots([lit(round_part, rng, noise=1) for _ in range(10)]) == ["rotation"]

    def test_fabric_has_no_view(self) -> None:
        rng = np.random.default_rng(0)
        fabric = [cv2.GaussianBlur(rng.integers(0, 256, (300, 300, 3), np.uint8), (0, 0), 3) for _ in range(10)]
        assert "shift and rotation" in spots([np.asarray(pixels, np.uint8) for pixels in fabric])

    def test_noise_hides_a_blur(self, show: Show) -> None:
        assert spots([show(noise=25) for _ in range(10)]) == ["focus"]
