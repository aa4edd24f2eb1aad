"""Key files and what is refused of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.errors import SecurityError
from edge.security.folder import KeyFolder
from edge.security.keys import Client, ClientKeys, StationKeys, parse, read_client_keys
from edge.security.role import Role


def test_a_client_file_brings_all_that_a_client_needs(folder: KeyFolder, tmp_path: Path) -> None:
    keys = read_client_keys(tmp_path / "operate.key")
    assert (keys.name, keys.role, keys.station_public) == ("operate", Role.OPERATE, folder.station().public)


def test_a_secret_key_is_never_shown(folder: KeyFolder, tmp_path: Path) -> None:
    keys = read_client_keys(tmp_path / "observe.key")
    secret = keys.secret.get_secret_value()
    assert len(secret) == 40 and secret in (tmp_path / "observe.key").read_text()
    assert secret not in repr(keys) + str(keys) + f"{keys.model_dump()}"


@pytest.mark.parametrize(
    "change",
    [
        {"secret": "x" * 40},
        {"secret": "short"},
        {"public": "é" * 40},
        {"role": "king"},
        {"name": "../../x"},
        {"schema": 2},
        {"kind": "station"},
        {"more": 1},
        {"station_public": None},
    ],
)
def test_a_wrong_field_is_refused_without_showing_the_secret(
    folder: KeyFolder, tmp_path: Path, change: dict[str, object]
) -> None:
    path = tmp_path / "operate.key"
    fields = json.loads(path.read_text())
    path.write_text(json.dumps(fields | change))
    with pytest.raises(SecurityError) as error:
        read_client_keys(path)
    assert str(path) in str(error.value) and "\n" not in str(error.value)
    assert fields["secret"] not in str(error.value)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.one_of(st.text(), st.recursive(st.none() | st.text(), st.lists).map(json.dumps)))
@pytest.mark.parametrize("kind", [StationKeys, ClientKeys, Client])
def test_any_other_text_is_refused_in_one_line(kind: type[StationKeys], text: str) -> None:
    with pytest.raises(SecurityError, match="^a.key is no key file"):
        parse(kind, Path("a.key"), text)


@pytest.mark.parametrize("role", Role)
def test_each_role_may_do_what_those_before_it_may(role: Role) -> None:
    assert [role.covers(needed) for needed in Role] == [
        list(Role).index(needed) <= list(Role).index(role) for needed in Role
    ]
