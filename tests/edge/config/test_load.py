"""Loading a station: who wins, and the one line that each mistake gives."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic import ValidationError

from edge.config.load import load_station
from edge.errors import ConfigError

TWO_CAMERAS = """
[[cameras]]
name = "top"
source = "0"
read_timeout_s = 3
[[cameras]]
name = "side"
source = "1"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "line-3.toml"


def complaint(
    file: Path,
    text: str,
    *,
    environ: Mapping[str, str] | None = None,
    overrides: Mapping[str, object] | None = None,
) -> str:
    """The line that a user reads, with the file's folder left out."""
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_station(file, environ=environ or {}, overrides=overrides or {})
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)
    return str(caught.value).replace(f"{file.parent}/", "")


def test_command_line_beats_environment_beats_file_beats_default(file: Path) -> None:
    file.write_text('[bus]\nevents = "tcp://127.0.0.1:3000"\n', encoding="utf-8")
    environ = {"EDGE_AD_BUS__EVENTS": "tcp://127.0.0.1:2000"}
    overrides = {"bus.events": "tcp://127.0.0.1:1000"}

    def events(config: Path | None, environ: dict[str, str], overrides: dict[str, object]) -> str:
        return load_station(config, environ=environ, overrides=overrides).bus.events

    assert events(None, {}, {}) == "tcp://127.0.0.1:5556"
    assert events(file, {}, {}) == "tcp://127.0.0.1:3000"
    assert events(file, environ, {}) == "tcp://127.0.0.1:2000"
    assert events(file, environ, {**overrides}) == "tcp://127.0.0.1:1000"


def test_layers_are_merged_key_by_key_down_into_tables(file: Path) -> None:
    file.write_text("[bus]\nheartbeat_s = 2\npicture = true\n" + TWO_CAMERAS, encoding="utf-8")
    environ = {"EDGE_AD_CAMERAS__1__FPS": "12.5", "EDGE_AD_BUS__PICTURE": "false", "EDGE_AD_MODEL": ""}
    station = load_station(file, environ=environ, overrides={"bus.heatmaps_of": "all", "device": None})
    assert (station.bus.heartbeat_s, station.bus.picture, station.bus.heatmaps_of) == (2.0, False, "all")
    assert [(camera.name, camera.fps) for camera in station.cameras] == [("top", None), ("side", 12.5)]
    assert station.model is None


def test_a_loaded_station_is_frozen() -> None:
    station = load_station(None, environ={}, overrides={})
    with pytest.raises(ValidationError, match="frozen"):
        station.bus.events = "tcp://127.0.0.1:1"  # type: ignore[misc]


def test_the_camera_of_the_command_line_changes_the_only_camera_of_the_file(file: Path) -> None:
    file.write_text('[[cameras]]\nname = "top"\nsource = "0"\nread_timeout_s = 3\n', encoding="utf-8")
    asked = {"camera.source": "parts/", "camera.loop": True, "camera.fps": None}
    (camera,) = load_station(file, environ={}, overrides=asked).cameras
    assert (camera.name, camera.source, camera.loop, camera.read_timeout_s) == ("top", "parts/", True, 3.0)


def test_the_camera_of_the_command_line_replaces_several(file: Path) -> None:
    file.write_text(TWO_CAMERAS, encoding="utf-8")
    environ = {"EDGE_AD_CAMERAS__1__FPS": "5"}
    (camera,) = load_station(file, environ=environ, overrides={"camera.source": "parts/"}).cameras
    assert (camera.name, camera.source, camera.fps, camera.read_timeout_s) == ("camera", "parts/", None, 1.0)


def test_the_camera_of_the_command_line_needs_no_file() -> None:
    (camera,) = load_station(None, environ={}, overrides={"camera.source": "0", "camera.fps": 10}).cameras
    assert (camera.name, camera.source, camera.fps) == ("camera", "0", 10.0)


