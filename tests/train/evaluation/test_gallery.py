"""Which pictures a report shows, and what is drawn on them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge.errors import PictureError
from train.data.dataset import Box
from train.evaluation import gallery
from train.evaluation.scores import Scored

SCALE = gallery.Scale(0.0, 1.0)


def answers(defect: str, *scores: float, **more: Any) -> list[Scored]:
    return [
        Scored(Path(f"{defect}/{score:g}.png"), int(defect != "good"), defect, score, **more) for score in scores
    ]


def shown(scored: list[Scored], threshold: float) -> dict[str, list[float]]:
    return {s.title: [p.score for p in s.pictures] for s in gallery.sections(scored, threshold)}


def test_mistakes_come_worst_first_and_hits_nearest_to_their_median_by_turns() -> None:
    scored = [
        *answers("good", 1, 6, 3, 9, 5),
        *answers("crack", 2, 20, 60, 30),
        *answers("poke", 4, 100, 7, 8),
    ]
    assert shown(scored, 5.0) == {
        "False alarms": [9, 6],
        "Missed": [2, 4],
        "Typical hits": [30, 8, 20, 7, 60, 100],
    }


def test_no_more_than_eight_each_the_worst_of_them() -> None:
    scored = [*answers("good", *range(10, 30)), *answers("crack", *range(1, 6), *range(20, 40))]
    found = shown(scored, 9.0)
    assert found["False alarms"] == list(range(29, 21, -1))
    assert found["Missed"] == [1, 2, 3, 4, 5]
    assert len(found["Typical hits"]) == 8
    assert len(shown(answers("crack", *range(20)), 99.0)["Missed"]) == 8


def test_every_defect_has_a_typical_hit_even_beside_a_frequent_one() -> None:
    scored = [*answers("often", *range(10, 40)), *answers("rare", 50)]
    assert 50 in shown(scored, 5.0)["Typical hits"]


def test_where_nothing_went_wrong_the_nearest_are_shown_and_said_to_be_so() -> None:
    scored = [*answers("good", *range(6)), *answers("crack", *range(11, 17))]
    alarms, missed, _ = gallery.sections(scored, 10.0)
    assert [p.score for p in alarms.pictures] == [5, 4, 3, 2]
    assert [p.score for p in missed.pictures] == [11, 12, 13, 14]
    assert alarms.note == missed.note == "None. These come nearest to it:"


def test_a_score_at_the_threshold_is_not_above_it() -> None:
    found = gallery.sections([*answers("good", 5), *answers("crack", 5)], 5.0)
    assert [s.note.startswith("None.") for s in found] == [True, False]
    assert [s.title for s in found] == ["False alarms", "Missed"]


def test_good_pictures_alone_have_no_row_of_missed_ones() -> None:
    assert list(shown(answers("good", 1, 2), 5.0)) == ["False alarms"]


def test_one_scale_reaches_from_the_calm_to_the_rarest_values_of_all_maps() -> None:
    calm = np.zeros((50, 40), np.float32)
    lively = calm.copy()
    lively[:2, :4] = 8.0  # 8 of 4000 values
    scored = [*answers("good", 1, map=calm), *answers("crack", 2, map=lively)]
    scale = gallery.colour_scale(scored, None)
    assert scale is not None
    assert (scale.low, scale.high) == pytest.approx((0.0, 8.0), abs=0.1)
    assert gallery.colour_scale(scored, 20.0) == gallery.Scale(0.0, 20.0)


def test_noise_of_good_pictures_is_not_stretched_to_red() -> None:
    noise = np.random.default_rng(0).uniform(0, 1, (50, 40)).astype(np.float32)
    scale = gallery.colour_scale(answers("good", 1, map=noise), 4.0)
    assert scale is not None
    assert scale.high == 4.0


def test_a_scale_has_an_extent_where_maps_are_flat_and_is_absent_without_maps() -> None:
    assert gallery.colour_scale(answers("good", 1, map=np.ones((3, 3), np.float32)), None) == gallery.Scale(1, 2)
    assert gallery.colour_scale(answers("good", 1), 3.0) is None


def photograph(path: Path, height: int = 200, width: int = 400) -> Path:
    cv2.imwrite(str(path), np.full((height, width, 3), 90, np.uint8))
    return path


def decoded(content: bytes | None) -> np.ndarray:
    assert content is not None
    return np.asarray(cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)).astype(int)


def white(pixels: np.ndarray) -> tuple[int, int, int, int]:
    """(top, left, bottom, right) of what is drawn in white on grey."""
    rows, columns = np.nonzero(pixels.min(axis=2) > 170)
    return int(rows.min()), int(columns.min()), int(rows.max()), int(columns.max())


@pytest.mark.parametrize("known", ["mask", "boxes"])
def test_the_known_defect_is_outlined_on_the_picture_and_on_its_map(tmp_path: Path, known: str) -> None:
    """Map 50 x 100 to thumbnail 160 x 320: each pixel of the map is 3.2 wide."""
    mask = np.zeros((50, 100), np.bool_)
    mask[10:20, 30:50] = True
    where = {"mask": mask} if known == "mask" else {"boxes": (Box(10, 30, 19, 49),)}
    path = photograph(tmp_path / "a.png")
    flat = np.zeros((50, 100), np.float32)
    for content in gallery.thumbnails(Scored(path, 1, "crack", 1.0, flat, **where), SCALE):  # type: ignore[arg-type]
        pixels = decoded(content)
        assert pixels.shape == (160, 320, 3)
        assert white(pixels) == pytest.approx((27, 91, 68, 164), abs=1)
        assert np.abs(pixels[100:] - 90).max() < 12
        assert np.abs(pixels[40:56, 108:148] - 90).max() < 30


def test_a_box_at_the_rim_is_drawn_inside_the_picture(tmp_path: Path) -> None:
    whole = Scored(
        photograph(tmp_path / "a.png"), 1, "crack", 1, np.zeros((50, 100), np.float32), boxes=(Box(0, 0, 49, 99),)
    )
    assert white(decoded(gallery.thumbnails(whole, SCALE)[0])) == pytest.approx((0, 0, 159, 319), abs=1)


def test_a_defect_of_one_pixel_of_a_large_map_is_outlined_and_not_covered(
    tmp_path: Path,
) -> None:
    mask = np.zeros((500, 1000), np.bool_)
    mask[251, 502] = True
    tiny = Scored(photograph(tmp_path / "a.png"), 1, "crack", 1.0, np.zeros((500, 1000), np.float32), mask)
    pixels = decoded(gallery.thumbnails(tiny, SCALE)[0])
    assert white(pixels) == pytest.approx((75, 155, 85, 165), abs=1)
    assert np.abs(pixels[80, 160] - 90).max() < 40


def test_heat_lies_on_the_second_picture_only(tmp_path: Path) -> None:
    anomaly_map = np.zeros((50, 100), np.float32)
    anomaly_map[20:40, 60:80] = 1.0
    good = Scored(photograph(tmp_path / "a.png"), 0, "good", 1.0, anomaly_map)
    picture, heat = map(decoded, gallery.thumbnails(good, SCALE))
    assert np.abs(picture - 90).max() < 3
    assert heat[96, 224, 2] > heat[96, 224, 0] + 50
    assert np.abs(heat[96, :100] - 90).max() < 8


def test_without_a_map_there_is_the_picture_alone(tmp_path: Path) -> None:
    picture, heat = gallery.thumbnails(Scored(photograph(tmp_path / "a.png", 1000, 100), 1, "crack", 1.0), None)
    assert decoded(picture).shape == (320, 32, 3)
    assert heat is None


@pytest.mark.parametrize(("height", "width"), [(5, 3), (2, 4000)])
def test_small_pictures_are_not_blown_up_and_thin_ones_keep_a_row(tmp_path: Path, height: int, width: int) -> None:
    scored = Scored(photograph(tmp_path / "a.png", height, width), 0, "good", 1.0, np.zeros((8, 8), np.float32))
    shape = (5, 3, 3) if width < 320 else (1, 320, 3)
    assert [decoded(content).shape for content in gallery.thumbnails(scored, SCALE)] == [shape, shape]


def test_fine_grain_takes_a_lower_quality_instead_of_more_bytes(tmp_path: Path) -> None:
    path = tmp_path / "grain.png"
    cv2.imwrite(str(path), np.random.default_rng(0).integers(0, 256, (320, 320, 3), dtype=np.uint8))
    picture, heat = gallery.thumbnails(Scored(path, 0, "good", 1.0, np.zeros((8, 8), np.float32)), SCALE)
    assert heat is not None
    assert max(len(picture), len(heat)) <= gallery.JPEG_BYTES


def test_a_picture_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match=r"cannot read .*gone\.png"):
        gallery.thumbnails(Scored(tmp_path / "gone.png", 0, "good", 1.0), None)


def test_the_legend_runs_from_the_lowest_colour_to_the_highest() -> None:
    legend = decoded(gallery.legend_png())
    np.testing.assert_array_equal(legend[0, [0, -1]], gallery.colours(np.array([[0.0, 1.0]]))[0])
