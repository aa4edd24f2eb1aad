"""Keys are made, listed and revoked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge.errors import SecurityError, UsageError
from edge.security.folder import KeyFolder
from edge.security.keys import read_client_keys
from edge.security.role import Role


def test_the_stations_pair_is_made_once_and_stays(tmp_path: Path) -> None:
    keys = KeyFolder(tmp_path / "keys")
    first = keys.create_station()
    keys.create("a", Role.OBSERVE, tmp_path / "a.key")
    assert keys.create_station() == keys.station() == first
    assert read_client_keys(tmp_path / "a.key").station_public == first.public


def test_who_is_admitted_is_listed_without_any_secret(folder: KeyFolder, tmp_path: Path) -> None:
    assert [(client.name, client.role) for client in folder.check()] == [
        ("maintain", "maintain"),
        ("observe", "observe"),
        ("operate", "operate"),
    ]
    kept = "".join(path.read_text() for path in folder.path.rglob("*") if path.is_file())
    assert all(json.loads((tmp_path / f"{role}.key").read_text())["secret"] not in kept for role in Role)


def test_a_name_that_is_taken_and_a_file_that_is_there_are_refused_and_change_nothing(
    folder: KeyFolder, tmp_path: Path
) -> None:
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(UsageError, match="a client observe already; revoke it first"):
        folder.create("observe", Role.MAINTAIN, tmp_path / "new.key")
    with pytest.raises(UsageError, match="observe.key is there already"):
        folder.create("new", Role.MAINTAIN, tmp_path / "observe.key")
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_revoked_client_is_gone_and_its_name_is_free(folder: KeyFolder, tmp_path: Path) -> None:
    old = read_client_keys(tmp_path / "observe.key").public
    folder.revoke("observe")
    assert "observe" not in [client.name for client in folder.check()]
    folder.create("observe", Role.OBSERVE, tmp_path / "again.key")
    assert old not in [client.public for client in folder.check()]
    with pytest.raises(UsageError, match="no client 'nobody'; here are: maintain observe operate"):
        folder.revoke("nobody")
    with pytest.raises(UsageError, match="not a name"):
        folder.revoke("../station")


def test_a_damaged_or_open_file_stops_a_start_and_admits_nobody_later(folder: KeyFolder) -> None:
    (folder.clients_path / "observe.json").chmod(0o666)
    (folder.clients_path / "operate.json").rename(folder.clients_path / "other.json")
    with pytest.raises(SecurityError, match="observe.json can be changed by others"):
        folder.check()
    damaged: list[SecurityError] = []
    assert [client.name for client in folder.clients(damaged=damaged.append)] == ["maintain"]
    assert len(damaged) == 2 and "other.json is the key of operate" in str(damaged[1])


def test_a_key_under_two_names_is_refused_because_revoking_one_would_change_nothing(folder: KeyFolder) -> None:
    text = (folder.clients_path / "observe.json").read_text()
    (folder.clients_path / "spare.json").write_text(text.replace('"observe",', '"spare",', 1))
    with pytest.raises(SecurityError, match="spare.json has the key of observe; make each client its own key"):
        folder.check()
    damaged: list[SecurityError] = []
    assert "spare" not in [client.name for client in folder.clients(damaged=damaged.append)] and len(damaged) == 1


def test_a_folder_without_the_stations_key_says_how_to_make_it(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir(mode=0o700)
    with pytest.raises(SecurityError, match=f"edge-ad keys create --station --keys-dir {tmp_path}/keys"):
        KeyFolder(tmp_path / "keys").station()
    with pytest.raises(SecurityError, match="cannot look into"):
        KeyFolder(tmp_path / "absent").station()
