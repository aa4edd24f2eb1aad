"""What is known of a picture that is kept: a JSON file beside the PNG."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from edge.store.actions import Judgement


class Entry(BaseModel):
    """One part that raised an alarm, as it was judged by the station and, later, by a person."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", allow_inf_nan=False, populate_by_name=True, serialize_by_alias=True
    )

    schema_: Literal[1] = Field(default=1, alias="schema")
    number: int = Field(ge=1, description="of the picture at this station; says which one is older")
    alert_id: str = Field(pattern="^[0-9A-Za-z_-]{1,64}$", description="of the alarm that it raised")
    camera: str = Field(pattern="^[A-Za-z0-9_-]{1,64}$", description="name of the camera")
    time: datetime = Field(description="when the station judged it, UTC; a label")
    part_id: str | None = Field(default=None, description="the part that the PLC asked about; null without one")
    score: float = Field(description="raw score")
    threshold: float = Field(description="raw score above which a part was anomalous then")
    period: str = Field(default="", description="of ``edge.pool.counts``: which parts it was counted among")
    masked: bool = Field(description="the score is the highest map value outside an ignore mask")
    model: str = Field(pattern="^[0-9a-f]{64}$", description="sha256 of the model that judged it")
    judgement: Judgement | None = Field(default=None, description="what a person said; null until then")
    by: str = Field(default="", description="who said so")
    judged: datetime | None = Field(default=None, description="when, UTC; a label")

    @property
    def stem(self) -> str:
        """Name of its files: names in order are pictures in order."""
        return f"{self.number:08}-{self.alert_id}"
