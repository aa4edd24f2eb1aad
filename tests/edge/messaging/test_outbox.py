"""The outbox on a real file, also with its writer killed."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from edge.errors import StoreError
from edge.messaging.outbox import Outbox, default_state_dir

WRITER = """
import sys
from pathlib import Path
from edge.messaging.messages import Alert
from edge.messaging.outbox import Outbox

outbox = Outbox(Path(sys.argv[1]))
like = Alert.model_validate_json(sys.argv[2])
while True:
    first = outbox.last_seq + 1
    outbox.append([like.model_copy(update={"seq": seq}) for seq in range(first, first + 3)])
    print(first + 2, flush=True)
"""


def test_numbers_go_on_after_a_restart(tmp_path, alerts):
    first = Outbox(tmp_path)
    assert first.last_seq == 0
    first.append(alerts(1, 3))
    first.close()
    second = Outbox(tmp_path)
    assert second.last_seq == 3
    second.append(alerts(4, 1))
    assert [json.loads(text)["seq"] for text in second.since(0, 10)] == [1, 2, 3, 4]
    assert [json.loads(text)["seq"] for text in second.since(1, 2)] == [2, 3]
    second.close()


@pytest.mark.parametrize("start", [1, 2, 5])
def test_numbers_that_leave_a_gap_or_come_twice_are_refused_and_nothing_is_stored(outbox, alerts, start):
    outbox.append(alerts(1, 2))
    with pytest.raises(StoreError, match="do not follow number 2"):
        outbox.append(alerts(start, 2))
    assert (outbox.last_seq, len(outbox.since(0, 10))) == (2, 2)


def test_every_announced_alert_survives_kill_9_and_the_numbers_stay_dense(tmp_path, alerts):
    announced = 0
    for _ in range(5):
        command = [sys.executable, "-c", WRITER, str(tmp_path), alerts(1, 1)[0].model_dump_json()]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            lines = [writer.stdout.readline() for _ in range(6)]
            writer.send_signal(signal.SIGKILL)
            lines += writer.stdout.read().splitlines()
        assert int(lines[0]) > announced
        announced = max(int(line) for line in lines)
        survivor = Outbox(tmp_path)
        numbers = [json.loads(text)["seq"] for text in survivor.since(0, 100_000)]
        survivor.close()
        assert numbers == list(range(1, len(numbers) + 1))
        assert announced <= len(numbers) <= announced + 3


def test_a_second_station_on_the_same_store_is_refused(tmp_path, alerts):
    first = Outbox(tmp_path)
    with pytest.raises(StoreError, match="is held by another station"):
        Outbox(tmp_path)
    first.append(alerts(1, 1))
    first.close()


def test_the_newest_alert_of_each_camera_is_found_however_many_came_after_it(tmp_path, alerts):
    outbox = Outbox(tmp_path)
    assert outbox.newest_of_each_camera() == []
    (first,) = alerts(1, 1)
    outbox.append([first.model_copy(update={"camera": "side"}), *alerts(2, 3000)])
    assert [(alert.camera, alert.seq) for alert in outbox.newest_of_each_camera()] == [("side", 1), ("top", 3001)]
    outbox.close()
    with closing(sqlite3.connect(outbox.path)) as database:
        database.execute("UPDATE alerts SET alert = '{}' WHERE seq = 5")
        database.commit()
    outbox = Outbox(outbox.path.parent)
    with pytest.raises(StoreError, match="holds what is no alert; move the file away"):
        outbox.newest_of_each_camera()
    outbox.close()


def test_what_it_holds_is_told_while_a_write_hangs(tmp_path, alerts, monkeypatch):
    outbox = Outbox(tmp_path)
    outbox.append(alerts(1, 100))
    before = outbox.figures()
    commit, written, begun = outbox._ledger.commit, threading.Event(), threading.Event()

    def hanging(rows):
        begun.set()
        assert written.wait(20)
        commit(rows)

    monkeypatch.setattr(outbox._ledger, "commit", hanging)
    writer = threading.Thread(target=outbox.append, args=[alerts(101, 1)])
    writer.start()
    assert begun.wait(5)
    assert outbox.figures() == before
    written.set()
    writer.join()
    assert outbox.figures().last_seq == 101
    outbox.close()


def test_a_folder_that_cannot_be_made_is_a_store_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot make"):
        Outbox(tmp_path / "file" / "state")


def test_the_state_folder_is_systemds_else_the_users(tmp_path):
    home = Path.home()
    assert default_state_dir("s", {"STATE_DIRECTORY": "/a/b:/c", "XDG_STATE_HOME": "/x"}) == Path("/a/b")
    assert default_state_dir("s", {"XDG_STATE_HOME": "/x"}) == Path("/x/edge-ad/s")
    assert default_state_dir("s", {}) == home / ".local/state/edge-ad/s"
