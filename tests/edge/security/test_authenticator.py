"""The authenticator before real sockets."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path

import pytest
import zmq

from edge.errors import BusError, SecurityError
from edge.messaging import sockets
from edge.messaging.messages import Heartbeat
from edge.messaging.subscriber import Subscriber
from edge.security.authenticator import Authenticator
from edge.security.folder import KeyFolder
from edge.security.role import Role
from tests.edge.cameras.capturing import wait_for
from tests.edge.security.conftest import ANY_PORT, Beating

REFUSED_S = 0.5
REVOKED_WITHIN_S = 5.0


def hears(events: str, keys: Path | None, timeout_s: float) -> bool:
    """Whether a reader gets a heartbeat."""
    with Subscriber(events, topics=("heartbeat/",), keys=keys) as reader:
        return isinstance(reader.receive(timeout_s), Heartbeat)


def test_a_client_with_a_key_is_heard_and_one_without_is_not(beating: Beating, tmp_path: Path) -> None:
    assert hears(beating.events.address, tmp_path / "observe.key", 5)
    assert not hears(beating.events.address, None, REFUSED_S)


def test_a_stranger_with_a_pair_of_his_own_is_turned_away_and_counted(
    beating: Beating, access: Authenticator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stranger = KeyFolder(tmp_path / "elsewhere")
    keys = stranger.create("stranger", Role.MAINTAIN, tmp_path / "stranger.key")
    own = (tmp_path / "observe.key").read_text().split('"station_public": "')[1]
    text = (tmp_path / "stranger.key").read_text()
    (tmp_path / "stranger.key").write_text(text.split('"station_public": "')[0] + '"station_public": "' + own)
    assert not hears(beating.events.address, tmp_path / "stranger.key", REFUSED_S)
    assert access.turned_away >= 1
    assert [r.fields["public_key"] for r in caplog.records if r.message == "client_refused"] == [keys.public]  # type: ignore[attr-defined]


def test_a_client_knows_a_false_station_and_tells_it_nothing(tmp_path: Path, folder: KeyFolder) -> None:
    false_folder = KeyFolder(tmp_path / "false")
    false_folder.create_station()
    for path in folder.client_paths():  # the false station admits the very same clients
        (false_folder.clients_path / path.name).write_bytes(path.read_bytes())
    with Authenticator(false_folder) as access, closing(Beating(access)) as station:
        assert not hears(station.events.address, tmp_path / "observe.key", REFUSED_S)


def test_a_client_made_while_the_station_runs_is_admitted_and_one_revoked_is_cut(
    beating: Beating, folder: KeyFolder, tmp_path: Path
) -> None:
    folder.create("late", Role.OBSERVE, tmp_path / "late.key")
    with (
        Subscriber(beating.events.address, topics=("heartbeat/",), keys=tmp_path / "late.key") as late,
        Subscriber(beating.events.address, topics=("heartbeat/",), keys=tmp_path / "observe.key") as other,
    ):
        assert late.receive(REVOKED_WITHIN_S) and other.receive(REVOKED_WITHIN_S)
        folder.revoke("late")
        revoked_s = time.monotonic()
        while late.receive(0.3) is not None:
            assert time.monotonic() - revoked_s < REVOKED_WITHIN_S
            assert other.receive(0.3) is not None
        # The other one never had to connect again: nothing that was sent meanwhile is missing.
        sent = [other.receive(1) for _ in range(20)]
        beats = [beat.mono_ns for beat in sent if isinstance(beat, Heartbeat)]
        assert (
            len(beats) == 20 and max(after - before for before, after in zip(beats, beats[1:], strict=False)) < 5e8
        )
        assert late.receive(1.5) is None
    assert not hears(beating.events.address, tmp_path / "late.key", REFUSED_S)


def test_a_client_that_subscribes_only_after_it_was_revoked_is_cut_too(
    beating: Beating, folder: KeyFolder, tmp_path: Path
) -> None:
    with Subscriber(beating.events.address, topics=("nothing/",), keys=tmp_path / "observe.key") as reader:
        reader.receive(0.3)
        folder.revoke("observe")
        time.sleep(2.2)
        reader._events.setsockopt(zmq.SUBSCRIBE, b"")
        reader._topics = (b"",)
        while reader.receive(0.2) is not None:
            pass
        assert reader.receive(1) is None


def test_the_order_is_enforced_authenticator_options_bind(folder: KeyFolder) -> None:
    access = Authenticator(folder)
    bound = sockets.bind(zmq.XPUB, ANY_PORT, "--events", hwm=1, largest_message=1)
    with pytest.raises(SecurityError, match="before it is bound"):
        access.protect(bound)
    bound.close()
    with pytest.raises(BusError, match="has an authenticator already"):
        Authenticator(folder)
    access.close()
    assert not access.alive
    with pytest.raises(SecurityError, match="nothing is bound without it"):
        sockets.bind(zmq.XPUB, ANY_PORT, "--events", hwm=1, largest_message=1, access=access)


def test_keys_that_become_unreadable_admit_nobody_and_say_so(
    beating: Beating, access: Authenticator, folder: KeyFolder, tmp_path: Path
) -> None:
    with Subscriber(beating.events.address, topics=("heartbeat/",), keys=tmp_path / "observe.key") as reader:
        assert reader.receive(5)
        folder.clients_path.chmod(0o777)
        end_s = time.monotonic() + REVOKED_WITHIN_S
        while not access.complaint and time.monotonic() < end_s:
            time.sleep(0.05)
        assert "can be changed by others" in access.complaint
        while reader.receive(0.2) is not None:
            assert time.monotonic() < end_s
        folder.clients_path.chmod(0o700)
        assert reader.receive(REVOKED_WITHIN_S) is not None  # it comes back by itself
        assert access.complaint == ""


def test_its_thread_shows_that_it_goes_round(access: Authenticator) -> None:
    began_s = time.monotonic()
    wait_for(lambda: time.monotonic() - began_s > access.idle_s)
    assert access.alive
