"""``edge-ad`` as a user runs it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.edge.running_station import clean_environment

# Arguments: a package, a signal, and those of edge-ad. It sends itself the signal when it imports the package.
SIGNALLED_AT_IMPORT = """
import os, sys
package, number = sys.argv[1], int(sys.argv[2])
del sys.argv[1:3]
class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == package:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), number)
sys.meta_path.insert(0, Interrupting())
from edge.__main__ import main
main()
"""
Done = subprocess.CompletedProcess[str]


def edge_ad(
    *arguments: str | Path,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout_s: float = 60,
) -> Done:
    """Runs a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "edge", *map(str, arguments)],
        capture_output=True,
        text=True,
        env=clean_environment() | dict(environ or {}),
        cwd=cwd,
        timeout=timeout_s,
        check=False,
    )


def the_line(done: Done, code: int) -> str:
    """The one line of a command that failed with this code, without its beginning."""
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    (line,) = done.stderr.splitlines()
    beginning = "edge-ad: error: "
    assert line.startswith(beginning)
    return line.removeprefix(beginning)
