"""``edge-ad inspect`` as a script uses it: its exit code says what to do with the part."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from edge.errors import BusyError, CameraError, EdgeAdError, UsageError
from edge.frame import Frame
from edge.messaging.compose import Composer
from edge.messaging.control import Control
from edge.messaging.messages import Result, read_message
from edge.messaging.outbox import Outbox
from edge.messaging.requests import Inspect
from edge.verdict import Inspection, Latency, ModelId, Verdict
from tests.edge.command_line import edge_ad, the_line

ANYWHERE = "tcp://127.0.0.1:*"
NOT_JUDGED = {
    "busy": BusyError("still inspecting part 'A'", hint="wait for its verdict before the next part"),
    "lost": CameraError("camera top is lost", hint="plug it in"),
    "side": UsageError("no camera 'side'", hint="here are: top"),
}


def result_of(part_id: str, verdict: Verdict) -> Result:
    frame = Frame("top", 7, np.zeros((4, 4, 3), np.uint8), 0)
    inspection = Inspection(
        frame=frame,
        model=ModelId("bottle", "1", "ab" * 32),
        verdict=verdict,
        score=1.5,
        threshold=3.0,
        percentile=42.0,
        anomaly_map=None,
        peak=None,
        regions=(),
        latency=Latency(0.0, 0.0, 0.0, 0.0),
        device="CPU",
        reason="the picture is black" if verdict is Verdict.UNKNOWN else "",
        part_id=part_id,
    )
    return Composer("line-3").result(inspection)


class Line:
    """A daemon whose parts say by their names what is found."""

    def status(self) -> Mapping[str, object]:
        return {}

    def pause(self, camera: str | None) -> None: ...

    def resume(self, camera: str | None) -> None: ...

    def inspect(self, asked: Inspect, answer: Callable[[Result | EdgeAdError], None]) -> None:
        if asked.part_id in NOT_JUDGED or asked.camera in NOT_JUDGED:
            raise NOT_JUDGED[asked.camera or asked.part_id]
        if asked.part_id != "slow":
            answer(result_of(asked.part_id, Verdict(asked.part_id)))


@pytest.fixture
def control(tmp_path: Path) -> Iterator[str]:
    with (
        closing(Outbox(tmp_path / "state")) as outbox,
        Control(address=ANYWHERE, station=Line(), outbox=outbox) as running,
    ):
        yield running.address


@pytest.mark.parametrize(("verdict", "code"), [("good", 0), ("anomalous", 3), ("unknown", 4)])
def test_each_verdict_has_its_exit_code_and_its_line(control, verdict, code):
    done = edge_ad("inspect", "--part-id", verdict, "--control", control)
    assert (done.returncode, done.stderr) == (code, "")
    (line,) = done.stdout.splitlines()
    assert f"line-3/top  {verdict}" in line and line.endswith(f"  {verdict}")
    assert ("the picture is black" in line) is (verdict == "unknown")


def test_json_is_the_whole_result(control):
    done = edge_ad("inspect", "--part-id", "good", "--camera", "top", "--control", control, "--json")
    result = read_message(json.dumps(json.loads(done.stdout)))
    assert isinstance(result, Result)
    assert (done.returncode, result.part_id, result.verdict) == (0, "good", "good")


@pytest.mark.parametrize(
    ("options", "code", "line"),
    [
        (["--part-id", "slow", "--timeout-ms", "50"], 4, "no verdict about part slow: timeout: "),
        (["--part-id", "busy"], 4, "no verdict about part busy: busy: still inspecting part 'A'; wait for"),
        (["--part-id", "lost"], 4, "no verdict about part lost: not_ready: camera top is lost; plug it in"),
        (["--part-id", "good", "--camera", "side"], 2, "{control} refuses to inspect: no camera 'side'; here are"),
        (["--part-id", "a\nb"], 2, "{control} refuses to inspect: part_id: must be 1 to 128 characters, "),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_no_verdict_is_one_line_and_never_exit_code_0(control, options, code, line):
    done = edge_ad("inspect", *options, "--control", control)
    assert the_line(done, code).startswith(line.format(control=control))


def test_no_station_is_no_verdict_and_a_wrong_address_wrong_usage():
    done = edge_ad("inspect", "--part-id", "A", "--timeout-ms", "1", "--control", "tcp://127.0.0.1:9")
    said = "no verdict about part A: no reply from tcp://127.0.0.1:9 within 1.001 s; "
    said += "is the station running? if it has keys, give --keys"
    assert the_line(done, 4) == said
    the_line(edge_ad("inspect", "--part-id", "A", "--control", "nonsense"), 2)
    the_line(edge_ad("inspect"), 2)


def test_the_exit_codes_stand_in_the_help():
    text = " ".join(edge_ad("inspect", "--help").stdout.split())
    assert "Exit code 0: good. 3: anomalous. 4: unknown, or no verdict" in text
