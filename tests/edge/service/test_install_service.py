"""``edge-ad install-service`` as a user runs it; what it writes is judged by systemd's own tools."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edge.config.load import load_station
from tests.edge.running_station import clean_environment

MOST_EXPOSED = 2.0
UNIT = "edge-ad@.service"


def install_service(*options: str, home: Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "edge", "install-service", "--station", "line-3", *options]
    environ = clean_environment() | {"HOME": str(home)}
    environ.pop("XDG_CONFIG_HOME", None)
    done = subprocess.run(command, capture_output=True, text=True, env=environ, timeout=60, check=False)
    assert done.returncode == code, done.stderr
    return done


def analyze(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Runs systemd-analyze; where it is missing the test is skipped, but not in CI."""
    program = shutil.which("systemd-analyze")
    if program is None:
        assert not os.environ.get("CI"), "CI needs systemd-analyze"
        pytest.skip("no systemd-analyze here")
    command, environ = [program, *arguments], dict(os.environ) | environ
    return subprocess.run(command, capture_output=True, text=True, env=environ, timeout=60, check=False)


@pytest.mark.parametrize("gpu", [(), ("--gpu",)])
def test_the_installed_unit_is_sound_and_closed(gpu: tuple[str, ...], tmp_path: Path) -> None:
    install_service("--root", str(tmp_path), *gpu, home=tmp_path)
    units = tmp_path / "etc" / "systemd" / "system"
    shutil.copy(units / UNIT, units / "edge-ad@line-3.service")
    verified = analyze("verify", str(units / "edge-ad@line-3.service"))
    assert (verified.returncode, verified.stderr) == (0, "")
    done = analyze("security", "--offline=true", str(units / "edge-ad@line-3.service"))
    devices = re.search(r"DeviceAllow=.*special devices: (.*?)  ", done.stdout)
    assert devices and ("char-drm:rw" in devices[1]) == bool(gpu) and "char-video4linux:rw" in devices[1]
    score = re.search(r"Overall exposure level for .*: ([0-9.]+)", done.stdout)
    assert score and float(score[1]) <= MOST_EXPOSED, done.stdout


def test_an_option_less_would_be_seen(tmp_path: Path) -> None:
    install_service("--root", str(tmp_path), home=tmp_path)
    unit = tmp_path / "etc" / "systemd" / "system" / UNIT
    opened = unit.with_name("edge-ad@open.service")
    opened.write_text(unit.read_text().replace("CapabilityBoundingSet=\n", ""), encoding="utf-8")
    done = analyze("security", "--offline=true", f"--threshold={int(10 * MOST_EXPOSED)}", str(opened))
    assert done.returncode != 0


def test_the_station_file_can_be_loaded_and_is_never_overwritten(tmp_path: Path) -> None:
    first = install_service("--root", str(tmp_path), home=tmp_path)
    file = tmp_path / "etc" / "edge-ad" / "line-3.toml"
    assert f"wrote {file}" in first.stdout and f"  edge-ad doctor --config {file}" in first.stdout
    station = load_station(file, environ={}, overrides={})
    assert (station.station, station.cameras[0].source) == ("line-3", "/dev/video0")
    file.write_text("# mine\n", encoding="utf-8")
    again = install_service("--root", str(tmp_path), home=tmp_path)
    assert file.read_text() == "# mine\n" and f"wrote {file}" not in again.stdout


def test_a_user_installs_without_root(tmp_path: Path) -> None:
    done = install_service("--user", home=tmp_path)
    unit = tmp_path / ".config" / "systemd" / "user" / UNIT
    assert (tmp_path / ".config" / "edge-ad" / "line-3.toml").exists()
    assert "systemctl --user enable --now edge-ad@line-3" in done.stdout
    shutil.copy(unit, unit.with_name("edge-ad@line-3.service"))
    verified = analyze(
        "verify", "--user", str(unit.with_name("edge-ad@line-3.service")), XDG_RUNTIME_DIR=str(tmp_path)
    )
    assert (verified.returncode, verified.stderr) == (0, "")


def test_a_dry_run_writes_nothing_and_shows_all(tmp_path: Path) -> None:
    done = install_service("--root", str(tmp_path), "--gpu", "--dry-run", home=tmp_path)
    assert list(tmp_path.iterdir()) == []
    shown = re.findall(r"^### (.+)$", done.stdout, re.MULTILINE)
    assert [Path(path).name for path in shown] == [UNIT, "line-3.toml", "gpu.conf"]


def test_a_folder_that_cannot_be_written_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "etc").write_text("a file", encoding="utf-8")
    done = install_service("--root", str(tmp_path), home=tmp_path, code=2)
    assert re.fullmatch(r"edge-ad: error: cannot write .*; run it with sudo, .*\n", done.stderr)


def test_both_units_guard_alike() -> None:
    """What the watchdog and the start limit promise holds for a user's unit too."""
    folder = Path(__file__).parents[3] / "edge" / "service"
    wanted = ("Type=", "WatchdogSec=", "Restart=", "RestartPreventExitStatus=", "StartLimit", "KillMode=")
    kept = [
        [line for line in (folder / name).read_text(encoding="utf-8").splitlines() if line.startswith(wanted)]
        for name in (UNIT, "user.service")
    ]
    assert kept[0] == kept[1] and len(kept[0]) == 7
