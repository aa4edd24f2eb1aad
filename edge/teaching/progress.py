"""How far teaching has come: what a terminal shows, ``--json`` prints and an HMI is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from edge.collecting.refusal import Refusal
from edge.errors import EdgeAdError

State = Literal["collecting", "fitting", "ready", "stopped", "failed"]
OVER: frozenset[State] = frozenset({"ready", "stopped", "failed"})


class Progress(BaseModel):
    """One moment of teaching one product."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    name: str = Field(description="of the product, and of its model in the store")
    state: State = Field(
        default="collecting",
        description="collecting, fitting, ready: a model is installed as a candidate, stopped or failed: the "
        "pictures taken are kept",
    )
    taken: int = Field(default=0, ge=0, description="new pictures kept, those of a run that was cut off included")
    wanted: int = Field(ge=1, description="new pictures wanted")
    refused: dict[str, int] = Field(default_factory=dict, description="how many were not kept, by reason")
    advice: str = Field(
        default="", description="what a person can do, as nothing is kept; empty where all goes well"
    )
    threshold: float | None = Field(
        default=None, description="raw score that the pictures taken so far give; null before there are enough"
    )
    moved: float | None = Field(
        default=None, ge=0, description="how far the threshold moved since the estimate before, as a share of it"
    )
    stable: bool = Field(default=False, description="whether it moved by less than 5 % twice in a row")
    model: str | None = Field(default=None, description="NAME@VERSION of the candidate in the store, once ready")
    false_alarm_rate: float | None = Field(default=None, description="promised share of false alarms, once ready")
    false_alarms_per_shift: float | None = Field(
        default=None, description="how many false alarms that makes in a shift at most on average, once ready"
    )
    suspects: tuple[int, ...] = Field(
        default=(), description="numbers of pictures that may show defects and count all the same, once ready"
    )
    reason: str = Field(default="", description="why it stopped or failed, one line; empty otherwise")


REASONS = {refusal: refusal.name.lower() for refusal in Refusal}
Show = Callable[[Progress], None]


class Teller:
    """Knows the latest progress and shows each change.

    Args:
        first: what there is at the start; it is not shown.
        show: takes each progress.
    """

    def __init__(self, first: Progress, show: Show) -> None:
        self.now = first
        self._show = show

    def say(self, **changed: object) -> None:
        """Shows the progress with other values of some fields."""
        self.now = self.now.model_copy(update=changed)
        self._show(self.now)

    @contextmanager
    def telling_failures(self) -> Iterator[None]:
        """Shows what ends the block too early as the last progress too; it is raised all the same."""
        try:
            yield
        except EdgeAdError as error:
            self.say(state="failed", advice="", reason=str(error))
            raise
        except KeyboardInterrupt:
            self.say(state="stopped", advice="", reason="what was taken is kept, the same command goes on")
            raise
