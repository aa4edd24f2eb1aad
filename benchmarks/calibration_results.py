"""The file that measured false-alarm rates live in; each cell stands alone, so that one can be measured anew."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from benchmarks.conditions import Conditions


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Rate(_Part):
    """One method at one stated rate, over all splits in which it sets a threshold."""

    method: str
    stated: float = Field(description="alpha")
    refused: str = Field(default="", description="why no threshold can be set, in any or in some of the splits")
    splits: int = Field(default=0, description="in which a threshold could be set")
    mean: float | None = Field(default=None, description="realized share of false alarms, mean over splits")
    standard_error: float | None = Field(default=None, description="of the mean")
    low: float | None = Field(default=None, description="5 % quantile over splits")
    high: float | None = Field(default=None, description="95 % quantile over splits")
    missed: float | None = Field(default=None, description="share of defective pictures below the threshold, mean")


class Cell(_Part):
    """What every cell says of itself."""

    model: str
    set: str
    measured: datetime | None = Field(default=None, description="when, UTC; null where it was not kept")
    conditions: Conditions | None = Field(default=None, description="where and by which code; likewise")

    @property
    def key(self) -> tuple[str, str]:
        return self.model, self.set


class RatesCell(Cell):
    """Random splits of one set's pooled good pictures."""

    fitted: int
    calibrated: int = Field(description="good pictures that a threshold rests on")
    tested: int = Field(description="good pictures that false alarms are counted on")
    few: int = Field(description="good pictures for cross-conformal, for fit and threshold together")
    few_tested: int
    splits: int
    few_splits: int
    rates: tuple[Rate, ...]


class PublishedWay(_Part):
    """One way to set the threshold from the training pictures, tested on the test part's good ones."""

    way: str
    splits: int
    false_alarms: float = Field(description="share, mean over splits")
    lowest: float
    highest: float
    chance: float = Field(description="of at least as many, if test and training were alike; median over splits")
    missed: float = Field(description="share of defective pictures below the threshold, mean")


class PublishedCell(Cell):
    """The set's own division in training and test."""

    training: int
    held_out: int = Field(description="good test pictures")
    farther: float = Field(
        description="how much farther test pictures lie from the nearest training picture, share"
    )
    duplicates: int = Field(description="training pictures much nearer to another one than is usual")
    ranks_p: float = Field(description="chance that scores of test pictures rank as high among those out of fold")
    ways: tuple[PublishedWay, ...]


class Shares(_Part):
    """Over splits."""

    mean: float = Field(description="share of false alarms")
    low: float = Field(description="5 % quantile")
    high: float = Field(description="95 % quantile")
    missed: float = Field(description="share of defective pictures below the threshold, mean")


class PrecisionCell(Cell):
    """The same splits at two precisions."""

    splits: int
    stated: float
    fp32: Shares = Field(description="threshold and scores of FP32")
    carried: Shares = Field(description="threshold of FP32, scores of INT8")
    int8: Shares = Field(description="threshold and scores of INT8")


class Augmented(_Part):
    """One kind of copies in the fit, judged under one change of the pictures; means over splits."""

    kind: str
    change: str
    image_auroc: float
    false_alarms: float = Field(description="share, at a threshold of unchanged pictures")
    missed: float = Field(description="share of defective pictures below it")


class AugmentCell(Cell):
    """What jittered copies in the fit do."""

    splits: int
    natural: dict[str, float] = Field(description="the ranges measured on good pictures")
    rows: tuple[Augmented, ...]


class Timing(_Part):
    """Milliseconds for 10,000 scores."""

    what: str
    p50_ms: float
    highest_ms: float
    others_cores: float = Field(description="cores that other processes kept busy meanwhile")


class Timings(_Part):
    """Measured in one go on one machine."""

    conditions: Conditions
    measured: datetime
    timed: tuple[Timing, ...]


class CalibrationFile(_Part):
    """The content of the results file; each cell says itself when and where it was measured."""

    rates: tuple[RatesCell, ...]
    published: tuple[PublishedCell, ...] = ()
    precision: tuple[PrecisionCell, ...] = ()
    augment: tuple[AugmentCell, ...] = ()
    timing: Timings | None = None

    @model_validator(mode="before")
    @classmethod
    def _of_old(cls, data: object) -> object:
        """Older files had the conditions of the last run alone, which say nothing about the other cells."""
        if isinstance(data, dict):
            return {key: value for key, value in data.items() if key not in ("conditions", "measured")}
        return data

    def holds(self, part: str, key: tuple[str, str]) -> bool:
        """Whether a part has a cell of this model and set."""
        return any(cell.key == key for cell in getattr(self, part))

    def with_cell(self, part: str, cell: Cell) -> Self:
        """Adds a cell to a part, in place of an older one of the same model and set."""
        others = [each for each in getattr(self, part) if each.key != cell.key]
        return self.model_copy(update={part: tuple(sorted((*others, cell), key=lambda each: each.key))})
