"""A publisher's addresses, and the readers that it waits for."""

from __future__ import annotations

import time

import pytest
import zmq

from edge.errors import BusError, UsageError


def test_a_port_in_use_is_one_line_that_says_which_option(station):
    first = station()
    with pytest.raises(BusError) as caught:
        station(events=first.events)
    assert str(caught.value) == f"{first.events} is in use; stop the other station or give --events another port"
    with pytest.raises(BusError, match="--heatmaps another port"):
        station(heatmaps=first.heatmaps)


@pytest.mark.parametrize(
    "address", ["tcp://*:5556", "tcp://0.0.0.0:5556", "tcp://192.168.1.4:5556", "tcp://[::]:1"]
)
def test_an_address_on_the_network_is_refused_without_keys(station, address):
    with pytest.raises(UsageError, match="needs keys"):
        station(events=address)


@pytest.mark.parametrize("address", ["", "5556", "tcp://127.0.0.1", "tcp://127.0.0.1:99999", "http://127.0.0.1:1"])
def test_an_address_that_cannot_be_understood_is_a_usage_error(station, address):
    with pytest.raises(UsageError, match="not an address"):
        station(heatmaps=address)


def test_waiting_for_readers_counts_those_who_come_and_go(station, connect):
    publisher = station()
    with pytest.raises(BusError, match=r"0 of 1 subscribers came to tcp://127.0.0.1:\d+ within 0.1 s"):
        publisher.wait_for_subscribers(1, 0.1)
    one, two = connect(zmq.SUB, publisher.events), connect(zmq.SUB, publisher.events)
    publisher.wait_for_subscribers(2, 5)
    two.close()
    deadline_s = time.monotonic() + 3
    while time.monotonic() < deadline_s:
        try:
            publisher.wait_for_subscribers(2, 0.0)
        except BusError:
            break
        time.sleep(0.05)
    with pytest.raises(BusError, match="1 of 2"):
        publisher.wait_for_subscribers(2, 0.0)
    assert not one.closed
