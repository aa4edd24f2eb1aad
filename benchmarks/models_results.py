"""The file that the comparison of all models lives in: one model can be measured again alone."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from benchmarks.cell import Cell, Key
from benchmarks.conditions import Conditions


class Speed(BaseModel):
    """Of the INT8 bundle; medians over repetitions, each a process of its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    network_ms: float = Field(description="the graph alone, a picture of its size to score and map, p50")
    frame_ms: float = Field(description="a 1080p frame in memory to verdict and heatmap, p50")
    frame_p99_ms: float
    resident_mb: float
    others_cores: float = Field(description="cores that other processes kept busy meanwhile, at most")
    conditions: Conditions


class Row(BaseModel):
    """One recipe on one set with one seed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cell: Cell
    arguments: tuple[str, ...] = Field(description="of edge-ad train")
    height: int
    width: int
    epochs: int = Field(description="0 of a closed form")
    threads: int = Field(description="of the training")
    trained_by: str = Field(description="SHA-256 of the code that trained it")
    conditions: Conditions = Field(description="of the export and of the figures")
    speed: Speed | None = Field(default=None, description="measured on the first set and seed of a recipe")


class ModelsFile(BaseModel):
    """All rows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: tuple[Row, ...] = ()

    def with_row(self, row: Row) -> ModelsFile:
        """Adds a row, in place of an older one of the same key."""
        others = [other for other in self.rows if other.cell.key != row.cell.key]
        return ModelsFile(rows=tuple(sorted((*others, row), key=lambda each: each.cell.key)))

    def row(self, key: Key) -> Row | None:
        """What was measured for a key."""
        return next((row for row in self.rows if row.cell.key == key), None)
