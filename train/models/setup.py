"""What a model is before it has seen a picture: its kind, size, backbone and options."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Setup(BaseModel):
    """Everything needed to build the same untrained model again; it stands in the checkpoint's header."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = Field(description="kind of model, e.g. padim")
    height: int = Field(ge=32, le=4096, description="rows of the pictures the model takes")
    width: int = Field(ge=32, le=4096, description="columns of the pictures the model takes")
    backbone: str | None = Field(default=None, description="feature network, as --backbone takes it; null: none")
    seed: int = Field(ge=0, lt=2**63, description="of the split and of everything random")
    options: dict[str, object] = Field(default_factory=dict, description="the model's own options")

    @property
    def size(self) -> tuple[int, int]:
        return self.height, self.width
