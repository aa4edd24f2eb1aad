"""How a benchmark ends: one line for an error, as every command of edge-ad."""

from __future__ import annotations

import sys
from collections.abc import Callable

from edge.errors import EdgeAdError


def run(main: Callable[[], None]) -> None:
    """Runs a benchmark's ``main``; exit code 2 for wrong usage, 1 for a failure, 130 when interrupted."""
    try:
        main()
    except EdgeAdError as error:
        sys.stderr.write(f"benchmark: error: {error}\n")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.stderr.write("benchmark: interrupted\n")
        sys.exit(130)
