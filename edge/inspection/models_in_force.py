"""Which model judges at which camera, and how another one takes its place while the station runs."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from edge.config.camera import StationCamera
from edge.config.station import StationConfig
from edge.errors import BusyError, EdgeAdError, UsageError
from edge.inference.fallback import Changed
from edge.inspection.assembly import gauge_of
from edge.inspection.changeovers import keep_changeover
from edge.inspection.gauge import Gauge
from edge.inspection.inspector import Inspector
from edge.inspection.models import LoadedModel, load_admitted, load_tried, model_of, settings_model
from edge.inspection.thresholds import Thresholds
from edge.log import log_event
from edge.messaging.changes import Change, Plan
from edge.messaging.publisher import Publisher
from edge.models.locate import store_of
from edge.models.names import Reference, is_reference
from edge.models.store import Version

log = logging.getLogger(__name__)


class ModelsInForce:
    """The models of a running station.

    Args:
        config: the station.
        models: of each camera, in their order.
        inspectors: likewise.
        thresholds: that were set while a model was in force; they hold for it again.
        publisher: told whether a model could be exchanged.
        cache_dir: where compiled models are kept; None for no cache.
        changed: told when a device is lost.

    Attributes:
        now: the model of each camera, by the camera's name; the same mapping always.
    """

    def __init__(
        self,
        config: StationConfig,
        models: Sequence[LoadedModel],
        inspectors: Sequence[Inspector],
        thresholds: Thresholds,
        publisher: Publisher,
        *,
        cache_dir: Path | None,
        changed: Changed,
    ) -> None:
        self._config = config
        self._cameras = {camera.name: camera for camera in config.cameras}
        self._inspectors = {inspector.name: inspector for inspector in inspectors}
        self.now = {inspector.name: model for inspector, model in zip(inspectors, models, strict=True)}
        self._cache_dir = cache_dir
        self._changed = changed
        self._publisher = publisher
        self._thresholds = thresholds
        self._one_reloads = threading.Lock()
        for model in {each.bundle.sha256: each for each in models}.values():
            self._tell_of_missing_map(model)

    @contextmanager
    def reload(self, model: str | None, camera: str | None) -> Iterator[Plan]:
        """Loads, compiles and tries models beside those that run; takes seconds, and the old ones go on meanwhile.

        Args:
            model: ``NAME`` of the store: at the cameras that run it, its active version; ``NAME@VERSION``: which
                becomes the active one; None: at each camera what it runs, read anew.
            camera: only at this one, which is changed over to that model if it runs another one; None for all.

        Yields:
            What plans which version of the store becomes active, where that is another one, and the exchange at
            each camera whose model is another one then; until they are applied nothing has changed. No other
            change may be made between the plan and that.

        Raises:
            UsageError: no such camera, or it does not run that model.
            BusyError: another reload is not over.
            EdgeAdError: a model is missing, damaged, not admitted, or failed its trial.
        """
        with self._alone():
            cameras = self._meant(model, camera)
            version = self._asked_version(model)
            name = Path(Reference.of(model).name) if model is not None else None
            with self._told():
                wanted = {each.name: version.path if version else name or self._runs(each) for each in cameras}
                loaded = {path: self._loaded(path) for path in dict.fromkeys(wanted.values())}
                models = [loaded[wanted[each.name]] for each in cameras]
                gauges = [self._gauge(*each) for each in zip(cameras, models, strict=True)]

                def plan() -> list[Change]:
                    news = zip(cameras, models, gauges, strict=True)
                    return [*self._activation(version), *(self._exchange(*new, name) for new in news)]

                yield plan

    def _meant(self, model: str | None, camera: str | None) -> list[StationCamera]:
        if camera is not None and camera not in self._cameras:
            raise UsageError(f"no camera {camera!r}", hint=f"here are: {' '.join(self._cameras)}")
        cameras = [each for each in self._cameras.values() if camera in (None, each.name)]
        if model is None:
            return cameras
        asked = Reference.of(model)
        found = [each for each in self._cameras.values() if str(self._runs(each)) == asked.name]
        if asked.version and camera is not None and found not in ([], cameras):
            raise UsageError(
                "a version is made active for all cameras that run its model", hint="leave out camera"
            )
        if camera is not None:
            if cameras[0] not in found:
                self._require_changeable(cameras[0])
            return cameras
        if not found:
            runs = ", ".join(f"{each.name} {self._runs(each)}" for each in cameras)
            raise UsageError(
                f"no camera runs {asked.name} of the store",
                hint=f"they run: {runs}; give the camera that is to be changed over",
            )
        return found

    def _runs(self, camera: StationCamera) -> Path:
        return model_of(camera, self._config)

    def _require_changeable(self, camera: StationCamera) -> None:
        """What the settings say must not be wrong for another product."""
        if not is_reference(str(settings_model(camera, self._config))):
            what = f"the settings of {camera.name} name a file, so it cannot be changed over to another product"
            raise UsageError(what, hint="install it in the store, and name it there: edge-ad models install")
        if camera.threshold is not None or self._config.threshold is not None:
            what = f"the settings set a threshold for {camera.name}, which means nothing for another product"
            raise UsageError(what, hint="take it out of the settings; set_threshold sets one for a model")

    def _asked_version(self, model: str | None) -> Version | None:
        asked = Reference.of(model) if model is not None and is_reference(model) else None
        return store_of(self._config).find(asked) if asked is not None and asked.version else None

    def _activation(self, version: Version | None) -> list[Change]:
        if version is None:
            return []
        store = store_of(self._config)
        before = next((other for other in store.versions(version.name) if other.active), None)

        def apply() -> None:
            store.switch(version)

        return [Change(None, _named(before), _named(version), apply)]

    def _loaded(self, path: Path) -> LoadedModel:
        """The bundle there, sharing what runs already if it is the same one."""
        bundle = load_admitted(self._config, path)
        for running in self.now.values():
            if running.bundle.sha256 == bundle.sha256:
                return running.calibrated_anew(bundle)
        return load_tried(self._config, bundle, cache_dir=self._cache_dir, changed=self._changed)

    def _gauge(self, camera: StationCamera, model: LoadedModel) -> Gauge:
        return gauge_of(camera, self._config, model, live=self._inspectors[camera.name].capture.live)

    def _exchange(self, camera: StationCamera, model: LoadedModel, gauge: Gauge, name: Path | None) -> Change:
        gauge.judge_above(self._thresholds.of(camera.name, model.bundle.sha256))
        before = _values(self.now[camera.name], self._inspectors[camera.name].gauge)
        after = _values(model, gauge)
        runs = self._runs(camera)
        if name is not None and name != runs:  # another product, even where it has the same model
            before["product"], after["product"] = str(runs), str(name)

        def apply() -> None:
            if name is not None and name != runs:
                settings = settings_model(camera, self._config)
                keep_changeover(store_of(self._config).root.parent, camera.name, str(name), settings)
            self._put(camera.name, model, gauge)

        return Change(camera.name, before, after, apply)

    def _put(self, camera: str, model: LoadedModel, gauge: Gauge) -> None:
        self._inspectors[camera].change(gauge)
        fresh = all(model.bundle.sha256 != running.bundle.sha256 for running in self.now.values())
        self.now[camera] = model
        log_event(log, "model_exchanged", camera=camera, model=model.bundle.card.name, sha256=model.bundle.sha256)
        if fresh:
            self._tell_of_missing_map(model)

    def _tell_of_missing_map(self, model: LoadedModel) -> None:
        """Whoever waits for heatmaps that never come must learn why; said once of a model, not at each camera."""
        if not model.bundle.card.has_map and self._config.bus.heatmaps_of != "none":
            reason = "this model has no anomaly map: no heatmaps are sent, nor pictures with them"
            log_event(log, "no_heatmaps", model=model.bundle.card.name, reason=reason)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._one_reloads.acquire(blocking=False):
            raise BusyError("another reload is under way", hint="ask again when it was answered")
        try:
            yield
        finally:
            self._one_reloads.release()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except EdgeAdError as error:
            self._publisher.health("model", "degraded", f"reload failed, the old model goes on: {error.message}")
            raise
        self._publisher.health("model", "ok")


def _named(version: Version | None) -> dict[str, str | None]:
    """By its digest too: two models may have the same version."""
    return {"active": str(version) if version else None, "sha256": version.sha256 if version else None}


def _values(model: LoadedModel, gauge: Gauge) -> dict[str, str | float]:
    return {
        "model": model.bundle.card.name,
        "version": model.bundle.card.version,
        "sha256": model.bundle.sha256,
        "calibrated": model.calibration.time.isoformat(),
        "threshold": gauge.judge.limits.threshold,
    }
