"""docs/protocol.md says what the messages are, and its programs run."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest
import zmq

from edge.commands.inspect import ANOMALOUS, NO_VERDICT
from edge.errors import EdgeAdError, NoVerdictError, UsageError
from edge.messaging.alarm_options import AlarmOptions
from edge.messaging.compose import Composer
from edge.messaging.control import Control
from edge.messaging.messages import KINDS, Readiness, Result
from edge.messaging.replies import ErrorCode
from edge.messaging.requests import COMMANDS, Inspect, Request
from edge.messaging.sockets import CONTROL, EVENTS, HEATMAPS
from edge.verdict import Verdict

PAGE = (Path(__file__).parents[3] / "docs" / "protocol.md").read_text(encoding="utf-8")


def rows_under(heading: str, title: str = "field") -> dict[str, str]:
    """First column without its back quotes -> rest, of the table with that title under a heading."""
    section = re.search(rf"^#+ {heading}.*?\n(.*?)(?=^#+ |\Z)", PAGE, re.M | re.S)
    assert section, heading
    table = re.search(rf"^\| {title} \|.*\n\|[-|]+\n((?:\|.*\n)+)", section[1], re.M)
    assert table, f"{heading}: no table of {title}"
    return dict(re.findall(r"^\| `(\w+)` \|(.*)\|$", table[1], re.M))


def properties(schema: dict[str, object]) -> dict[str, dict[str, object]]:
    found = schema["properties"]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_lists_exactly_the_fields_of_its_schema(kind):
    heading = "Heatmaps" if kind == "heatmap" else f"{kind}:"
    listed = list(rows_under("Every message")) + list(rows_under(heading))
    assert sorted(listed) == sorted(properties(KINDS[kind].model_json_schema(mode="serialization")))


def test_the_parts_of_a_result_are_listed_too():
    rows = rows_under("result:")
    definitions = Result.model_json_schema(mode="serialization")["$defs"]
    for field, part in {
        "peak": "Point",
        "model": "ModelRef",
        "latency_ms": "LatencyMs",
        "regions": "RegionBox",
    }.items():
        listed = re.search(r"\{([\w, ]+)\}", rows[field])
        assert listed and sorted(listed[1].split(", ")) == sorted(definitions[part]["properties"])
    assert all(f"`{verdict}`" in rows["verdict"] for verdict in Verdict)


def test_each_command_lists_exactly_its_fields_and_each_error_its_code():
    commands = rows_under("Control", "command")
    assert sorted(commands) == sorted(COMMANDS)
    for model in get_args(Request):
        fields = set(model.model_fields) - {"id", "command"}
        name = get_args(model.model_fields["command"].annotation)[0]
        assert set(re.findall(r"`(\w+)`:", commands[name].split("|")[0])) == fields
    assert sorted(rows_under("Control", "code")) == sorted(get_args(ErrorCode))


def test_the_addresses_are_the_defaults():
    assert {EVENTS, HEATMAPS, CONTROL} <= set(re.findall(r"tcp://[\d.:]+", PAGE))


PROGRAMS = re.findall(r"```python\n(.*?)```", PAGE, re.S)
READERS = [program for program in PROGRAMS if EVENTS in program]
ASKERS = [program for program in PROGRAMS if EVENTS not in program]


def test_alarms_list_exactly_the_settings_with_their_defaults():
    rows = rows_under("Alarms", "key")
    assert sorted(rows) == sorted(AlarmOptions.model_fields)
    for name, field in AlarmOptions.model_fields.items():
        assert f"{field.default:g}" in re.findall(r"\b\d+\b", rows[name])


def test_readiness_and_exit_codes_are_all_there():
    assert sorted(rows_under("Readiness", "readiness")) == sorted(get_args(Readiness))
    codes = {0, ANOMALOUS, NO_VERDICT, UsageError.exit_code, EdgeAdError.exit_code}
    assert set(map(int, rows_under("In a script", "exit code"))) == codes
    assert NoVerdictError.exit_code == NO_VERDICT


@pytest.mark.parametrize("program", READERS)
def test_the_readers_on_the_page_print_an_alert(program, station, inspect):
    publisher = station(heartbeat_s=0.1)
    program = program.replace(EVENTS, publisher.events)
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as reader:
        publisher.wait_for_subscribers(1, 20)
        publisher.publish(inspect(0, Verdict.ANOMALOUS, 5.0))
        assert reader.stdout is not None
        assert reader.stdout.readline() == "1 top 5.0\n"
        reader.kill()


class Line:
    """A station whose first part is good and whose second one is unknown; it never answers about the third."""

    def __init__(self, result_of: Callable[..., Result]) -> None:
        self._result_of = result_of

    def status(self) -> dict[str, object]:
        return {}

    def pause(self, camera: str | None) -> None: ...

    def resume(self, camera: str | None) -> None: ...

    def inspect(self, asked: Inspect, answer: Callable[[Result | EdgeAdError], None]) -> None:
        verdicts = {"4711": Verdict.GOOD, "4712": Verdict.UNKNOWN}
        if asked.part_id in verdicts:
            answer(self._result_of(asked.part_id, verdicts[asked.part_id]))


@pytest.mark.parametrize("program", ASKERS)
def test_the_program_of_a_plc_passes_what_is_good_in_time_and_nothing_else(program, outbox, inspect):
    compose = Composer("line-3")
    line = Line(lambda part_id, verdict: compose.result(inspect(part_id=part_id, verdict=verdict)))
    with Control(address="tcp://127.0.0.1:*", station=line, outbox=outbox) as control:
        assert run_program(program.replace(CONTROL, control.address)) == "4711 pass\n4712 reject\n4713 reject\n"
        away = control.address
    assert run_program(program.replace(CONTROL, away)) == "4711 reject\n4712 reject\n4713 reject\n"


@pytest.mark.parametrize("program", ASKERS)
def test_the_program_of_a_plc_passes_nothing_while_the_station_is_mute(program):
    with zmq.Context.instance().socket(zmq.ROUTER) as mute:
        port = mute.bind_to_random_port("tcp://127.0.0.1")
        program = program.replace(CONTROL, f"tcp://127.0.0.1:{port}")
        assert run_program(program) == "4711 reject\n4712 reject\n4713 reject\n"


def run_program(program: str) -> str:
    command = [sys.executable, "-c", program]
    return subprocess.run(command, capture_output=True, text=True, timeout=20, check=True).stdout


def test_there_are_programs_of_both_kinds():
    assert len(READERS) == 2 and len(ASKERS) == 1
