"""A station keeps the picture of an alert until somebody judges it."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from edge.inference.bundle import load_bundle
from edge.inference.override import calibration_of
from edge.messaging.messages import Alert, Result
from edge.pictures import read_picture
from edge.pool.counts import read_counts
from edge.pool.places import alert_pictures_of, pool_of
from edge.pool.shelf import entries_in
from tests.conftest import plates_in
from tests.edge.calibrating.on_folder import calibrate_in
from tests.edge.command_line import edge_ad
from tests.edge.conftest import RunStation
from tests.edge.running_station import START_S, of_kind, read_until


def until(found: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + START_S
    while not found():
        assert time.monotonic() < deadline_s
        time.sleep(0.02)


def keeps(state: Path, alert: Alert) -> bool:
    """Whether the alert's picture waits for its judgement."""
    return any(entry.alert_id == alert.alert_id for entry, _ in entries_in(alert_pictures_of(state)))


def test_the_picture_of_an_alert_is_in_the_pool_once_it_is_judged(
    run_station: RunStation, mixed_folder: Path, tmp_path: Path
) -> None:
    config, state = tmp_path / "line-3.toml", tmp_path / "state"
    config.write_text("[pool]\nenabled = true\n", encoding="utf-8")
    options = ("--config", str(config), "--camera", str(mixed_folder), "--fps", "8", "--loop")
    station = run_station(*options, "--wait-for-subscribers", "1")
    with station.subscriber("") as reader:
        alert = of_kind(Alert, read_until(reader, lambda message: isinstance(message, Alert)))[0]
    until(partial(keeps, state, alert))
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


def test_false_alarms_that_people_judged_become_a_proposal_that_a_person_accepts(
    run_station: RunStation, own_bundle: Path, tmp_path: Path
) -> None:
    """On a station whose threshold is far too low."""
    parts, state, config = plates_in(tmp_path / "parts", 20, seed=6), tmp_path / "state", tmp_path / "line-3.toml"
    low = calibrate_in(own_bundle, parts, 0.5).calibration.threshold
    table = f'[[cameras]]\nname = "top"\nsource = "{parts}"\nfps = 20\nloop = true\n'
    options = "[pool]\nenabled = true\n[faults]\nenabled = false\n"
    config.write_text(f'model = "{own_bundle}"\nstate_dir = "{state}"\n{table}{options}', encoding="utf-8")
    station = run_station("--config", str(config), "--wait-for-subscribers", "1", model=own_bundle)
    asker = station.asker()
    with station.subscriber("alert/") as reader:
        read_until(reader, lambda message: isinstance(message, Alert))
    until(lambda: len(entries_in(alert_pictures_of(state))) >= 12)
    for entry, _ in entries_in(alert_pictures_of(state)):
        asker.ask("acknowledge", alert_id=entry.alert_id, by="Ann", judgement="false_alarm")
    until(lambda: len(entries_in(pool_of(state))) >= 12)
    station.signal(signal.SIGTERM)

    asked = ("--config", config, "--propose", "--false-alarm-rate", "0.1", "--json")
    proposed = edge_ad("calibrate", *asked)
    assert proposed.returncode == 0, proposed.stderr
    proposal = json.loads(proposed.stdout)
    scores = [entry.score for entry, _ in entries_in(pool_of(state))]
    new = proposal["calibration"]["threshold"]
    assert len(scores) >= 12 and new in scores and proposal["before"] == low < new
    assert proposal["effect"]["still_false"] == sum(score > new for score in scores) < len(scores) / 2
    assert calibration_of(load_bundle(own_bundle), "CPU").threshold == low
    accepted = edge_ad("calibrate", "--config", config, "--accept")
    assert accepted.stdout.startswith(f"threshold {new:.4g} (was {low:.4g}): "), accepted.stderr
    assert calibration_of(load_bundle(own_bundle), "CPU").threshold == new
