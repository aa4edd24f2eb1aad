"""``python -m edge`` is ``edge-ad``."""

from edge.cli import main

if __name__ == "__main__":
    main()
