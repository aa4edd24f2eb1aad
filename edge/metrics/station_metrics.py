"""The station's own counters, read when Prometheus asks, so that frames pay nothing for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from edge.cameras.capture import CameraState
from edge.errors import StoreError
from edge.health.thermal import throttle_counts, zone_celsius
from edge.health.watchdog import Watchdog
from edge.inspection.inspector import Inspector
from edge.inspection.models import LoadedModel
from edge.messaging.outbox import Outbox
from edge.messaging.publisher import Publisher
from edge.security.authenticator import Authenticator

CONDITIONS = ("ok", "degraded", "failed")
PAGE_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Sources:
    """What is read.

    Attributes:
        inspectors: one for each camera.
        models: in force now, by camera.
        publisher, outbox, watchdog: of the station.
        access: None without keys.
    """

    inspectors: Sequence[Inspector]
    models: Mapping[str, LoadedModel]
    publisher: Publisher
    outbox: Outbox
    watchdog: Watchdog
    access: Authenticator | None


class StationMetrics(Collector):
    """Everything but what ``Measured`` takes; any thread may collect."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    def describe(self) -> Iterator[Metric]:
        """Nothing: what is there is known when it is asked for."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Reads each counter once."""
        yield from self._frames()
        yield from self._cameras()
        yield from self._drift()
        yield from self._queues()
        yield from self._store()
        yield from self._parts()
        yield from self._models()
        yield from _computer()

    def _frames(self) -> Iterator[Metric]:
        captured = _counter("edge_ad_frames_captured", "Frames that came from the camera", "camera")
        judged = _counter("edge_ad_frames_judged", "Frames whose verdict was published", "camera")
        dropped = _counter(
            "edge_ad_frames_dropped", "Frames without a verdict, by the queue that gave them up", "camera", "queue"
        )
        for inspector in self._sources.inspectors:
            in_ring = inspector.capture.dropped
            captured.add_metric([inspector.name], inspector.capture.captured)
            judged.add_metric([inspector.name], inspector.judged)
            dropped.add_metric([inspector.name, "ring"], in_ring)
            dropped.add_metric([inspector.name, "passed_by"], max(0, inspector.dropped - in_ring))
        yield from (captured, judged, dropped)

    def _cameras(self) -> Iterator[Metric]:
        state = _gauge("edge_ad_camera_state", "1 for the state that the camera is in", "camera", "state")
        reconnects = _counter("edge_ad_camera_reconnects", "How often a lost camera came back", "camera")
        paused = _gauge("edge_ad_camera_paused", "1 while the camera is paused", "camera")
        memory = _gauge("edge_ad_capture_resident_bytes", "Memory of the camera's own process", "camera")
        for inspector in self._sources.inspectors:
            now = inspector.capture.state
            for one in CameraState:
                state.add_metric([inspector.name, one.name.lower()], float(one is now))
            reconnects.add_metric([inspector.name], inspector.watch.reconnects)
            paused.add_metric([inspector.name], float(inspector.paused.is_set()))
            memory.add_metric([inspector.name], _resident_bytes(inspector.capture.process_id))
        yield from (state, reconnects, paused, memory)

    def _drift(self) -> Iterator[Metric]:
        parts = _counter("edge_ad_drift_parts", "Parts compared with those of the calibration", "camera")
        drifted = _gauge("edge_ad_drift_found", "1 while this figure of the parts has drifted", "camera", "of")
        evidence = _gauge(
            "edge_ad_drift_evidence", "Evidence that this figure drifts: 0 none, 1 certain", "camera", "of"
        )
        psi = _gauge("edge_ad_drift_psi", "Population stability index of the last scores", "camera")
        by_chance = _gauge(
            "edge_ad_drift_psi_by_chance", "What 95 % of such indices stay below while nothing drifts", "camera"
        )
        for inspector in self._sources.inspectors:
            now = inspector.gauge.drift.now
            parts.add_metric([inspector.name], now.parts)
            for name, kind in now.kinds.items():
                drifted.add_metric([inspector.name, name], float(kind is not None))
                evidence.add_metric([inspector.name, name], now.evidence[name])
            if now.psi is not None and now.psi_by_chance is not None:
                psi.add_metric([inspector.name], now.psi)
                by_chance.add_metric([inspector.name], now.psi_by_chance)
        yield from (parts, drifted, evidence, psi, by_chance)

    def _queues(self) -> Iterator[Metric]:
        publisher = self._sources.publisher
        yield _one_gauge("edge_ad_announcements_waiting", "Alerts and heatmaps to be sent", publisher.waiting)
        yield _one_counter("edge_ad_heatmaps_left_out", "Heatmaps not sent as others waited", publisher.left_out)
        yield _one_gauge("edge_ad_readers", "Readers of heartbeats that are connected", publisher.readers)
        if self._sources.access is not None:
            refused = self._sources.access.turned_away
            yield _one_counter("edge_ad_clients_refused", "Connections without a valid key", refused)

    def _store(self) -> Iterator[Metric]:
        outbox = self._sources.outbox
        yield _one_gauge("edge_ad_outbox_last_seq", "Number of the newest alert on disk", outbox.last_seq)
        with suppress(StoreError):  # the health of the disk says why; what is left out here is a gap in the graph
            figures = outbox.figures()
            yield _one_gauge("edge_ad_outbox_depth", "Alerts in memory that wait for the disk", figures.waiting)
            yield _one_counter("edge_ad_outbox_lost", "Alerts lost as too many waited", figures.dropped)
            yield _one_gauge("edge_ad_outbox_bytes", "Alerts on disk", figures.used_bytes)
            yield _one_gauge("edge_ad_outbox_wal_bytes", "Journal of the store", figures.wal_bytes)

    def _parts(self) -> Iterator[Metric]:
        health = _gauge("edge_ad_health", "0 ok, 1 degraded, 2 failed", "component", "camera")
        for message in self._sources.publisher.health_now:
            health.add_metric([message.component, message.camera or ""], CONDITIONS.index(message.state))
        quiet = _gauge("edge_ad_stage_quiet_seconds", "How long a stage is in its present step", "stage")
        for name, seconds in self._sources.watchdog.quiet_s.items():
            quiet.add_metric([name], seconds)
        yield from (health, quiet)

    def _models(self) -> Iterator[Metric]:
        info = InfoMetricFamily("edge_ad_model", "The model that judges for a camera", labels=("camera",))
        for camera, model in self._sources.models.items():
            card = model.bundle.card
            told = {"name": card.name, "version": card.version, "precision": card.precision}
            told |= {"sha256": model.bundle.sha256, "device": model.engine.device}
            info.add_metric([camera], told)
        yield info


def _computer() -> Iterator[Metric]:
    celsius = _gauge("edge_ad_temperature_celsius", "Temperature of a thermal zone", "zone")
    for zone, degrees in zone_celsius().items():
        celsius.add_metric([zone], degrees)
    throttled = _counter("edge_ad_throttled", "How often the processor slowed down for heat", "of")
    for of, count in throttle_counts().items():
        throttled.add_metric([of], count)
    yield from (celsius, throttled)


def _resident_bytes(pid: int | None) -> float:
    if pid is None:
        return 0.0
    try:
        return float(int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * PAGE_BYTES)
    except OSError:  # it has ended meanwhile
        return 0.0


def _counter(name: str, about: str, *labels: str) -> CounterMetricFamily:
    return CounterMetricFamily(name, about, labels=labels)


def _gauge(name: str, about: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, about, labels=labels)


def _one_counter(name: str, about: str, value: float) -> CounterMetricFamily:
    return CounterMetricFamily(name, about, value=value)


def _one_gauge(name: str, about: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, about, value=value)
