"""``edge-ad keys`` and a station that has some, as users call them."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

import pytest

from edge.errors import BusError
from edge.messaging.asking import Asker
from edge.messaging.messages import Action, Health, Heartbeat, Result
from edge.messaging.subscriber import Subscriber
from tests.edge.command_line import edge_ad, the_line
from tests.edge.conftest import RunStation
from tests.edge.running_station import of_kind, read_until

NETWORK, LOOPBACK = "0.0.0.0", "127.0.0.1"  # noqa: S104


@pytest.fixture
def keys_dir(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def config(tmp_path: Path, keys_dir: Path) -> Path:
    path = tmp_path / "line-3.toml"
    path.write_text('station = "line-3"\n[security]\nkeys = "keys"\n', encoding="utf-8")
    return path


def create(tmp_path: Path, keys_dir: Path, name: str, role: str) -> Path:
    key = tmp_path / f"{name}.key"
    done = edge_ad("keys", "create", name, "--role", role, "--keys-dir", str(keys_dir), "--output", str(key))
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{key}: for {name}, may {role}; move it to the client and leave no copy here\n"
    return key


def test_keys_are_made_listed_and_revoked(tmp_path: Path, keys_dir: Path, config: Path) -> None:
    create(tmp_path, keys_dir, "hmi-1", "operate")
    create(tmp_path, keys_dir, "archive", "observe")
    listed = edge_ad("keys", "list", "--config", str(config), "--json").stdout.splitlines()
    assert [(key["name"], key["role"]) for key in map(json.loads, listed)] == [
        ("archive", "observe"),
        ("hmi-1", "operate"),
    ]
    assert edge_ad("keys", "revoke", "hmi-1", "--config", str(config)).stdout == "hmi-1 is revoked\n"
    assert edge_ad("keys", "list", "--config", str(config)).stdout.split()[:2] == ["archive", "observe"]
    said = the_line(edge_ad("keys", "revoke", "hmi-1", "--config", str(config)), 2)
    assert said == "no client 'hmi-1'; here are: archive"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ((), "which client is meant?; give a name, e.g. edge-ad keys create hmi-1"),
        (("a", "--role", "king"), "no such role: 'king'; give one of: observe, operate, maintain"),
        (("a", "--station"), "--station makes no client; leave out either the name or --station"),
        (("a/b",), "not a name: 'a/b'; use up to 64 letters, digits, '-' and '_'"),
    ],
)
def test_a_wrong_request_is_one_line(keys_dir: Path, arguments: tuple[str, ...], line: str) -> None:
    assert the_line(edge_ad("keys", "create", *arguments, "--keys-dir", str(keys_dir)), 2) == line
    assert not keys_dir.exists()


def test_a_station_with_a_key_that_others_can_read_does_not_start_until_it_is_mended(
    tiny_bundle: Path, tmp_path: Path, keys_dir: Path, config: Path
) -> None:
    edge_ad("keys", "create", "--station", "--keys-dir", str(keys_dir))
    start = ("run", "--config", str(config), "--model", str(tiny_bundle), "--camera", "0", "--check")
    (keys_dir / "station.key").chmod(0o644)
    said = the_line(edge_ad(*start), 1)
    path = f"{tmp_path}/keys/station.key"
    assert said == f"{path} can be read by others (mode 0644); mend it with: chmod 600 {path}"
    subprocess.run(said.split("mend it with: ")[1].split(), check=True)
    assert edge_ad(*start).returncode == 0


def test_a_station_that_the_network_reaches_serves_clients_by_their_roles(
    run_station: RunStation, tmp_path: Path, keys_dir: Path, config: Path, mixed_folder: Path
) -> None:
    observe, operate = (create(tmp_path, keys_dir, role, role) for role in ("observe", "operate"))
    everywhere = [
        text for option in ("--events", "--heatmaps", "--control") for text in (option, f"tcp://{NETWORK}:*")
    ]
    station = run_station(
        "--config", str(config), "--camera", str(mixed_folder), "--fps", "20", "--loop", *everywhere
    )
    reach = {
        name: str(station.event("started")[name]).replace(NETWORK, LOOPBACK) for name in ("events", "control")
    }
    listen = ("subscribe", reach["events"], "--topic", "result/", "--count", "2", "--timeout-s", "10")
    heard = edge_ad(*listen, "--keys", str(observe))
    assert (heard.returncode, len(heard.stdout.splitlines())) == (0, 2)
    silent = edge_ad("subscribe", reach["events"], "--count", "1", "--timeout-s", "1")
    assert (silent.returncode, silent.stdout) == (1, "")

    with Subscriber(reach["events"], topics=("action/", "heartbeat/"), keys=observe) as reader:
        read_until(reader, lambda m: isinstance(m, Heartbeat))
        steering, looking = (Asker(reach["control"], keys=keys) for keys in (operate, observe))
        with pytest.raises(BusError, match="forbidden: pause needs the role operate, observe has observe"):
            looking.ask("pause")
        steering.ask("pause")
        (action,) = of_kind(Action, read_until(reader, lambda m: isinstance(m, Action)))
        assert (action.who, action.command, action.camera) == ("operate", "pause", "camera")
        (keys_dir / "clients").chmod(0o777)
        for asker in (steering, looking):
            asker.close()
    assert station.events("keys_unreadable", 1)[0]["reason"].startswith(
        f"{keys_dir}/clients can be changed by others"
    )
    assert station.signal(signal.SIGTERM) < 5
    assert station.other_lines == []


def test_damaged_keys_are_a_health_event_and_so_is_their_return(
    run_station: RunStation, tmp_path: Path, keys_dir: Path, config: Path, mixed_folder: Path
) -> None:
    good = create(tmp_path, keys_dir, "good", "observe")
    create(tmp_path, keys_dir, "bad", "observe")
    station = run_station("--config", str(config), "--camera", str(mixed_folder), "--fps", "20", "--loop")
    with station.subscriber("", keys=good) as reader:
        read_until(reader, lambda m: isinstance(m, Result))
        (keys_dir / "clients" / "bad.json").write_text("{")
        said = read_until(reader, lambda m: isinstance(m, Health) and m.state == "degraded")[-1]
        assert isinstance(said, Health) and said.component == "security"
        assert said.reason.startswith(f"{keys_dir}/clients/bad.json is no key file of a client")
        (keys_dir / "clients" / "bad.json").unlink()
        back = read_until(reader, lambda m: isinstance(m, Health) and m.component == "security")[-1]
        assert isinstance(back, Health) and (back.state, back.reason) == ("ok", "")
