"""The store, signing and verifying as an operator does it, without torch."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from edge.cli import app
from edge.errors import BundleError, UsageError
from tests.edge import tiny_models
from tests.edge.command_line import edge_ad, the_line
from tests.edge.conftest import RunStation
from tests.edge.running_station import clean_environment


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return tiny_models.grey(tmp_path / "export" / "grey.xml", version="1")


@pytest.fixture
def state(tmp_path: Path) -> tuple[str, Path]:
    return "--state-dir", tmp_path / "state"


def said(*arguments: str | Path) -> str:
    done = edge_ad(*arguments)
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout


def test_a_model_goes_in_is_switched_rolled_back_and_goes_out(
    model: Path, state: tuple[str, Path], tmp_path: Path
) -> None:
    newer = tiny_models.grey(tmp_path / "newer.xml", version="2", factor=2.0)
    assert "next: edge-ad models activate grey@1" in said("models", "install", model, *state)
    assert said("models", "activate", "grey", *state) == "active: grey@1\n"
    assert said("models", "install", newer, "--name", "grey", "--activate", *state).endswith("active: grey@2\n")
    listed = json.loads(said("models", "list", "--json", *state))
    assert [(row["version"], row["state"]) for row in listed] == [("1", "previous"), ("2", "active")]
    assert said("models", "rollback", "grey", *state) == "active: grey@1\n"
    assert "grey@1" in said("models", "list", *state)
    said("models", "remove", "grey@2", *state)
    assert the_line(edge_ad("models", "remove", "grey@1", *state), 2).startswith("grey@1 is active; ")
    said("models", "remove", "grey", *state)
    assert said("models", "list", *state).startswith("no models in ")


def test_what_is_said_to_come_next_can_be_typed_as_it_stands(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("line 3.toml").write_text('station = "line-3"\nstate_dir = "line #3"\ndevice = "CPU"\n', encoding="utf-8")
    model.parent.rename("models of today")
    config = ("--config", "line 3.toml")

    def told(*arguments: str) -> str:
        app(list(arguments), standalone_mode=False)
        return capsys.readouterr().out.splitlines()[-1]

    def typed(said: str) -> str:
        return told(*shlex.split(said.partition("edge-ad ")[2]))

    assert told("models", "list", *config).endswith("; edge-ad models install MODEL.xml --config 'line 3.toml'")
    with pytest.raises(BundleError) as missing:
        told("models", "activate", "grey", *config)
    monkeypatch.chdir("models of today")
    assert typed(typed(missing.value.hint)) == "active: grey@1"
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as active:
        told("models", "remove", "grey@1", *config)
    with pytest.raises(BundleError) as first:
        told("models", "rollback", "grey", *config)
    assert "active" in typed(first.value.hint)
    assert typed(active.value.hint) == "removed grey"
    activate = told("models", "install", "models of today/grey.xml", *config)
    assert activate == "next: edge-ad models activate grey@1 --config 'line 3.toml'"
    assert typed(activate) == "active: grey@1"


def test_a_station_runs_the_active_one_by_its_name(
    run_station: RunStation, model: Path, state: tuple[str, Path], black_and_grey: Path, no_camera_faults: Path
) -> None:
    options = ("--camera", str(black_and_grey), "--config", str(no_camera_faults))
    refused = run_station(*options, model=Path("grey"))
    assert refused.wait() == 1
    install = f"edge-ad models install grey.xml --state-dir {state[1]}"
    assert refused.other_lines[-1].endswith(f"; install it with: {install}")
    said("models", "install", model, "--activate", *state)
    station = run_station(*options, model=Path("grey"))
    assert station.event("model")["version"] == "1"
    assert station.wait() == 0
    pinned = run_station(*options, model=Path("grey@1"))
    assert pinned.wait() == 0


def test_a_name_in_a_station_file_is_one_of_the_store_and_not_a_file_beside_it(
    model: Path, state: tuple[str, Path], tmp_path: Path
) -> None:
    said("models", "install", model, "--activate", *state)
    config = tmp_path / "line.toml"
    config.write_text(f'model = "grey"\nstate_dir = "{state[1]}"\n[[cameras]]\nsource = "0"\n', encoding="utf-8")
    assert "grey fp32" in said("run", "--config", config, "--check")


def test_a_station_that_requires_signatures_takes_no_other_model(
    run_station: RunStation, model: Path, tmp_path: Path, black_and_grey: Path
) -> None:
    key = tmp_path / "line.pem"
    said("sign", "--create-key", key)
    trusted = tmp_path / "trusted"
    trusted.mkdir()
    (tmp_path / "line.pub.pem").rename(trusted / "line.pub.pem")
    config = tmp_path / "line.toml"
    text = '[security]\nrequire_signed = true\ntrusted_keys = "trusted"\n[faults]\nenabled = false\n'
    config.write_text(text, encoding="utf-8")
    options = ("--camera", str(black_and_grey), "--config", str(config))
    refused = run_station(*options, model=model)
    assert refused.wait() == 1
    assert [line for line in refused.other_lines if "is not signed" in line] == refused.other_lines
    assert "is not signed" in the_line(edge_ad("models", "install", model, "--config", config), 1)
    said("sign", "--model", model, "--key", key)
    assert run_station(*options, model=model).wait() == 0
    assert "signed by line.pub.pem" in said("verify", "--model", model, "--public-key", trusted / "line.pub.pem")
    said("sign", "--create-key", tmp_path / "other.pem")
    other = ("--public-key", tmp_path / "other.pub.pem")
    assert "which is none of: other.pub.pem" in the_line(edge_ad("verify", "--model", model, *other), 1)


def test_verify_says_whole_or_what_is_wrong(model: Path) -> None:
    found = json.loads(said("verify", "--model", model, "--json"))
    assert (found["doubt"], found["signed_by"]) == ("", None)
    model.with_suffix(".bin").write_bytes(b"other")
    assert "is damaged or belongs to another" in the_line(edge_ad("verify", "--model", model), 1)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["sign"], "no model was given; --model bottle.xml"),
        (["sign", "--model", "m.xml"], "no key was given; --key line.pem"),
        (["models", "activate", "no such"], "'no such' is not NAME or NAME@VERSION"),
    ],
)
def test_what_is_missing_is_one_line(arguments: list[str], line: str) -> None:
    assert the_line(edge_ad(*arguments), 2).startswith(line)


DEVICE = """
import sys
for name in ("torch", "nncf", "sklearn", "onnx", "safetensors", "matplotlib", "jinja2"):
    sys.modules[name] = None
from edge.cli import main
main()
"""


def test_the_store_needs_nothing_of_the_workstation(model: Path, state: tuple[str, Path]) -> None:
    command = [sys.executable, "-c", DEVICE, "models", "install", model, "--activate", *state]
    environ = clean_environment()
    done = subprocess.run(command, capture_output=True, text=True, env=environ, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    command[3:] = ["models", "kinds"]
    done = subprocess.run(command, capture_output=True, text=True, env=environ, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "padim" in done.stdout
