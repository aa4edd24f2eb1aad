"""Whatever comes to control, one typed error of one line goes back, or the request is understood."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import get_args

import pytest
import zmq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.messaging.control import Control
from edge.messaging.outbox import Outbox
from edge.messaging.replies import ErrorCode
from edge.messaging.requests import COMMANDS, Request, RequestError, read_request
from tests.edge.messaging.test_changes import ASKED, Station

ANY_PORT = "tcp://127.0.0.1:0"
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)
NAMES = sorted({name for fields in ASKED.values() for name in fields} | {"camera", "limit", "id", "model"})


@st.composite
def nearly_right(draw: st.DrawFn) -> bytes:
    """A request with some fields changed, added or cut off."""
    command = draw(st.sampled_from([*COMMANDS, "reboot", ""]))
    fields: dict[str, object] = {"id": 1, "command": command, **ASKED.get(command, {})}
    fields |= draw(st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), VALUES, max_size=2))
    text = json.dumps(fields).encode()
    return text[: draw(st.integers(1, len(text)))] if draw(st.booleans()) else text


@settings(max_examples=400, deadline=None)
@given(
    payload=st.one_of(
        st.binary(max_size=200), VALUES.map(lambda value: json.dumps(value).encode()), nearly_right()
    )
)
def test_each_payload_is_understood_or_refused_in_one_line(payload: bytes) -> None:
    try:
        request = read_request(payload)
    except RequestError as error:
        assert error.code in get_args(ErrorCode)
        assert error.message and error.message.isprintable() and len(error.message) < 400
    else:
        assert isinstance(request, Request)
        assert json.loads(payload)["command"] == request.command


@pytest.mark.parametrize(
    ("command", "fields"),
    [
        ("inspect", {"part_id": ""}),
        ("acknowledge", {"by": "Ann\n"}),
        ("set_threshold", {"reason": ""}),
        ("reload", {"model": "bottle.xml"}),
        ("teach", {"name": "../bottle"}),
        ("teach", {"backbone": "lite0.xml"}),
    ],
)
def test_who_sends_what_does_not_fit_is_told_what_does_and_no_pattern(
    command: str, fields: dict[str, str]
) -> None:
    with pytest.raises(RequestError) as refused:
        read_request(json.dumps({"id": 1, "command": command, **ASKED.get(command, {}), **fields}).encode())
    (field,) = fields
    assert re.fullmatch(rf"{field}: must be (1 to \d+ |NAME or )[^\[\]\\^]*", refused.value.message)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[list[bytes]], dict[str, object]]]:
    """Sends frames to one control socket that goes on for all examples, and gives the reply."""
    outbox = Outbox(tmp_path_factory.mktemp("state"))
    with Control(address=ANY_PORT, station=Station(outbox), outbox=outbox) as control:
        with zmq.Context.instance().socket(zmq.DEALER) as socket:
            socket.setsockopt(zmq.LINGER, 0)
            socket.connect(control.address)

            def ask(frames: list[bytes]) -> dict[str, object]:
                socket.send_multipart(frames)
                assert socket.poll(5000), frames
                reply = json.loads(socket.recv_multipart()[-1])
                assert isinstance(reply, dict)
                return reply

            yield ask
        assert control.alive
    outbox.close()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    frames=st.one_of(
        st.lists(st.binary(min_size=1, max_size=50), min_size=1, max_size=4), nearly_right().map(lambda p: [p])
    )
)
def test_control_answers_each_message_once(
    asked: Callable[[list[bytes]], dict[str, object]], frames: list[bytes]
) -> None:
    reply = asked(frames)
    if not reply["ok"]:
        error = reply["error"]
        assert isinstance(error, dict) and error["code"] in get_args(ErrorCode) and error["message"].isprintable()
