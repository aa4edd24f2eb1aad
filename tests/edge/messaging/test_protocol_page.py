"""docs/protocol.md says what the messages are, and its programs run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from edge.messaging.messages import KINDS, Result
from edge.messaging.requests import COMMANDS, ErrorCode, Request
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


@pytest.mark.parametrize("program", re.findall(r"```python\n(.*?)```", PAGE, re.S))
def test_the_programs_on_the_page_print_an_alert(program, station, inspect):
    publisher = station(heartbeat_s=0.1)
    program = program.replace(EVENTS, publisher.events)
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as reader:
        publisher.wait_for_subscribers(1, 20)
        publisher.publish(inspect(0, Verdict.ANOMALOUS, 5.0))
        assert reader.stdout is not None
        assert reader.stdout.readline() == "1 top 5.0\n"
        reader.kill()
