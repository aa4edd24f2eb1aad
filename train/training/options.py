"""Options that every trained network has."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class LearningOptions(BaseModel):
    """How long and how fast a network learns; models set their published values as defaults."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    epochs: int = Field(50, ge=1, le=100_000, description="passes over the good pictures at most")
    batch: int = Field(16, ge=1, le=4096, description="pictures per step")
    learning_rate: float = Field(1e-3, gt=0, le=10, description="at the start")
    schedule: Literal["cosine", "constant"] = Field("cosine", description="of the learning rate over all epochs")
    optimizer: Literal["adam", "sgd"] = Field("adam", description="sgd has momentum 0.9")
    weight_decay: float = Field(1e-5, ge=0, le=1, description="pulls weights to 0")
    held_out: float = Field(
        0.1, ge=0, lt=0.9, description="share of the good pictures that is watched, not learnt"
    )
    patience: int = Field(
        20, ge=0, description="epochs without a better loss on the watched pictures until it stops; 0: never stops"
    )

    @classmethod
    def smallest_batch(cls) -> int:
        """The fewest pictures per step that this network can be trained with."""
        return int(cls.model_json_schema()["properties"]["batch"]["minimum"])
