"""``edge-ad run`` with what cannot work: one line that says what, where and what to do."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import openvino as ov
import openvino.opset13 as ops
import pytest

from tests.edge.command_line import Done, edge_ad, the_line

FREE = "tcp://127.0.0.1:*"
FREE_PORTS = ("--events", FREE, "--heatmaps", FREE, "--control", FREE)


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))


@pytest.fixture
def camera(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    cv2.imwrite(str(folder / "grey.png"), np.full((40, 40, 3), 128, np.uint8))
    return folder


@pytest.fixture
def port_in_use() -> Iterator[str]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield f"tcp://127.0.0.1:{taken.getsockname()[1]}"


def run(model: Path, camera: Path | str, *options: str | Path) -> Done:
    return edge_ad("run", "--model", model, "--camera", camera, *FREE_PORTS, *options)


@pytest.mark.parametrize(
    ("source", "code", "line"),
    [
        ("nowhere", 1, "cannot open camera nowhere: no such file or folder; give an index, a device path"),
        ("17", 1, "cannot open camera 17: no such device /dev/video17; plug it in"),
        ("http://127.0.0.1:9/", 1, "cannot open camera http://127.0.0.1:9/: no stream there; check the address"),
        ("gopher://h", 2, "cannot use camera gopher://h: unknown kind of address gopher://; these are known:"),
        ("{tmp}/empty", 1, "no pictures in {tmp}/empty; these kinds are read: .bmp .jpeg"),
        ("{tmp}/*.tif", 1, "no pictures match {tmp}/*.tif; quote the pattern"),
        ("{tmp}/torn", 1, "none of the 2 pictures in {tmp}/torn can be decoded; replace the damaged files"),
    ],
)
def test_a_camera_that_does_not_open(tiny_bundle: Path, tmp_path: Path, source: str, code: int, line: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "torn").mkdir()
    for name in ("1.png", "2.jpg"):
        (tmp_path / "torn" / name).write_bytes(b"\x89PNG\r\n\x1a\n torn")
    done = run(tiny_bundle, source.format(tmp=tmp_path))
    assert the_line(done, code).startswith(line.format(tmp=tmp_path))


def test_a_model_file_that_is_cut_off(own_bundle: Path, camera: Path) -> None:
    whole = own_bundle.read_bytes()
    own_bundle.write_bytes(whole[: len(whole) // 3])
    said = the_line(run(own_bundle, camera), 1)
    assert said.startswith(f"{own_bundle} is cut off; copy the .xml and .bin")


def test_a_model_file_with_one_changed_byte(own_bundle: Path, camera: Path) -> None:
    xml = own_bundle.read_bytes()
    own_bundle.write_bytes(xml.replace(b'<layer id="1"', b'<layer id="7"', 1))
    said = the_line(run(own_bundle, camera), 1)
    assert said.startswith(
        f"{own_bundle} is damaged: its bytes do not match its own digest; copy the .xml and .bin"
    )


def test_a_weight_file_that_is_cut_off(own_bundle: Path, camera: Path) -> None:
    weights = own_bundle.with_suffix(".bin")
    weights.write_bytes(weights.read_bytes()[:-1])
    said = the_line(run(own_bundle, camera), 1)
    assert said.startswith(f"{weights} is damaged or belongs to another .xml; copy the .xml and .bin")


def test_a_model_of_another_program(tmp_path: Path, camera: Path) -> None:
    picture = ops.parameter([1, 3, 32, 32], np.float32)
    ov.save_model(ov.Model([ops.relu(picture)], [picture], "foreign"), tmp_path / "foreign.xml")
    said = the_line(run(tmp_path / "foreign.xml", camera), 1)
    assert "/foreign.xml: it has no edge-ad model card" in said and "edge-ad export" in said


def test_a_model_that_is_not_there(tmp_path: Path, camera: Path) -> None:
    said = the_line(run(tmp_path / "bottle.xml", camera), 2)
    assert said == f"no such model file: {tmp_path}/bottle.xml; copy both the .xml and the .bin file there"


@pytest.mark.parametrize("option", ["--events", "--heatmaps", "--control"])
def test_a_port_in_use(tiny_bundle: Path, camera: Path, port_in_use: str, option: str) -> None:
    said = the_line(run(tiny_bundle, camera, option, port_in_use), 1)
    assert said.startswith(f"{port_in_use} is in use; ")
    assert option in said


@pytest.mark.parametrize("option", ["--events", "--heatmaps", "--control"])
def test_an_address_that_others_can_reach(tiny_bundle: Path, camera: Path, option: str) -> None:
    said = the_line(run(tiny_bundle, camera, option, "tcp://0.0.0.0:5556"), 2)
    assert said.startswith("tcp://0.0.0.0:5556 can be reached from the network, which needs keys; none are in ")
    assert option in said and "edge-ad keys create hmi-1 --role observe --keys-dir " in said


def test_a_device_that_is_not_here(own_bundle: Path, camera: Path) -> None:
    said = the_line(run(own_bundle, camera, "--device", "CPU.7"), 1)
    assert said.startswith("no inference device 'CPU.7'; this computer has: AUTO CPU")
    said = the_line(run(own_bundle, camera, "--device", "abacus"), 2)
    assert said.startswith('command line: device = "abacus": not of the right form; OpenVINO device: AUTO, CPU')


def test_a_state_folder_that_cannot_be_made(own_bundle: Path, camera: Path) -> None:
    said = the_line(run(own_bundle, camera, "--state-dir", own_bundle), 1)
    assert said == f"cannot make {own_bundle}: File exists; give another state directory"


def test_half_a_station_is_not_run(tiny_bundle: Path, tmp_path: Path, camera: Path) -> None:
    assert the_line(edge_ad("run", "--camera", camera), 2).startswith("no model is set; give --model")
    assert the_line(edge_ad("run", "--model", tiny_bundle), 2).startswith("no camera is set; give --camera")
    config = tmp_path / "line-3.toml"
    config.write_text(f'model = "{tiny_bundle}"\n[bus]\nevent = "tcp://127.0.0.1:5556"\n', encoding="utf-8")
    said = the_line(edge_ad("run", "--config", config), 2)
    assert said == f"{config}:3: bus.event: unknown key; did you mean bus.events?"


@pytest.mark.parametrize("model", [".", "", "bottle.bin"])
def test_a_model_that_is_no_xml_file(camera: Path, model: str) -> None:
    line = the_line(run(Path(model) if model else model, camera), 2)
    assert "is not an .xml file; --model takes the .xml of a bundle" in line or "no such model file" in line


def test_what_no_command_foresaw_of_the_system_is_one_line_too() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "edge", "schema"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr == "edge-ad: error: No space left on device: standard output\n"
