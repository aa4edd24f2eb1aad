"""Writers send exactly the contract; readers cope with a newer one."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from edge.errors import BusError
from edge.messaging.compose import Composer
from edge.messaging.messages import KINDS, Alert, Result, read_message


@pytest.fixture
def result(inspect) -> Result:
    return Composer("line-3").result(inspect())


def test_a_message_survives_the_wire_unchanged(result, alerts):
    assert read_message(result.model_dump_json()) == result
    alert = alerts(4, 1)[0]
    assert read_message(alert.model_dump_json()) == alert


def test_readers_ignore_the_keys_of_a_newer_station_at_every_depth(result):
    newer = json.loads(result.model_dump_json())
    newer["mood"] = "fine"
    newer["model"]["licence"] = "x"
    newer["regions"][0]["depth"] = 3
    assert read_message(json.dumps(newer)) == result


def test_writers_cannot_send_what_is_not_in_the_contract(result):
    with pytest.raises(ValidationError, match="extra_forbidden"):
        Result(**(dict(result) | {"mood": "fine"}))


def test_the_schema_allows_readers_what_they_should_ignore():
    for model in KINDS.values():
        schema = json.dumps(model.model_json_schema(mode="serialization"))
        assert '"additionalProperties": false' not in schema


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "message: Invalid JSON"),
        (b"[]", "message: Input should be"),
        (b'{"kind": "weather"}', "message: Input tag 'weather'"),
        (b'{"kind": "heartbeat", "station": "s"}', "heartbeat.camera: Field required"),
    ],
)
def test_what_is_no_message_is_one_line(payload, reason):
    with pytest.raises(BusError, match=f"not a message of edge-ad: {reason}") as caught:
        read_message(payload)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["../../etc", "a/b", "", "a b", "x" * 65])
def test_a_name_that_could_lead_a_reader_astray_is_refused(alerts, name):
    stranger = json.loads(alerts(1, 1)[0].model_dump_json()) | {"station": name}
    with pytest.raises(BusError, match="alert.station"):
        read_message(json.dumps(stranger))
    assert isinstance(read_message(json.dumps(stranger | {"station": "line-3"})), Alert)
