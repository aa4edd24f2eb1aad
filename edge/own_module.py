"""Running a module of this program in a process of its own, which imports what this one does.

Nothing is imported from the working directory: who may write there shall not run code as the station.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path


def command_of(module: str, *arguments: str) -> list[str]:
    """The command that runs a module with ``environment_of_own()``."""
    return [sys.executable, "-P", "-m", module, *arguments]


def environment_of_own(**more: str) -> dict[str, str]:
    """This process's environment, with the places that it imports from, and with more variables."""
    imported_from = os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path)
    return {**os.environ, "PYTHONPATH": imported_from, **more}
