"""A station keeps the pictures of its alerts; what people say of them becomes a proposal for its threshold."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edge.calibrating.proposal import accept
from edge.inference.bundle import load_bundle
from edge.inference.override import calibration_of
from edge.messaging.messages import Alert
from edge.pictures import find_pictures, read_picture
from edge.pool.places import alert_pictures_of, pool_of
from edge.pool.shelf import entries_in
from tests.conftest import plates_in
from tests.edge.calibrating.on_folder import calibrate_in
from tests.edge.command_line import edge_ad, the_line
from tests.edge.conftest import RunStation
from tests.edge.running_station import START_S, of_kind, read_until

JUDGED = 12


def until(found: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + START_S
    while not found():
        assert time.monotonic() < deadline_s
        time.sleep(0.02)


@pytest.fixture
def config(own_bundle: Path, tmp_path: Path) -> Path:
    """A station with a pool, and with a threshold that calls half of its good parts anomalous."""
    parts = plates_in(tmp_path / "parts", 20, seed=6)
    calibrate_in(own_bundle, parts, 0.5)
    camera = f'[[cameras]]\nname = "top"\nsource = "{parts}"\nfps = 25\nloop = true\n'
    options = "[pool]\nenabled = true\n[faults]\nenabled = false\n"
    path = tmp_path / "line-3.toml"
    text = f'model = "{own_bundle}"\nstate_dir = "{tmp_path / "state"}"\n{camera}{options}'
    path.write_text(text, encoding="utf-8")
    return path


def test_false_alarms_that_people_judged_become_a_proposal_that_a_person_accepts(
    run_station: RunStation, config: Path, own_bundle: Path, tmp_path: Path
) -> None:
    alerts, pool = alert_pictures_of(tmp_path / "state"), pool_of(tmp_path / "state")
    station = run_station("--config", str(config), "--wait-for-subscribers", "1", model=own_bundle)
    asker = station.asker()
    with station.subscriber("alert/") as reader:
        (alert,) = of_kind(Alert, read_until(reader, lambda message: isinstance(message, Alert)))
    until(lambda: len(entries_in(alerts)) >= JUDGED)
    ann = ("--by", "Ann", "--false-alarm", "--control", asker.address)
    assert the_line(edge_ad("acknowledge", "999999", *ann), 1).startswith("no alert 999999 on disk; ")
    said = edge_ad("acknowledge", str(alert.seq), *ann)
    assert said.stdout == f"alert {alert.seq}: false alarm, says Ann\n", said.stderr
    for entry, _ in entries_in(alerts):
        asker.ask("acknowledge", alert_id=entry.alert_id, by="Ann", judgement="false_alarm")
    until(lambda: len(entries_in(pool)) >= JUDGED)
    assert ("pool", "ok") in [
        (each["component"], each["state"]) for each in asker.ask("status")["status"]["health"]
    ]
    station.signal(signal.SIGTERM)

    judged = {entry.alert_id: (entry, picture) for entry, picture in entries_in(pool)}
    assert {(entry.judgement, entry.by) for entry, _ in judged.values()} == {("false_alarm", "Ann")}
    entry, picture = judged[alert.alert_id]
    assert (entry.score, entry.threshold) == (alert.result.score, alert.result.threshold)
    assert alert.result.picture is not None
    source = next(path for path in find_pictures(tmp_path / "parts") if path.name in alert.result.picture)
    assert np.array_equal(read_picture(picture), read_picture(source))

    before = calibration_of(load_bundle(own_bundle), "CPU").threshold
    asked = ("--config", config, "--propose", "--false-alarm-rate", "0.1", "--json")
    proposed = edge_ad("calibrate", *asked)
    assert proposed.returncode == 0, proposed.stderr
    proposal, scores = json.loads(proposed.stdout), [entry.score for entry, _ in judged.values()]
    new = proposal["calibration"]["threshold"]
    assert new in scores and proposal["before"] == before < new
    assert proposal["effect"]["still_false"] == sum(score > new for score in scores) < len(scores) / 2
    assert calibration_of(load_bundle(own_bundle), "CPU").threshold == before
    accept(own_bundle)
    assert calibration_of(load_bundle(own_bundle), "CPU").threshold == new
