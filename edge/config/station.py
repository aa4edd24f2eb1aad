"""The settings of one station: what a station file, the environment and the command line may set."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from edge.config.camera import StationCamera
from edge.config.line import LineOptions
from edge.health.camera_faults.options import FaultOptions
from edge.health.drift.options import DriftOptions
from edge.health.watchdog_options import WatchdogOptions
from edge.messaging.alarm_options import AlarmOptions
from edge.metrics.options import MetricsOptions
from edge.pool.options import PoolOptions
from edge.security.options import SecurityOptions
from edge.store.options import OutboxOptions

ADDRESS = r"^(tcp://(\[[0-9A-Fa-f:.]+\]|[^\s:/\[\]]+):([0-9]{1,5}|\*)|ipc://\S+)$"


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class BusOptions(_Table):
    """Where verdicts, alerts and heatmaps are published, and where requests are taken."""

    events: str = Field(
        default="tcp://127.0.0.1:5556",
        pattern=ADDRESS,
        description="ZeroMQ address (tcp://HOST:PORT or ipc://PATH) of results, alerts, health and heartbeats",
    )
    heatmaps: str = Field(
        default="tcp://127.0.0.1:5557",
        pattern=ADDRESS,
        description="ZeroMQ address of heatmaps and pictures, likewise",
    )
    control: str = Field(
        default="tcp://127.0.0.1:5558",
        pattern=ADDRESS,
        description="ZeroMQ address where requests are taken, likewise",
    )
    heatmaps_of: Literal["anomalous", "all", "none"] = Field(
        default="anomalous", description="whose heatmaps are sent: of anomalous parts, of all parts, of none"
    )
    picture: bool = Field(default=False, description="send the camera's picture as JPEG beside each heatmap")
    heartbeat_s: float = Field(
        default=1.0, ge=0.1, le=60, description="seconds between heartbeats; a client gives up after three"
    )

    @model_validator(mode="after")
    def _addresses_differ(self) -> Self:
        fixed = [address for address in (self.events, self.heatmaps, self.control) if not address.endswith(":*")]
        for address in fixed:
            if fixed.count(address) > 1:
                raise ValueError(f"{address} is given twice: events, heatmaps and control need one address each")
        return self


class InferenceOptions(_Table):
    """How the model is run on the device."""

    jobs: int | None = Field(
        default=None,
        ge=1,
        le=64,
        description="frames in inference at once; as many as the device advises if unset",
    )
    hint: Literal["auto", "latency", "throughput"] = Field(
        default="auto",
        description="what the device is tuned for: one frame soon, or many frames; auto decides by number and "
        "mode of the cameras",
    )
    precision: Literal["f32", "f16", "bf16"] | None = Field(
        default=None, description="precision of computation; the one the model was calibrated with if unset"
    )
    cache: bool = Field(default=True, description="keep the compiled model in state_dir, for a faster next start")


class LogOptions(_Table):
    """What is written to standard error."""

    format: Literal["text", "json"] = Field(default="text", description="lines for people or JSON for machines")
    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="least important lines that are written"
    )


class StationConfig(_Table):
    """One station: a model, its cameras, and where it publishes.

    Frozen once loaded. ``model`` and ``cameras`` may be absent here, because a command may not need them;
    ``edge.config.ready`` says whether a station can run.
    """

    station: str = Field(
        default="station",
        pattern="^[A-Za-z0-9_-]{1,64}$",
        description="name of the station in topics and logs: letters, digits, - and _",
    )
    model: Path | None = Field(
        default=None,
        description="the model's .xml file, its .bin file beside it; or NAME[@VERSION] of a model in the store",
    )
    device: str = Field(
        default="AUTO",
        pattern=r"(?i)^(AUTO|CPU|GPU|NPU)([.:][A-Za-z0-9.,_-]+)?$",
        description="OpenVINO device: AUTO, CPU, GPU, NPU, or one of several such as GPU.1",
    )
    threshold: float | None = Field(
        default=None, description="raw score above which a part is anomalous; the model card's if unset"
    )
    state_dir: Path | None = Field(
        default=None,
        description="folder for alerts and compiled models; $STATE_DIRECTORY, else the user's own state folder "
        "if unset",
    )
    cameras: tuple[StationCamera, ...] = Field(
        default=(), max_length=64, description="one [[cameras]] table for each camera"
    )
    bus: BusOptions = Field(default_factory=BusOptions, description="addresses and what is published")
    alarm: AlarmOptions = Field(default_factory=AlarmOptions, description="when anomalous parts raise an alarm")
    outbox: OutboxOptions = Field(default_factory=OutboxOptions, description="how long alerts are kept")
    security: SecurityOptions = Field(
        default_factory=SecurityOptions, description="who may listen to the station and steer it"
    )
    faults: FaultOptions = Field(default_factory=FaultOptions, description="what counts as a fault of a camera")
    drift: DriftOptions = Field(default_factory=DriftOptions, description="when parts count as drifted")
    inference: InferenceOptions = Field(default_factory=InferenceOptions, description="how the model is run")
    watchdog: WatchdogOptions = Field(
        default_factory=WatchdogOptions, description="how long a stage may take before it counts as hung"
    )
    metrics: MetricsOptions = Field(default_factory=MetricsOptions, description="where metrics can be read")
    pool: PoolOptions = Field(default_factory=PoolOptions, description="whether pictures of alerts are kept")
    line: LineOptions = Field(default_factory=LineOptions, description="how many parts pass the station")
    log: LogOptions = Field(default_factory=LogOptions, description="what is written to standard error")

    @field_validator("cameras")
    @classmethod
    def _names_differ(cls, cameras: tuple[StationCamera, ...]) -> tuple[StationCamera, ...]:
        names = [camera.name for camera in cameras]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two cameras are named {name}: give each [[cameras]] table its own name")
        return cameras
