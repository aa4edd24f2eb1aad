"""``edge-ad subscribe`` and ``edge-ad schema`` as a user runs them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import cv2
import pytest

from edge.messaging.follow import Display, follow
from edge.messaging.messages import KINDS, Alert, read_message
from edge.messaging.subscriber import Subscriber
from edge.security.authenticator import Authenticator
from edge.security.folder import KeyFolder
from edge.security.role import Role
from edge.verdict import Verdict
from tests.edge.messaging.conftest import heatmaps_are_read


def edge_ad(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "edge", *arguments]
    environ = os.environ | {"PYTHONUNBUFFERED": ""}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ)


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=20)
    return process.returncode, out, err


def test_json_lines_are_whole_messages_written_at_once_and_heatmaps_become_pictures(station, inspect, tmp_path):
    publisher = station(picture=True)
    save = tmp_path / "maps"
    reader = edge_ad(
        "subscribe", publisher.events, "--json", "--topic", "alert/", "--count", "2",
        "--heatmaps", publisher.heatmaps, "--save", str(save),
    )  # fmt: skip
    publisher.wait_for_subscribers(1, 20)
    heatmaps_are_read(publisher)
    publisher.publish(inspect(1, Verdict.ANOMALOUS, 5.0))
    assert reader.stdout is not None
    first = json.loads(reader.stdout.readline())
    publisher.publish(inspect(2, Verdict.ANOMALOUS, 6.0))
    code, out, err = finish(reader)
    messages = [read_message(json.dumps(first)), *(read_message(line) for line in out.splitlines())]
    assert [m.result.score for m in messages if isinstance(m, Alert)] == [5.0, 6.0]
    assert (code, err) == (0, "")
    pictures = sorted(save.glob("line-3-top-*.png"))
    assert [path.stem[-1] for path in pictures] == ["1", "2"]
    assert cv2.imread(str(pictures[0])).shape == (48, 64, 3)


def test_lines_for_people_say_what_and_where_and_ctrl_c_is_no_error(station, inspect):
    publisher = station()
    reader = edge_ad("subscribe", publisher.events)
    publisher.wait_for_subscribers(1, 20)
    publisher.publish(inspect(7, Verdict.ANOMALOUS, 5.0, percentile=100.0))
    publisher.publish(inspect(8, Verdict.UNKNOWN, float("nan"), part_id="4711", late=True))
    publisher.health("camera", "failed", "unplugged", camera="top", trigger="not_ready")
    assert reader.stdout is not None
    lines = [reader.stdout.readline() for _ in range(4)]
    reader.send_signal(signal.SIGINT)
    code, out, err = finish(reader)
    assert (code, out, err) == (0, "", "")
    text = "".join(sorted(line[14:] for line in lines))
    assert "line-3/top  ALERT 1 raised  anomalous  score 5 (limit 3)  above all 40 good parts  007.png" in text
    assert "line-3/top  anomalous  score 5 (limit 3)  above all 40 good parts  007.png" in text
    assert "line-3/top  unknown    the score is not finite  late  4711" in text
    assert "line-3/top  camera failed: unplugged, trigger not ready" in text


def test_silence_is_told_apart_from_death(station):
    publisher = station()
    idle, dead = edge_ad("subscribe", publisher.events), edge_ad("subscribe", "tcp://127.0.0.1:9")
    assert idle.stderr is not None and dead.stderr is not None
    assert "is alive and has had nothing to say for 5 s" in idle.stderr.readline()
    assert "no station is heard at tcp://127.0.0.1:9" in dead.stderr.readline()
    for process in (idle, dead):
        process.send_signal(signal.SIGINT)
        assert finish(process)[0] == 0


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        (["nonsense"], 2, "not an address: 'nonsense'; write tcp://HOST:PORT, e.g. tcp://127.0.0.1:5556"),
        (["--save", "x"], 2, "--save needs heatmaps; add --heatmaps tcp://127.0.0.1:5557"),
        (["--since-seq", "0"], 2, "--since-seq needs control; add --control tcp://127.0.0.1:5558"),
        (
            ["tcp://127.0.0.1:9", "--count", "1", "--timeout-s", "0.1"],
            1,
            "0 of 1 messages came from tcp://127.0.0.1:9 within 0.1 s; is the station running? if it has",
        ),
    ],
)
def test_what_cannot_work_is_one_line(arguments, code, line):
    returned, out, err = finish(edge_ad("subscribe", *arguments))
    assert (returned, out) == (code, "")
    assert err.startswith(f"edge-ad: error: {line}") and err.count("\n") == 1


def test_the_end_of_a_short_time_tells_that_no_station_was_heard(station, tmp_path, capsys):
    folder = KeyFolder(tmp_path / "keys")
    for name in ("hmi-1", "hmi-2"):
        folder.create(name, Role.OBSERVE, tmp_path / f"{name}.key")
    folder.revoke("hmi-2")
    display, admitted, revoked = Display(as_json=False, save=None), tmp_path / "hmi-1.key", tmp_path / "hmi-2.key"
    with Authenticator(folder) as access:
        events = station(access=access, heartbeat_s=0.1).events
        for keys, why in ((None, "? if it has keys, give --keys"), (revoked, f", and does it admit {revoked}?")):
            with Subscriber(events, keys=keys) as reader:
                follow(reader, display, count=None, timeout_s=0.2)
            said = f"edge-ad: no station is heard at {events}; is the station running{why}\n"
            assert capsys.readouterr() == ("", said)
        with Subscriber(events, keys=admitted) as reader:
            assert reader.receive(20) is not None
            follow(reader, display, count=None, timeout_s=0)
        assert capsys.readouterr().err == ""


def test_a_reader_that_goes_away_is_no_error(station, inspect):
    publisher = station()
    reader = edge_ad("subscribe", publisher.events, "--json")
    publisher.wait_for_subscribers(1, 20)
    assert reader.stdout is not None
    reader.stdout.close()
    while reader.poll() is None:
        publisher.publish(inspect())
        time.sleep(0.02)
    assert reader.stderr is not None
    assert (reader.returncode, reader.stderr.read()) == (0, "")
    reader.stderr.close()


def test_the_schema_of_all_of_one_and_of_none():
    code, out, _ = finish(edge_ad("schema"))
    kinds = json.loads(out)["messages"]["discriminator"]["mapping"]
    assert code == 0 and sorted(kinds) == sorted(KINDS)
    code, out, _ = finish(edge_ad("schema", "alert"))
    assert "seq" in json.loads(out)["required"]
    code, _, err = finish(edge_ad("schema", "weather"))
    assert code == 2 and "no such message: 'weather'; give one of: result, alert" in err
