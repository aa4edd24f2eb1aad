"""``edge-ad run --check``: says what would run, or the first thing that keeps it from running."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.inference.bundle import load_bundle
from tests.edge.command_line import edge_ad, the_line


@pytest.fixture
def pictures(tiny_dataset: Path) -> Path:
    return tiny_dataset / "test" / "good"


@pytest.fixture
def station_file(tiny_bundle: Path, pictures: Path, tmp_path: Path) -> Path:
    path = tmp_path / "line-3.toml"
    path.write_text(
        f"""station = "line-3"
model = "{tiny_bundle}"
state_dir = "{tmp_path}/state"

[[cameras]]
name = "top"
source = "{pictures}"

[[cameras]]
name = "side"
source = "7"
""",
        encoding="utf-8",
    )
    return path


def test_it_says_what_would_run_and_starts_nothing(station_file: Path, tiny_bundle: Path) -> None:
    done = edge_ad("run", "--config", station_file, "--check")
    threshold = load_bundle(tiny_bundle).card.calibration.threshold
    name = load_bundle(tiny_bundle).card.name
    model = f"{name} int8, threshold {threshold:.4g}"
    line = f"ok: station line-3 on CPU; camera top: {model}; camera side: {model}\n"
    assert (done.returncode, done.stdout, done.stderr) == (0, line, "")
    assert not (station_file.parent / "state").exists()


def test_command_line_wins_over_environment_over_file(station_file: Path, pictures: Path) -> None:
    environ = {"EDGE_AD_STATION": "line-4", "EDGE_AD_THRESHOLD": "7.5"}
    done = edge_ad("run", "--config", station_file, "--check", "--threshold", "8.5", environ=environ)
    assert "station line-4" in done.stdout and done.stdout.count("threshold 8.5") == 2
    done = edge_ad("run", "--config", station_file, "--check", "--camera", pictures)
    assert "camera camera: " in done.stdout and "top" not in done.stdout


@pytest.mark.parametrize(
    ("options", "code", "line"),
    [
        (["--model", "gone.xml"], 2, "no such model file: gone.xml; "),
        (["--camera", "nowhere"], 1, "cannot open camera nowhere: no such file or folder; "),
        (["--device", "CPU.7"], 1, "no inference device 'CPU.7'; "),
        (["--events", "tcp://0.0.0.0:5556"], 2, "tcp://0.0.0.0:5556 can be reached from the network"),
        (["--control", "tcp://127.0.0.1:5556"], 2, "tcp://127.0.0.1:5556 is given twice"),
        (["--station", "line 3"], 2, 'command line: station = "line 3": not of the right form'),
    ],
)
def test_what_run_would_refuse_is_refused(station_file: Path, options: list[str], code: int, line: str) -> None:
    said = the_line(edge_ad("run", "--config", station_file, "--check", *options), code)
    assert line in said


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('devise = "CPU"\n', ":1: devise: unknown key; did you mean device?"),
        ("[bus]\nheartbeat_s = 0\n", ":2: bus.heartbeat_s = 0: must be greater than or equal to 0.1; "),
        ('[[cameras]]\nname = "top"\n', ":1: cameras.0.source: is missing; "),
        ("station = \n", ":1: "),
    ],
)
def test_a_wrong_station_file_is_named_with_its_line(tmp_path: Path, text: str, line: str) -> None:
    path = tmp_path / "station.toml"
    path.write_text(text, encoding="utf-8")
    assert the_line(edge_ad("run", "--config", path, "--check"), 2).startswith(f"{path}{line}")
