"""Where the pictures lie in a station's state folder."""

from __future__ import annotations

from pathlib import Path


def alert_pictures_of(state_dir: Path) -> Path:
    """Pictures of alerts that nobody has judged yet."""
    return state_dir / "alert_pictures"


def pool_of(state_dir: Path) -> Path:
    """Pictures that somebody judged."""
    return state_dir / "pool"
