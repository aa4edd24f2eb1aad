"""What is said of parts that change, in which words, and what is no news."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

import numpy as np
import pytest

from calibration.scores import quantiles
from edge.health.camera_faults.figures import Figures
from edge.health.camera_faults.options import FaultOptions
from edge.health.camera_faults.reference import ViewReference
from edge.health.camera_faults.view import stamp_size
from edge.health.camera_faults.watch import FaultWatch
from edge.health.drift.figures import GoodScores
from edge.health.drift.options import DriftOptions
from edge.health.drift.watch import DriftWatch
from tests.edge.health.camera_faults.conftest import HEIGHT, WIDTH, model_size, scene
from tests.edge.health.drift.conftest import Show

SECOND_NS = 10**9


def feed(watch: DriftWatch, part: Show, count: int, *, score: float = 10.0, **how: float) -> list[str]:
    """News of so many parts, one a second until now."""
    rng = np.random.default_rng(count)
    began_ns = time.monotonic_ns() - count * SECOND_NS
    news = (
        watch.take(rng.normal(score, 1), part(**how), began_ns + number * SECOND_NS) for number in range(count)
    )
    return [each for each in news if each is not None]


def test_like_parts_are_no_news(watch: DriftWatch, part: Show) -> None:
    assert feed(watch, part, 150) == []
    now = watch.now
    assert (now.parts, now.reason) == (150, "") and set(now.kinds.values()) == {None}
    assert max(now.evidence.values()) < 0.6
    assert now.psi is not None and now.psi_by_chance is not None and now.psi < 2 * now.psi_by_chance


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"light": 0.85}, r"brightness -1[3-7] %; since "),
        ({"light": 1.15}, r"brightness \+1[3-7] %; since "),
        ({"blur_px": 1.2}, r"sharpness -[1-6]\d %; since "),
        ({"right_px": 5.0}, r"position [3-7] px to the right; since "),
        ({"right_px": -5.0}, r"position [3-7] px to the left; since "),
        ({"score": 13.0}, r"scores up \(median 1[2-4](\.\d+)?, (9\.\d+|10(\.\d+)?) before\); since "),
        ({"score": 7.0}, r"scores down \(median [678](\.\d+)?, .* before\); since "),
    ],
)
def test_a_change_is_named_with_its_size(watch: DriftWatch, part: Show, how: dict[str, float], says: str) -> None:
    assert feed(watch, part, 60) == []
    (reason,) = feed(watch, part, 50, **how)
    assert re.match(says, reason) and reason == watch.reason
    since = datetime.strptime(reason.split("since ")[1], "%Y-%m-%d %H:%M UTC").replace(tzinfo=UTC)
    assert 0 <= (datetime.now(UTC) - since).total_seconds() <= 180


def test_it_is_over_when_parts_are_as_before(watch: DriftWatch, part: Show) -> None:
    feed(watch, part, 60)
    assert len(feed(watch, part, 50, light=0.8)) == 1
    assert feed(watch, part, 120) == [""]
    assert watch.reason == ""


def test_what_is_certain_but_small_is_no_news(watch: DriftWatch, part: Show) -> None:
    """A sensor that is 2 % darker for good is told apart from one that is not, and hurts nobody."""
    assert feed(watch, part, 60) == []
    assert feed(watch, part, 300, light=0.982) == []
    assert watch.now.evidence["brightness"] == 1.0


class TestWithoutAnythingToCompareWith:
    def test_the_first_parts_stand_for_the_calibration(self, part: Show) -> None:
        watch = DriftWatch(DriftOptions(), GoodScores(), None, each_part=True)
        assert feed(watch, part, 100) == []
        assert watch.now.psi is None and watch.now.kinds.keys() == {"scores", "brightness", "sharpness"}
        (reason,) = feed(watch, part, 50, light=0.8)
        assert reason.startswith("brightness -")

    def test_a_view_of_an_older_card_has_no_figures(
        self, part: Show, good: GoodScores, view: ViewReference
    ) -> None:
        none = {"brightness": (), "sharpness": (), "right": (), "down": ()}
        watch = DriftWatch(DriftOptions(), good, view.model_copy(update=none), each_part=True)
        assert feed(watch, part, 100) == []
        (reason,) = feed(watch, part, 50, right_px=5.0)
        assert reason.startswith("position ")

    def test_frames_of_nearly_the_same_shape_are_compared_in_their_view(
        self, watch: DriftWatch, view: ViewReference
    ) -> None:
        """Two rows less: their own stamp would have another size."""
        pixels = scene()[: HEIGHT - 2]
        figures = Figures(model_size(pixels), pixels.shape[:2])
        assert stamp_size(*figures.shape) != stamp_size(HEIGHT, WIDTH)
        assert FaultWatch(FaultOptions(), view, live=False).look(pixels, model_size(pixels), 0, figures) == ""
        assert watch.take(10.0, figures, time.monotonic_ns()) is None
        assert "right" in watch.now.kinds

    def test_frames_of_another_size_begin_anew(self, watch: DriftWatch, part: Show) -> None:
        feed(watch, part, 60)
        feed(watch, part, 50, light=0.8)
        assert watch.reason
        other = Figures(np.full((128, 128, 3), 60, np.uint8), (100, 100))
        assert watch.take(10.0, other, time.monotonic_ns()) == ""
        assert watch.now.kinds.keys() == {"scores", "brightness", "sharpness"}


class TestWhichFramesCount:
    def test_one_in_so_many_seconds_where_a_frame_is_no_part_of_its_own(
        self, part: Show, good: GoodScores, view: ViewReference
    ) -> None:
        watch = DriftWatch(DriftOptions(every_s=5), good, view, each_part=False)
        for number in range(300):  # ten seconds at 30 frames per second
            watch.take(10 + number / 1000, part(), number * SECOND_NS // 30)
        assert watch.now.parts == 2

    def test_a_picture_that_is_shown_again_does_not_count_again(self, watch: DriftWatch, part: Show) -> None:
        """Eight files in a loop are eight parts, however bright they are."""
        shown = [(10 + number / 10, part(light=1.1)) for number in range(8)]
        for _ in range(40):
            for score, figures in shown:
                assert watch.take(score, figures, time.monotonic_ns()) is None
        assert watch.now.parts == 8

    def test_none_where_it_is_turned_off(self, part: Show, good: GoodScores, view: ViewReference) -> None:
        watch = DriftWatch(DriftOptions(enabled=False), good, view, each_part=True)
        assert feed(watch, part, 60, light=0.7) == [] and watch.now.parts == 0


def test_equal_scores_of_a_whole_calibration_break_nothing(part: Show, view: ViewReference) -> None:
    watch = DriftWatch(DriftOptions(), GoodScores(quantiles([3.0] * 20), 20), view, each_part=True)
    for _ in range(100):
        assert watch.take(3.0, part(), time.monotonic_ns()) is None
    assert watch.now.parts > 30  # forty pictures, of which none counts twice
