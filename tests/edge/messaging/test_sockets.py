"""Addresses that all rooms accept must be bound and reached too."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import closing

import pytest

from edge.messaging.messages import Result
from edge.messaging.publisher import Publisher
from edge.messaging.subscriber import Subscriber
from tests.edge.messaging.conftest import Inspect

ANY_PORT = "tcp://[::1]:*"


@pytest.fixture(autouse=True)
def _ipv6_loopback() -> None:
    try:
        with closing(socket.create_server(("::1", 0), family=socket.AF_INET6)):
            pass
    except OSError as error:
        pytest.skip(f"this computer has no IPv6 loopback: {error.strerror}")


def test_a_station_on_the_ipv6_loopback_is_heard_there(
    station: Callable[..., Publisher], inspect: Inspect
) -> None:
    publisher = station(events=ANY_PORT, heatmaps=ANY_PORT)
    assert publisher.events.startswith("tcp://[::1]:")
    with Subscriber(publisher.events, topics=("",)) as reader:
        publisher.wait_for_subscribers(1, 5)
        publisher.publish(inspect(7))
        results = (message for message in iter(lambda: reader.receive(5), None) if isinstance(message, Result))
        assert next(results).frame_seq == 7