def test_paths_of_a_file_start_at_its_folder_and_others_where_the_command_runs(file: Path) -> None:
    file.write_text('model = "models/bottle.xml"\nstate_dir = "/var/lib/x"\n', encoding="utf-8")
    station = load_station(file, environ={}, overrides={})
    assert station.model == file.parent / "models/bottle.xml"
    assert station.state_dir == Path("/var/lib/x")
    assert load_station(file, environ={"EDGE_AD_MODEL": "b.xml"}, overrides={}).model == Path("b.xml")
    assert load_station(file, environ={}, overrides={"model": Path("c.xml")}).model == Path("c.xml")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("\n[bus]\nevent = 1", "line-3.toml:3: bus.event: unknown key; did you mean bus.events?"),
        ("[bsu]\n", "line-3.toml:1: bsu: unknown key; did you mean bus?"),
        ("zzz = 1", "line-3.toml:1: zzz: unknown key; every key is in docs/configuration.md"),
        ('[cameras]\nsource = "0"', "line-3.toml:2: cameras.source: unknown key; did you mean cameras.0.source?"),
        ("bus = 3", "line-3.toml:1: bus: must be a table; write [bus] on a line of its own"),
        ("cameras = []", "line-3.toml:1: cameras: must be a table; write [[cameras]] on a line of its own"),
        (
            "[bus]\n\nheartbeat_s = 0",
            "line-3.toml:3: bus.heartbeat_s = 0: must be greater than or equal to 0.1; "
            "seconds between heartbeats; a client gives up after three",
        ),
        (
            "threshold = nan",
            "line-3.toml:1: threshold = NaN: must be a finite number; raw score above which a part "
            "is anomalous; the model card's if unset",
        ),
        (
            'threshold = "3"',
            'line-3.toml:1: threshold = "3": must be a valid number; raw score above which a part '
            "is anomalous; the model card's if unset",
        ),
        (
            "threshold = true",
            "line-3.toml:1: threshold = true: must be a valid number; raw score above which a part "
            "is anomalous; the model card's if unset",
        ),
        (
            "inference.hint = 'fast'",
            "line-3.toml:1: inference.hint = \"fast\": must be 'auto', 'latency' or 'throughput'; "
            "what the device is tuned for: one frame soon, or many frames; auto decides by number and mode of the "
            "cameras",
        ),
        (
            "device = 'TPU'",
            'line-3.toml:1: device = "TPU": not of the right form; OpenVINO device: AUTO, CPU, GPU, '
            "NPU, or one of several such as GPU.1",
        ),
        (
            "[[cameras]]\nsource = 0",
            "line-3.toml:2: cameras.0.source = 0: must be a valid string; write it in quotes",
        ),
        (
            "[[cameras]]\nname = 'a'",
            "line-3.toml:1: cameras.0.source: is missing; index, device path, video file, "
            "folder or glob of pictures, memory:FOLDER, rtsp:// or http:// address, GStreamer pipeline, "
            "or genicam:SERIAL",
        ),
        (
            "[[cameras]]\nsource = '0'\nignore = [[0, 0], [20, 0], [20, 20]]",
            "line-3.toml:3: cameras.0.ignore.0.0: must be a list; a polygon is [[x, y], [x, y], [x, y]], and "
            "several of them are a list of polygons",
        ),
        (
            "[[cameras]]\nsource = '0'\nroi = [[0, 0], [20, 70000], [20, 20]]",
            "line-3.toml:3: cameras.0.roi.1.1: must be less than or equal to 65535",
        ),
        (
            TWO_CAMERAS.replace("side", "top"),
            "line-3.toml:2: cameras: two cameras are named top: give each [[cameras]] table its own name",
        ),
        (
            "[bus]\nevents = 'tcp://127.0.0.1:5557'",
            "line-3.toml:1: bus: tcp://127.0.0.1:5557 is given twice: "
            "events, heatmaps and control need one address each",
        ),
        ("station = 'a'\nx = = 3", "line-3.toml:2: not TOML: Invalid value; mend this line"),
        ("station = 'a'\nstation = 'b'\n", "line-3.toml:2: not TOML: Cannot overwrite a value; mend this line"),
    ],
)
def test_a_mistake_in_a_file_is_one_line_with_place_key_value_and_reason(file: Path, text: str, line: str) -> None:
    assert complaint(file, text) == line


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("BUS__EVENT", "x", "EDGE_AD_BUS__EVENT: unknown key; did you mean EDGE_AD_BUS__EVENTS?"),
        ("DEVISE", "CPU", "EDGE_AD_DEVISE: unknown key; did you mean EDGE_AD_DEVICE?"),
        (
            "THRESHOLD",
            "high",
            'EDGE_AD_THRESHOLD = "high": must be a valid number; raw score above which a part is '
            "anomalous; the model card's if unset",
        ),
        (
            "BUS__HEARTBEAT_S",
            "900",
            "EDGE_AD_BUS__HEARTBEAT_S = 900.0: must be less than or equal to 60; seconds "
            "between heartbeats; a client gives up after three",
        ),
        ("CAMERAS__3__FPS", "5", "EDGE_AD_CAMERAS__*: cameras must be numbered from 0 without a gap"),
        ("STATION", "\udcff", "a value on the command line or in the environment is not UTF-8 text"),
    ],
)
def test_a_mistake_in_the_environment_names_the_variable(file: Path, name: str, text: str, line: str) -> None:
    assert complaint(file, "", environ={f"EDGE_AD_{name}": text}) == line


def test_the_blame_goes_to_the_layer_that_won(file: Path) -> None:
    wrong = {"bus.heartbeat_s": 0}
    assert complaint(file, "[bus]\nheartbeat_s = 99", overrides=wrong).startswith(
        "command line: bus.heartbeat_s = 0: must be greater"
    )


def test_pace_without_a_camera_is_refused_where_it_is_not_clear_which_is_meant(file: Path) -> None:
    assert complaint(file, TWO_CAMERAS, overrides={"camera.fps": 3.0}) == (
        "command line: camera.fps: which of 2 cameras is meant?; give --camera too, or set it in the station file"
    )


def test_a_file_that_is_not_there_or_not_text(file: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_station(file, environ={}, overrides={})
    assert str(caught.value) == (
        f"cannot read station file {file}: No such file or directory; give the path of a TOML file"
    )
    file.write_bytes(b"station = '\xff'")
    with pytest.raises(ConfigError, match=r"line-3.toml: not UTF-8 text; save the file as UTF-8"):
        load_station(file, environ={}, overrides={})
    file.write_text("a = " + "[" * 100_000)
    with pytest.raises(ConfigError, match=r"line-3.toml: not TOML: nested too deeply; mend its brackets"):
        load_station(file, environ={}, overrides={})


def test_variables_of_others_and_reserved_ones_are_left_alone() -> None:
    environ = {"EDGE_AD_DEBUG": "1", "EDGE_AD_DATA": "/data", "PATH": "/bin", "EDGE": "x"}
    assert load_station(None, environ=environ, overrides={}) == load_station(None, environ={}, overrides={})


def test_a_polygon_of_two_corners_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "line-3.toml"
    path.write_text("[[cameras]]\nsource = '0'\nroi = [[0, 0], [5, 5]]\n", encoding="utf-8")
    with pytest.raises(
        ConfigError, match=r"line-3.toml:3: cameras.0.roi = .*: needs at least 3, has 2; region of"
    ):
        load_station(path, environ={}, overrides={})
