"""Settings, addresses and the model of the station that is to run."""

from __future__ import annotations

import socket
from pathlib import Path

from edge.config.station import StationConfig
from edge.doctor import station
from edge.doctor.check import Status
from tests.edge.inference.exports import Whole, named_outputs


def test_a_wrong_station_file_fails_and_the_defaults_are_looked_at(tmp_path: Path) -> None:
    file = tmp_path / "line-3.toml"
    file.write_text("[bus]\nevent = 1\n", encoding="utf-8")
    check, settings = station.settings(file, {})
    assert (check.status, check.found) == (Status.FAIL, f"{file}:2: bus.event: unknown key")
    assert check.mend == "did you mean bus.events?"
    assert settings == StationConfig()


def test_settings_come_from_file_and_environment(tmp_path: Path) -> None:
    file = tmp_path / "line-3.toml"
    file.write_text('station = "line-3"\n', encoding="utf-8")
    check, settings = station.settings(file, {"EDGE_AD_DEVICE": "CPU"})
    assert (check.status, settings.station, settings.device) == (Status.OK, "line-3", "CPU")


def test_an_address_in_use_is_a_warning_and_a_free_one_is_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        where = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        check = station.address("--events", where)
        assert (check.name, check.status) == ("address events", Status.WARN)
        assert check.found == f"{where} is in use"
        assert "--events" in check.mend
    check = station.address("--events", where)
    assert (check.status, check.found) == (Status.OK, f"{where} is free")


def test_an_address_that_the_daemon_would_refuse_fails() -> None:
    assert station.address("--events", "tcp://0.0.0.0:5556").status is Status.FAIL


def test_a_local_socket_file_is_left_to_the_station_that_has_it(tmp_path: Path) -> None:
    held = str(tmp_path / "events")
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(held)
        server.listen()
        server.settimeout(2)
        assert station.address("--events", f"ipc://{held}").status is Status.OK
        client.connect(held)
        server.accept()[0].close()


def test_a_model_that_is_not_a_bundle_fails_with_the_reason(tmp_path: Path) -> None:
    model = tmp_path / "bottle.xml"
    model.write_text("<net/>", encoding="utf-8")
    check = station.model(model)
    assert check.status is Status.FAIL
    assert str(model) in check.found
    assert station.model(None).status is Status.OK


def test_a_model_from_elsewhere_is_a_warning_because_it_cannot_be_proved_whole(tmp_path: Path) -> None:
    check = station.model(named_outputs(Whole(inner=96), tmp_path / "plate.xml", input_size=None))
    assert check.status is Status.WARN
    assert check.found.startswith("plate ")
    assert check.found.endswith("threshold 0.5; no digest: the file cannot be proved whole")
    assert check.mend.startswith("compare the sha256 of both files")
