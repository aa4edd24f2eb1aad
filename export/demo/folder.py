"""The folder of a demo: what lies where, and that nothing is removed which no demo made."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from edge.errors import DemoError, UsageError

MARKER = ".edge-ad-demo"
MARKER_TEXT = "Made by 'edge-ad demo', which replaces everything else in this folder that it made itself.\n"
NAME = "solar-cells"


@dataclass(frozen=True, slots=True)
class DemoFolder:
    """Where the parts of a demo lie under its root."""

    root: Path

    @property
    def dataset(self) -> Path:
        """Cells in the MVTec layout: train/good, test/good, test/defective."""
        return self.root / "data" / NAME

    @property
    def calibration(self) -> Path:
        """Good cells that only the threshold rests on."""
        return self.root / "data" / "calibration"

    @property
    def line(self) -> Path:
        """Unseen cells in the order in which they pass the camera."""
        return self.root / "data" / "line"

    @property
    def training(self) -> Path:
        return self.root / "training"

    @property
    def model(self) -> Path:
        return self.root / f"{NAME}.xml"

    @property
    def report(self) -> Path:
        return self.root / "report"

    @property
    def heatmaps(self) -> Path:
        return self.root / "heatmaps"

    @property
    def state(self) -> Path:
        """Of the station: its alerts and compiled models."""
        return self.root / "state"

    @property
    def config(self) -> Path:
        return self.root / "station.toml"

    @property
    def log(self) -> Path:
        return self.root / "station.log"

    @property
    def summary(self) -> Path:
        return self.root / "summary.json"

    def _made(self) -> list[Path]:
        beside_model = [self.model.with_suffix(end) for end in (".bin", ".parity.json", ".calibration.json")]
        folders = [self.root / "data", self.training, self.report, self.heatmaps, self.state]
        return [*folders, self.model, *beside_model, self.config, self.log, self.summary]

    def write(self, path: Path, content: bytes) -> None:
        """Writes a file of the demo, making its folder. Raises DemoError where the disk refuses."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        except OSError as error:
            raise DemoError(f"cannot write {path}: {error.strerror}", hint="check the disk") from error

    def clear(self) -> None:
        """Removes what an earlier demo made here, and marks the folder as a demo's.

        Raises:
            UsageError: the folder holds something and was not made by a demo, or it cannot be written.
        """
        try:
            if self.root.is_dir() and any(self.root.iterdir()) and not (self.root / MARKER).is_file():
                raise UsageError(
                    f"{self.root} is not empty and was not made by a demo", hint="give --output another folder"
                )
            self.root.mkdir(parents=True, exist_ok=True)
            (self.root / MARKER).write_text(MARKER_TEXT, encoding="utf-8")
            for path in self._made():
                _remove(path)
        except OSError as error:
            raise UsageError(
                f"cannot prepare {self.root}: {error.strerror}", hint="give --output another folder"
            ) from error


def _remove(path: Path) -> None:
    """A link is removed, never what it leads to."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
