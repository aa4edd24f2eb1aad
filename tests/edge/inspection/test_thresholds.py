"""Thresholds that are set while a station runs."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from edge.errors import BusError, ConfigError, StoreError
from edge.inference.judge import Limits, sensible_thresholds
from edge.inspection.thresholds import Thresholds
from edge.messaging.messages import Action, Result
from tests.edge.conftest import RunStation
from tests.edge.running_station import of_kind, read_until

PACED = ("--fps", "20", "--loop")


def test_what_was_kept_is_there_after_a_restart_for_its_camera_and_model_only(tmp_path: Path) -> None:
    kept = Thresholds(tmp_path)
    kept.keep("top", "a" * 64, 4.5)
    kept.keep("side", "a" * 64, 1.5)
    kept.keep("side", "a" * 64, None)
    again = Thresholds(tmp_path)
    assert again.of("top", "a" * 64) == 4.5
    assert [again.of("top", "b" * 64), again.of("side", "a" * 64), again.of("none", "a" * 64)] == [None] * 3
    assert [path.name for path in tmp_path.iterdir()] == ["thresholds.json"]


@pytest.mark.parametrize(
    "text", ["", "{", '{"schema": 2}', '{"cameras": {"top": {"threshold": "NaN", "model": "a"}}}']
)
def test_a_damaged_file_stops_the_start_and_says_what_to_do(tmp_path: Path, text: str) -> None:
    (tmp_path / "thresholds.json").write_text(text)
    with pytest.raises(
        ConfigError, match="cannot be understood; remove it to judge by the thresholds of the settings"
    ):
        Thresholds(tmp_path)


def test_where_it_cannot_be_kept_the_one_before_stays(tmp_path: Path) -> None:
    kept = Thresholds(tmp_path / "state")
    with pytest.raises(StoreError, match="cannot write"):
        kept.keep("top", "a" * 64, 4.5)
    assert kept.of("top", "a" * 64) is None


def test_what_nobody_can_mean_is_told_from_good_scores() -> None:
    limits = Limits(4.0, None, (0.0, 1.0, 2.0, 3.0, 3.5))
    assert sensible_thresholds(limits) == (2.0, 22.0)
    assert sensible_thresholds(Limits(4.0, None, ())) == (float("-inf"), float("inf"))


def test_a_running_station_judges_by_it_at_once_after_a_restart_and_until_it_is_taken_back(
    run_station: RunStation, mixed_folder: Path
) -> None:
    station = run_station("--camera", str(mixed_folder), *PACED)
    own = station.asker().ask("status")["status"]["cameras"]["camera"]["threshold"]
    with station.subscriber("result/", "action/") as reader:
        station.asker().ask("set_threshold", threshold=own * 1.5, reason="new light")
        said = read_until(reader, lambda m: isinstance(m, Result) and m.threshold == own * 1.5)
    (action,) = of_kind(Action, said)
    assert (action.who, action.camera, action.command, action.reason) == (
        "local",
        "camera",
        "set_threshold",
        "new light",
    )
    assert (action.before["threshold"], action.after["threshold"]) == (own, own * 1.5)
    station.signal(signal.SIGTERM)

    again = run_station("--camera", str(mixed_folder), *PACED)
    asker = again.asker()
    assert asker.ask("status")["status"]["cameras"]["camera"]["threshold"] == own * 1.5
    with pytest.raises(BusError, match="nobody can mean a threshold of -1e"):
        asker.ask("set_threshold", threshold=-1e9, reason="a slip")
    with pytest.raises(BusError, match="no camera 'side'"):
        asker.ask("set_threshold", camera="side", threshold=own, reason="a slip")
    asker.ask("set_threshold", camera="camera", threshold=None, reason="old light")
    with again.subscriber("result/") as reader:
        read_until(reader, lambda m: isinstance(m, Result) and m.threshold == own)
