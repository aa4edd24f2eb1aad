"""Settings, addresses and the model of the station that is to run."""

from __future__ import annotations

import socket
from pathlib import Path

from edge.config.camera import StationCamera
from edge.config.station import StationConfig
from edge.doctor import station
from edge.doctor.check import Status
from edge.security.folder import KeyFolder
from edge.security.options import SecurityOptions
from edge.security.role import Role
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


def test_a_model_is_tried_and_gives_the_scores_of_its_export(tiny_bundle: Path) -> None:
    check = station.model(tiny_bundle, StationConfig(device="CPU"))
    assert check.status is Status.OK and check.found.endswith("; scores on CPU as at its export")


def test_each_model_of_the_station_is_looked_at_once(tiny_bundle: Path, tmp_path: Path) -> None:
    cameras = [StationCamera(name=name, source="0", model=path) for name, path in (("a", None), ("b", None))]
    cameras.append(StationCamera(name="c", source="0", model=tmp_path / "other.xml"))
    checks = list(station.models(StationConfig(model=tiny_bundle, device="CPU", cameras=tuple(cameras)), None))
    assert [check.status for check in checks] == [Status.OK, Status.FAIL]


def test_a_key_that_others_can_read_fails_with_the_command_that_mends_it(tmp_path: Path) -> None:
    settings = StationConfig(security=SecurityOptions(keys=tmp_path / "keys"))
    KeyFolder(tmp_path / "keys").create("hmi-1", Role.OBSERVE, tmp_path / "hmi-1.key")
    check, folder = station.keys(settings)
    assert (check.status, check.found) == (Status.OK, f"{tmp_path}/keys: hmi-1 (observe)")
    assert folder is not None
    for file in (tmp_path / "keys").glob("*.key"):
        file.chmod(0o644)
    check, folder = station.keys(settings)
    assert check.status is Status.FAIL and "chmod" in check.mend and folder is None


def test_an_address_of_the_network_needs_keys_and_is_tried_with_them(tmp_path: Path) -> None:
    bus = {"events": "tcp://0.0.0.0:*", "heatmaps": "tcp://0.0.0.0:*", "control": "tcp://127.0.0.1:*"}
    open_to_all = StationConfig.model_validate({"bus": bus, "state_dir": tmp_path})
    assert station.keys(open_to_all)[0].status is Status.FAIL
    KeyFolder(tmp_path / "keys").create("hmi-1", Role.OBSERVE, tmp_path / "hmi-1.key")
    check, folder = station.keys(open_to_all)
    assert check.status is Status.OK
    assert [one.status for one in station.addresses(open_to_all, folder)] == [Status.OK] * 3


def test_a_port_of_metrics_in_use_is_a_warning() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        where = f"127.0.0.1:{server.getsockname()[1]}"
        assert station.metrics_address(where).status is Status.WARN
    assert station.metrics_address("127.0.0.1:0").status is Status.OK
