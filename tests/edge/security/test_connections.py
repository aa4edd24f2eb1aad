"""Which connection is cut, and which one never is."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import closing

import pytest
import zmq

from edge.security.connections import Connections

NUMBER = 900
Pair = tuple[socket.socket, socket.socket]


class Said:
    """A frame as ZeroMQ hands it over: it knows its client and its file descriptor."""

    def __init__(self, public: str | None, descriptor: int | None) -> None:
        self._known = {"User-Id": public, zmq.SRCFD: descriptor}

    def get(self, option: int | str) -> object:
        if self._known[option] is None:
            raise zmq.ZMQError(zmq.EINVAL)
        return self._known[option]


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def connection(listener: socket.socket) -> Pair:
    """The client's end and the station's end."""
    client = socket.create_connection(listener.getsockname())
    return client, listener.accept()[0]


def is_open(client: socket.socket) -> bool:
    client.settimeout(0.05)
    try:
        return client.recv(1) != b""
    except TimeoutError:
        return True


def note(connections: Connections, public: str | None, descriptor: int | None) -> None:
    connections.note(Said(public, descriptor))  # type: ignore[arg-type]


def test_all_connections_of_one_client_are_cut_and_no_other(listener: socket.socket) -> None:
    connections = Connections(lambda public: True)
    pairs = [connection(listener) for _ in range(3)]
    for (_, end), public in zip(pairs, ("a", "b", "a"), strict=True):
        note(connections, public, end.fileno())
    connections.cut("a")
    assert [is_open(client) for client, _ in pairs] == [False, True, False]
    connections.cut("a")
    for pair in pairs:
        for end in pair:
            end.close()


def test_a_number_that_another_connection_got_meanwhile_is_left_alone(listener: socket.socket) -> None:
    connections = Connections(lambda public: True)
    (client, end), (other, other_end) = connection(listener), connection(listener)
    os.dup2(end.fileno(), NUMBER)
    note(connections, "a", NUMBER)
    os.dup2(other_end.fileno(), NUMBER)
    connections.cut("a")
    assert is_open(other)
    os.close(NUMBER)
    for each in (client, end, other, other_end):
        each.close()


def test_who_is_no_longer_admitted_is_cut_at_the_next_word(listener: socket.socket) -> None:
    connections = Connections(lambda public: public != "revoked")
    client, end = connection(listener)
    with closing(client), closing(end):
        note(connections, "revoked", end.fileno())
        assert not is_open(client)


@pytest.mark.parametrize(("public", "descriptor"), [(None, 5), ("a", None), ("a", 999_999), ("a", 0)])
def test_what_is_from_nobody_or_from_one_who_left_is_nothing(public: str | None, descriptor: int | None) -> None:
    connections = Connections(lambda public: True)
    note(connections, public, descriptor)
    connections.cut("a")
