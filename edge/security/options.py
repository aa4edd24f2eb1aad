"""Who may listen to a station and steer it: the ``[security]`` table of a station file."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class SecurityOptions(BaseModel):
    """Where the keys are; without any, only this computer reaches the station."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keys: Path | None = Field(
        default=None,
        description="folder of keys that 'edge-ad keys create' makes; state_dir/keys where it exists, if unset",
    )
    require_signed: bool = Field(
        default=False, description="run only models that carry a signature by one of trusted_keys"
    )
    trusted_keys: Path | None = Field(
        default=None,
        description="folder of the public keys (*.pem) by which models may be signed; a signature must be by one",
    )
