"""``edge-ad actions``: asked of a station with keys, and read from the store of one that does not run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from edge.messaging.asking import Asker
from edge.messaging.lines import line_of_action
from edge.messaging.outbox import Outbox
from edge.messaging.recorded import read_actions
from edge.security.folder import KeyFolder
from edge.security.role import Role
from tests.edge.command_line import edge_ad, the_line
from tests.edge.conftest import RunStation

KILLED = """
import json, os, signal, sys
from pathlib import Path
from edge.messaging.outbox import Outbox
outbox = Outbox(Path(sys.argv[1]))
for number in range(1, 26):
    outbox.record_action("anna", "set_threshold", '{"camera": "top", "threshold": %d}' % number,
                         '{"camera": "top", "threshold": %d}' % (number + 1), f"reason {number}")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """The state folder, with a # in its name, of a station that was killed: 25 actions, in its journal only."""
    folder = tmp_path / "line#3"
    subprocess.run([sys.executable, "-c", KILLED, str(folder)], timeout=60, check=False)
    return folder


def test_a_client_sees_who_did_what_before_and_after(
    run_station: RunStation, tiny_dataset: Path, tmp_path: Path
) -> None:
    keys = KeyFolder(tmp_path / "keys")
    for name, role in (("hmi-1", Role.OPERATE), ("screen", Role.OBSERVE)):
        keys.create(name, role, tmp_path / f"{name}.key")
    (tmp_path / "line.toml").write_text(f'[security]\nkeys = "{keys.path}"\n', encoding="utf-8")
    pictures = ("--camera", str(tiny_dataset / "test" / "good"), "--fps", "5", "--loop")
    control = run_station("--config", str(tmp_path / "line.toml"), *pictures).event("started")["control"]
    hmi = Asker(control, keys=tmp_path / "hmi-1.key")
    hmi.ask("pause", timeout_s=10)
    hmi.ask("resume", timeout_s=10)
    hmi.close()
    reached = ("--control", control, "--keys", tmp_path / "screen.key")
    shown = edge_ad("actions", *reached)
    lines = [line.split("  ", 1)[1].split() for line in shown.stdout.splitlines()]
    assert lines == [
        ["1", "camera", "hmi-1", "pause:", "paused", "False", "->", "True"],
        ["2", "camera", "hmi-1", "resume:", "paused", "True", "->", "False"],
    ]
    (later,) = map(json.loads, edge_ad("actions", *reached, "--since", "1", "--json").stdout.splitlines())
    told = (later["number"], later["who"], later["command"], later["camera"], later["before"], later["after"])
    assert told == (2, "hmi-1", "resume", "camera", {"paused": True}, {"paused": False})
    assert later["time"].endswith("Z")


def test_the_store_of_a_station_that_does_not_run_is_read_and_left_as_it_is(state: Path) -> None:
    before = {path: path.read_bytes() for path in state.iterdir()}
    newest = edge_ad("actions", "--state-dir", state).stdout.splitlines()
    assert len(newest) == 20
    assert newest[-1].endswith("     25  top  anna set_threshold: threshold 25 -> 26 (reason 25)")
    first = edge_ad("actions", "--state-dir", state, "--since", "0", "--limit", "2", "--json").stdout.splitlines()
    assert [json.loads(line)["number"] for line in first] == [1, 2]
    nothing = edge_ad("actions", "--state-dir", state, "--since", "25")
    assert (nothing.stdout, nothing.stderr, nothing.returncode) == ("", "nothing after number 25\n", 0)
    assert {path: path.read_bytes() for path in state.iterdir()} == before


def test_a_judgement_says_which_alert_it_is_about(tmp_path: Path) -> None:
    before, after = (
        {"camera": None, "alert_id": "alarm-7", "judgement": judgement, "by": by}
        for judgement, by in ((None, None), ("true_alarm", "Ann"))
    )
    with closing(Outbox(tmp_path)) as outbox:
        outbox.record_action("hmi-1", "acknowledge", json.dumps(before), json.dumps(after), "")
    (action,) = read_actions(tmp_path, since_number=None, limit=1)
    said = "  -  hmi-1 acknowledge alarm-7: judgement None -> true_alarm, by None -> Ann"
    assert line_of_action(action).endswith(said)


def test_what_cannot_be_read_is_one_line(state: Path, tmp_path: Path) -> None:
    outbox = Outbox(state)
    line = the_line(edge_ad("actions", "--state-dir", state), 1)
    outbox.close()
    assert "is held by" in line and "ask it with --control" in line
    assert the_line(edge_ad("actions", "--state-dir", tmp_path), 1).startswith(
        f"no store of a station in {tmp_path}"
    )
    os.truncate(outbox.path, 5000)
    assert "is damaged" in the_line(edge_ad("actions", "--state-dir", state), 1)
