"""Back to the model's own thresholds."""

from __future__ import annotations

from pathlib import Path

from edge.errors import BundleError
from edge.inference.override import override_path


def undo_calibration(model: Path) -> Path | None:
    """Removes the station's own thresholds; None where there were none.

    Raises:
        BundleError: there is no such model either.
    """
    path = override_path(model)
    if not path.exists():
        if not model.exists():
            raise BundleError(f"no such file: {model}", hint="--model takes the .xml file of a bundle")
        return None
    path.unlink()
    return path
