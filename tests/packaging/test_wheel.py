"""The wheel as a device gets it: installed without extras, at the pinned versions, in a fresh environment."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.messaging.messages import Result
from tests.edge.running_station import RunningStation, clean_environment, of_kind, until_stopping

ROOT = Path(__file__).parents[2]
ROOMS = ("edge", "train", "export", "calibration")
WORKSTATION_ONLY = (
    "torch",
    "onnx",
    "onnxruntime",
    "nncf",
    "sklearn",
    "scipy",
    "matplotlib",
    "safetensors",
    "timm",
)
MOST_PACKAGES, MOST_MB = 24, 470
LOOK = """
import importlib.metadata, importlib.util, json, pathlib, sys
names = sorted({d.name for d in importlib.metadata.distributions()} - {"pip", "setuptools"})
present = [name for name in sys.argv[1:] if importlib.util.find_spec(name)]
bytes_ = sum(f.lstat().st_size for d in importlib.metadata.distributions() for f in
             (pathlib.Path(d.locate_file(p)) for p in d.files or ()) if f.is_file() and d.name in names)
print(json.dumps({"names": names, "present": present, "mb": bytes_ / 1e6}))
"""


def run(*command: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        text=True,
        env=clean_environment(),
        cwd=Path(sys.prefix),  # not the repository: what is imported must be what was installed
        timeout=120,
        check=False,
    )
    assert done.returncode == code, done.stderr
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = tmp_path_factory.mktemp("source")
    for room in ROOMS:
        shutil.copytree(ROOT / room, source / room, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, source / name)
    output = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", output, source)
    (built,) = output.glob("edge_ad-*.whl")
    return built


@pytest.fixture(scope="module")
def device(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The ``bin`` folder of a fresh environment with the wheel and what it needs, no more."""
    environment = tmp_path_factory.mktemp("device") / "venv"
    run(sys.executable, "-m", "venv", environment)
    pip = (environment / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    run(*pip, "--constraint", ROOT / "constraints.txt", wheel)
    yield environment / "bin"
    shutil.rmtree(environment)


def test_every_constraint_is_a_version() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    wrong = [line for line in lines if line and not re.fullmatch(r"#.*|[A-Za-z0-9_.-]+==[0-9][^\s]*", line)]
    assert wrong == []


def test_the_wheel_holds_the_rooms_with_their_templates_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    folders = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert folders == set(ROOMS)
    templates = {str(path.relative_to(ROOT)) for room in ROOMS for path in (ROOT / room).rglob("*.html")}
    assert templates and templates <= set(names)


def test_a_device_gets_little_and_nothing_of_the_workstation(device: Path) -> None:
    look = json.loads(run(device / "python", "-c", LOOK, *WORKSTATION_ONLY).stdout)
    print(f"{len(look['names'])} packages, {look['mb']:.0f} MB: {' '.join(look['names'])}")
    assert look["present"] == []
    assert "edge-ad" in look["names"] and len(look["names"]) <= MOST_PACKAGES
    assert look["mb"] <= MOST_MB


def test_the_daemon_runs_there(device: Path, tiny_bundle: Path, tiny_dataset: Path, tmp_path: Path) -> None:
    pictures = str(tiny_dataset / "test" / "blob")
    options = ("--camera", pictures, "--wait-for-subscribers", "1")
    station = RunningStation(tiny_bundle, tmp_path, *options, program=[str(device / "edge-ad")])
    try:
        with station.subscriber("") as reader:
            results = of_kind(Result, until_stopping(reader))
        assert [result.picture for result in results] == [f"{number:03}.png" for number in range(6)]
        assert {result.verdict for result in results} == {"anomalous"}
        assert (station.wait(), station.other_lines) == (0, [])
    finally:
        station.close()


def test_a_product_is_taught_there(device: Path, tiny_backbone: Path, tiny_dataset: Path, tmp_path: Path) -> None:
    """With nothing of the workstation but the backbone's two files; to be activated it is compiled and tried."""
    state = ("--state-dir", tmp_path)
    teach = (device / "edge-ad", "teach", "--name", "plate", *state, "--min-change", "0", "--json")
    good = tiny_dataset / "train" / "good"
    taught = json.loads(run(*teach, "--images", good, "--backbone", tiny_backbone).stdout)
    assert (taught["pictures"], taught["fitted"]) == (24, 19)
    added = json.loads(run(*teach, "--images", tiny_dataset / "test" / "good", "--add").stdout)
    assert (added["pictures"], added["new"]) == (30, 6)
    assert run(device / "edge-ad", "models", "activate", added["model"], *state).stdout.startswith(
        "active: plate@"
    )


def test_training_there_is_refused_with_what_to_install(device: Path) -> None:
    said = run(device / "edge-ad", "train", "--data", "pictures", "--output", "runs", code=1).stderr
    assert re.fullmatch(
        r"edge-ad: error: this command needs the package '\w+'; pip install 'edge-ad\[train\]'\n", said
    )
    versions = json.loads(run(device / "edge-ad", "version", "--json").stdout)
    assert versions["torch"] is None and versions["openvino"]
