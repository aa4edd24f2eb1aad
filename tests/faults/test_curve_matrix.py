"""Who gets in, in every order and state of the authenticator: CURVE alone would admit anybody."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import product
from pathlib import Path

import pytest
import zmq

from edge.errors import SecurityError
from edge.messaging import sockets
from edge.messaging.messages import Heartbeat
from edge.messaging.subscriber import Subscriber
from edge.security.authenticator import Authenticator
from edge.security.folder import KeyFolder
from edge.security.role import Role
from tests.edge.security.conftest import ANY_PORT, Beating
from tests.faults.conftest import Report

REFUSED_S = 0.4
CLIENTS = ("good", "unknown", "none")


@pytest.fixture
def folder(tmp_path: Path) -> KeyFolder:
    """A station that admits ``good.key`` and not ``unknown.key``, which knows the station's public key too."""
    keys = KeyFolder(tmp_path / "keys")
    for name in ("good", "unknown"):
        keys.create(name, Role.OBSERVE, tmp_path / f"{name}.key")
    keys.revoke("unknown")
    return keys


@pytest.fixture
def access(folder: KeyFolder) -> Iterator[Authenticator]:
    with Authenticator(folder) as running:
        yield running


def gets_in(station: Beating, keys: Path | None) -> bool:
    with Subscriber(station.events.address, topics=("heartbeat/",), keys=keys) as reader:
        return isinstance(reader.receive(REFUSED_S if keys is None or keys.stem != "good" else 1.5), Heartbeat)


def test_of_twelve_cases_only_the_good_key_at_a_live_authenticator_passes(
    access: Authenticator, tmp_path: Path, report: Report
) -> None:
    passed: dict[tuple[str, str, str], bool] = {}
    with closing(Beating(access)) as station:
        for state in ("alive", "dead"):
            if state == "dead":
                access.close()
            for client in CLIENTS:
                keys = None if client == "none" else tmp_path / f"{client}.key"
                passed["options before bind", state, client] = gets_in(station, keys)
    for state, client in product(("alive", "dead"), CLIENTS):
        passed["options after bind", state, client] = is_served_when_bound_first(access)
    report(
        f"CURVE: {sum(passed.values())} of {len(passed)} cases pass: {[case for case in passed if passed[case]]}"
    )
    assert [case for case, passes in passed.items() if passes] == [("options before bind", "alive", "good")]
    assert len(passed) == 12


def is_served_when_bound_first(access: Authenticator) -> bool:
    """Whether a station would go on with a socket that was bound before it was protected: it refuses to."""
    with closing(sockets.bind(zmq.XPUB, ANY_PORT, "--events", hwm=1, largest_message=1)) as socket:
        try:
            access.protect(socket)
        except SecurityError:
            return False
    return True


def test_bound_first_by_a_live_authenticator_is_refused_for_its_order(access: Authenticator) -> None:
    with closing(sockets.bind(zmq.XPUB, ANY_PORT, "--events", hwm=1, largest_message=1)) as socket:
        with pytest.raises(SecurityError, match="before it is bound"):
            access.protect(socket)
        assert socket.getsockopt(zmq.MECHANISM) == zmq.NULL
