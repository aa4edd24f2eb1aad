"""The ``[[cameras]]`` table of a station: a camera, and what is done with its frames."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from edge.cameras.options import CameraOptions

Mode = Literal["free-run", "trigger", "hardware"]
Coordinate = Annotated[int, Field(ge=-65535, le=65535)]
Corner = Annotated[tuple[Coordinate, Coordinate], Field(description="x and y, pixels of the frame")]
Polygon = Annotated[tuple[Corner, ...], Field(min_length=3, max_length=256)]


class StationCamera(CameraOptions):
    """One camera of a station."""

    mode: Mode = Field(
        default="free-run",
        description="which frames are judged: the newest whenever the device is free; the one of the part that a "
        "PLC asks about; or each, as every frame is started by a part",
    )
    model: Path | None = Field(default=None, description="this camera's own model; the station's if unset")
    threshold: float | None = Field(
        default=None, description="raw score above which a part is anomalous; the station's if unset"
    )
    roi: Polygon | None = Field(
        default=None,
        description="region of interest, corners [x, y] in pixels of the frame: the box around it is cut out "
        "before the model sees it, what lies outside the polygon does not count; the whole frame if unset",
    )
    ignore: tuple[Polygon, ...] = Field(
        default=(), max_length=64, description="polygons, likewise, in which nothing counts"
    )
    mask: Path | None = Field(
        default=None, description="picture of the frame's size, white where to inspect and black where not"
    )
    min_region_px: int | None = Field(
        default=None,
        ge=0,
        le=999_999,
        description="pixels of the frame that a region must have to be shown, 0 for any; the verdict does not "
        "depend on it; the calibration's if unset",
    )
    exposure_lag_ms: float | None = Field(
        default=None,
        ge=0,
        le=10_000,
        description="mode trigger: milliseconds from the beginning of an exposure to its frame's arrival; unset, "
        "a whole interval between two frames is assumed, which cameras that encode may exceed",
    )

    @model_validator(mode="after")
    def _lag_is_known(self) -> Self:
        if self.mode == "trigger" and self.triggered and self.exposure_lag_ms is None:
            raise ValueError(
                f"camera {self.name}: a triggered camera that a PLC asks about needs exposure_lag_ms, as "
                "no frames between the parts tell how long a frame is on its way"
            )
        return self

    def options(self) -> CameraOptions:
        """What the capture process needs to know; a camera that is started by the parts waits for them."""
        own = {name: getattr(self, name) for name in CameraOptions.model_fields}
        return CameraOptions.model_validate(own | {"triggered": self.triggered or self.mode == "hardware"})
