"""``edge-ad``, also as ``python -m edge``: Ctrl-C ends it with one line from the first import on."""

from __future__ import annotations

import sys


def main() -> None:
    """Loads the commands and runs one."""
    try:
        from edge.cli import main as command_line

        command_line()
    except KeyboardInterrupt:
        sys.stderr.write("edge-ad: error: interrupted\n")
        sys.exit(130)  # 128 + SIGINT, as a shell counts


if __name__ == "__main__":
    main()
