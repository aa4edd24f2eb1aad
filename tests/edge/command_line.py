"""``edge-ad`` as a user runs it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.edge.running_station import clean_environment

Done = subprocess.CompletedProcess[str]


def edge_ad(*arguments: str | Path, environ: Mapping[str, str] | None = None, cwd: Path | None = None) -> Done:
    """Runs a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "edge", *map(str, arguments)],
        capture_output=True,
        text=True,
        env=clean_environment() | dict(environ or {}),
        cwd=cwd,
        timeout=60,
        check=False,
    )


def the_line(done: Done, code: int) -> str:
    """The one line of a command that failed with this code, without its beginning."""
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    (line,) = done.stderr.splitlines()
    beginning = "edge-ad: error: "
    assert line.startswith(beginning)
    return line.removeprefix(beginning)
