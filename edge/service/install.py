"""Writes the unit of a station and a station file to fill in, for systemd to start."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from edge.errors import UsageError

PROGRAM = "/usr/local/bin/edge-ad"  # as the units have it
HIDDEN = ("/home", "/root", "/run/user", "/tmp", "/var/tmp")  # noqa: S108 - what the hardened unit cannot see
STATION = """\
# Station {station}; all keys are in docs/configuration.md. Check it: edge-ad run --config {path} --check
station = "{station}"

# The exported model: this .xml file and the .bin file beside it. The service must be able to read both.
model = "{model}"

[[cameras]]
name = "top"
source = "/dev/video0"
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the files of a service go.

    Attributes:
        units: folder of unit files.
        configs: folder of station files.
        models: where the example's model lies.
        user: whether it is a user's own service rather than the system's.
    """

    units: Path
    configs: Path
    models: Path
    user: bool


def system_place(root: Path = Path("/")) -> Place:
    """For the whole computer; ``root`` is another one's file system, e.g. an image that is being built."""
    etc = root / "etc"
    return Place(etc / "systemd" / "system", etc / "edge-ad", Path("/etc/edge-ad"), user=False)


def user_place(environ: Mapping[str, str] = os.environ) -> Place:
    """For the user who asks."""
    config = Path(environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return Place(config / "systemd" / "user", config / "edge-ad", config / "edge-ad", user=True)


def files_of(station: str, place: Place, *, program: Path, gpu: bool) -> dict[Path, str]:
    """What an installed service consists of: text by path."""
    unit = _text("user.service" if place.user else "edge-ad@.service")
    written = {
        place.units / "edge-ad@.service": unit.replace(f"ExecStart={PROGRAM}", f"ExecStart={_word(program)}"),
        station_file(station, place): STATION.format(
            station=station, path=station_file(station, place), model=place.models / f"{station}.xml"
        ),
    }
    if gpu and not place.user:
        written[place.units / "edge-ad@.service.d" / "gpu.conf"] = _text("gpu.conf")
    return written


def station_file(station: str, place: Place) -> Path:
    """The station file that its unit reads."""
    return place.configs / f"{station}.toml"


def install(written: Mapping[Path, str], keep: Path) -> list[Path]:
    """Writes the files; ``keep`` is left as it is where it exists, as somebody has filled it in.

    Returns:
        Those that were written.

    Raises:
        UsageError: a folder cannot be written to.
    """
    done = []
    for path, text in written.items():
        if path == keep and path.exists():
            continue
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            path.chmod(0o644)
        except OSError as error:
            hint = "run it with sudo, or with --user, or see what it would write with --dry-run"
            raise UsageError(f"cannot write {path}: {error.strerror}", hint=hint) from error
        done.append(path)
    return done


def next_steps(station: str, place: Place, program: Path) -> Sequence[str]:
    """Commands to run after the installation, each a line; remarks begin with #."""
    file, systemctl = station_file(station, place), "systemctl --user" if place.user else "sudo systemctl"
    steps = [
        f"edit {file}",
        f"edge-ad doctor --config {file}",
        f"{systemctl} daemon-reload",
        f"{systemctl} enable --now edge-ad@{station}",
        f"{'journalctl --user' if place.user else 'journalctl'} -u edge-ad@{station} -o cat -f",
    ]
    if place.user:
        steps.insert(3, "loginctl enable-linger  # so that it runs while nobody is logged in")
    elif str(program).startswith(tuple(f"{folder}/" for folder in HIDDEN)):
        steps.insert(0, f"# the service cannot see {program}: install edge-ad elsewhere, e.g. in /opt/edge-ad")
    return steps


def own_program() -> Path:
    """The ``edge-ad`` of this installation."""
    return Path(sys.prefix) / "bin" / "edge-ad"


def _text(name: str) -> str:
    return files("edge.service").joinpath(name).read_text(encoding="utf-8")


def _word(path: Path) -> str:
    """A path as one word of ExecStart."""
    text = str(path).replace("\\", "\\\\").replace("%", "%%").replace('"', '\\"').replace("$", "$$")
    return f'"{text}"' if " " in text or '"' in text else text
