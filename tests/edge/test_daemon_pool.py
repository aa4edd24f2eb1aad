"""A station keeps the picture of an alert until somebody judges it."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from edge.messaging.messages import Alert, Result
from edge.pictures import read_picture
from edge.pool.counts import read_counts
from edge.pool.places import alert_pictures_of, pool_of
from edge.pool.shelf import entries_in
from tests.edge.conftest import RunStation
from tests.edge.running_station import START_S, of_kind, read_until


def until(found: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + START_S
    while not found():
        assert time.monotonic() < deadline_s
        time.sleep(0.02)


def test_the_picture_of_an_alert_is_in_the_pool_once_it_is_judged(
    run_station: RunStation, mixed_folder: Path, tmp_path: Path
) -> None:
    config, state = tmp_path / "line-3.toml", tmp_path / "state"
    config.write_text("[pool]\nenabled = true\n", encoding="utf-8")
    options = ("--config", str(config), "--camera", str(mixed_folder), "--fps", "8", "--loop")
    station = run_station(*options, "--wait-for-subscribers", "1")
    with station.subscriber("") as reader:
        alert = of_kind(Alert, read_until(reader, lambda message: isinstance(message, Alert)))[0]
    until(lambda: any(entry.alert_id == alert.alert_id for entry, _ in entries_in(alert_pictures_of(state))))
    asker = station.asker()
    asker.ask("acknowledge", alert_id=alert.alert_id, by="Ann", judgement="false_alarm")
    until(lambda: len(entries_in(pool_of(state))) == 1)
    station.signal(signal.SIGKILL)

    ((entry, picture),) = entries_in(pool_of(state))
    assert (entry.alert_id, entry.judgement, entry.by) == (alert.alert_id, "false_alarm", "Ann")
    assert (entry.score, entry.threshold) == (alert.result.score, alert.result.threshold)
    assert entry.model == alert.result.model.sha256
    assert alert.result.picture is not None
    assert np.array_equal(read_picture(picture), read_picture(mixed_folder / alert.result.picture))
    for _, kept in entries_in(alert_pictures_of(state)):
        read_picture(kept)

    station = run_station(*options)
    with station.subscriber("") as reader:
        read_until(reader, lambda message: isinstance(message, Result))
    station.signal(signal.SIGTERM)
    assert read_counts(pool_of(state))["camera"].parts > 0


def test_nothing_is_kept_unless_it_is_asked_for(
    run_station: RunStation, mixed_folder: Path, tmp_path: Path
) -> None:
    station = run_station("--camera", str(mixed_folder))
    assert station.wait() == 0
    assert not alert_pictures_of(tmp_path / "state").exists() and not pool_of(tmp_path / "state").exists()
