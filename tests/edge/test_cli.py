"""The front door: help, errors on one line, and what it costs to open."""

from __future__ import annotations

import json
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer.main

from edge.cli import app
from tests.edge.command_line import SIGNALLED_AT_IMPORT, edge_ad, the_line
from tests.edge.running_station import clean_environment

COMMANDS = sorted(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
HEAVY = ("torch", "openvino", "cv2", "numpy", "zmq", "rich", "matplotlib", "nncf", "sklearn")
HELP_LIMIT_S = 0.5


def run_python(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=clean_environment(), timeout=60, check=True)


def median_s(*arguments: str) -> float:
    took_s = []
    for _ in range(5):
        began_s = time.perf_counter()
        run_python(*arguments)
        took_s.append(time.perf_counter() - began_s)
    return statistics.median(took_s)


def test_help_is_there_in_half_a_second() -> None:
    took_s = median_s("-m", "edge", "--help") - median_s("-c", "pass")
    print(f"edge-ad --help: {took_s * 1000:.0f} ms beyond a bare interpreter")
    assert took_s < HELP_LIMIT_S


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["train", "--help"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    script = (
        "import json, sys; from edge.cli import main; sys.argv = ['edge-ad', *sys.argv[1:]]\n"
        "try: main()\n"
        "finally: sys.stderr.write(json.dumps(sorted(sys.modules)))"
    )
    loaded = json.loads(run_python("-c", script, *arguments).stderr)
    assert "typer" in loaded
    assert [name for name in HEAVY if name in loaded] == []


def test_without_a_command_the_help_is_shown() -> None:
    bare, asked = edge_ad(), edge_ad("--help")
    assert bare.returncode == asked.returncode == 0
    assert bare.stdout.split() == asked.stdout.split()
    assert all(f"  {command} " in asked.stdout for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_every_command_shows_an_example(command: str) -> None:
    text = edge_ad(command, "--help").stdout
    example = text[text.index("Example:") :]
    assert f"edge-ad {command}" in example
    options = {word for word in example.split("Options:")[0].split() if word.startswith("--")}
    assert all(f"  {option} " in text for option in options), options


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--nope"], "No such option: --nope; see '"),
        (["runn"], "No such command 'runn'. Did you mean 'run'?; see '"),
        (["run", "--colour", "red"], "No such option: --colour"),
        (["run", "again"], "Got unexpected extra argument"),
        (["run", "--threshold", "high"], "Invalid value for '--threshold': "),
        (["run", "--model"], "Option '--model' requires an argument"),
        (["collect"], "Missing option '--"),
        (["calibrate", "--model", "m.xml", "--false-alarm-rate", "0.9"], "Invalid value for '--false-alarm-rate'"),
    ],
)
def test_wrong_usage_is_one_line_and_points_to_the_help(arguments: list[str], line: str) -> None:
    said = the_line(edge_ad(*arguments), 2)
    assert said.startswith(line)
    assert said.endswith("--help'")


@pytest.mark.parametrize("how", [["--debug"], []])
def test_debug_shows_the_traceback_that_is_else_one_line(how: list[str], tmp_path: Path) -> None:
    environ = {} if how else {"EDGE_AD_DEBUG": "1"}
    done = edge_ad(*how, "calibrate", "--model", tmp_path / "m.xml", "--images", tmp_path, environ=environ)
    assert done.returncode == 1
    assert "Traceback (most recent call last)" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("edge.errors.BundleError: no such file: ")


def test_ctrl_c_while_it_loads_is_one_line() -> None:
    command = [sys.executable, "-c", SIGNALLED_AT_IMPORT, "edge.cli", str(int(signal.SIGINT)), "version"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert the_line(done, 130) == "interrupted"


WITHOUT_TORCH = """
import sys
for name in ("torch", "nncf", "sklearn", "onnx", "safetensors", "matplotlib", "jinja2"):
    sys.modules[name] = None
from edge.cli import main
sys.argv = ["edge-ad", *sys.argv[1:]]
main()
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "--data", "d", "--output", "o"],
        ["evaluate", "--model", "m.xml", "--data", "d", "--output", "o"],
        ["export", "--checkpoint", "c.safetensors", "--output", "m.xml"],
    ],
)
def test_a_missing_extra_is_one_line_that_says_what_to_install(arguments: list[str]) -> None:
    command = [sys.executable, "-c", WITHOUT_TORCH, *arguments]
    done = subprocess.run(
        command, capture_output=True, text=True, env=clean_environment(), timeout=60, check=False
    )
    said = the_line(done, 1)
    assert said.startswith("this command needs the package '")
    assert said.endswith("; pip install 'edge-ad[train]'")


def test_nobody_is_told_that_openvino_is_used(tmp_path: Path) -> None:
    # Its Python package else leaves a client number in the home folder and forks a process that reports it.
    script = (
        "import sys; told = []\n"
        "sys.addaudithook(lambda e, a: told.append(e) if e in ('os.fork', 'socket.connect') else None)\n"
        "import edge.inference.engine, time; time.sleep(0.2); sys.exit(f'{told}' if told else 0)"
    )
    environ = {name: text for name, text in clean_environment().items() if name != "CI"} | {"HOME": str(tmp_path)}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert list(tmp_path.iterdir()) == []
