"""The bundles of a station, each loaded and compiled once, however many cameras it judges for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from edge.config.camera import StationCamera
from edge.config.station import StationConfig
from edge.errors import ConfigError
from edge.inference.bundle import Bundle, load_bundle
from edge.inference.card import Calibration
from edge.inference.devices import hint_for
from edge.inference.engine import Engine
from edge.inference.fallback import Changed, SteadyEngine
from edge.inference.judge import Judge, limits_of
from edge.inference.override import calibration_of
from edge.inspection.changeovers import changed_over
from edge.messaging.outbox import default_state_dir
from edge.models.locate import locate, store_of
from edge.models.trial import require_golden_scores
from edge.models.trust import admission
from edge.verdict import ModelId


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A bundle ready to judge.

    Attributes:
        bundle: verified.
        calibration: in force: the station's own, else the card's.
        engine: compiled.
    """

    bundle: Bundle
    calibration: Calibration
    engine: SteadyEngine

    @property
    def id(self) -> ModelId:
        """How inspections name it."""
        card = self.bundle.card
        return ModelId(card.name, card.version, self.bundle.sha256)

    def calibrated_anew(self, bundle: Bundle) -> LoadedModel:
        """The same compiled model with the calibration that lies beside a bundle now; its digest is the same."""
        return LoadedModel(bundle, calibration_of(bundle, self.engine.device), self.engine)

    def judge(self, *, masked: bool, threshold: float | None, min_region_px: int | None = None) -> Judge:
        """Judges by this model's calibration; see ``limits_of``."""
        limits = limits_of(self.calibration, masked=masked, threshold=threshold, min_region_px=min_region_px)
        return Judge(limits, self.id)


def model_of(camera: StationCamera, config: StationConfig) -> Path:
    """What a camera runs: the product that it was changed over to, else what its settings name.

    Raises:
        ConfigError: the settings name none, or the file of changeovers cannot be understood.
    """
    state_dir = config.state_dir or default_state_dir(config.station)
    return changed_over(state_dir, camera.name, settings_model(camera, config))


def settings_model(camera: StationCamera, config: StationConfig) -> Path:
    """The camera's own model, else the station's.

    Raises:
        ConfigError: neither is set.
    """
    path = camera.model or config.model
    if path is None:
        raise ConfigError(f"camera {camera.name} has no model", hint="give --model, or model in the station file")
    return path


def load_models(config: StationConfig, *, cache_dir: Path | None, changed: Changed) -> list[LoadedModel]:
    """Loads and compiles what the cameras need, each bundle once.

    Args:
        config: the station.
        cache_dir: where compiled models are kept; None for no cache.
        changed: told when a device is lost.

    Returns:
        The model of each camera, in their order.

    Raises:
        EdgeAdError: a model is missing, damaged or not admitted, or no device can run it.
    """
    loaded: dict[Path, LoadedModel] = {}
    for model in (model_of(camera, config) for camera in config.cameras):
        if model in loaded:
            continue
        bundle = load_admitted(config, model)
        same = [other for other in loaded.values() if other.bundle.sha256 == bundle.sha256]
        engine = same[0].engine if same else SteadyEngine(_engine(config, bundle, cache_dir), changed=changed)
        held = replace(engine.bundle, path=bundle.path)  # a copy lies elsewhere, maybe with its own calibration
        loaded[model] = LoadedModel(held, calibration_of(bundle, engine.device), engine)
    return [loaded[model_of(camera, config)] for camera in config.cameras]


def load_admitted(config: StationConfig, model: Path) -> Bundle:
    """Loads a bundle, by its path or its name in the store, if the station's trusted keys admit it.

    Raises:
        EdgeAdError: it is missing, damaged or not admitted, or not what its folder in the store is named after.
    """
    store = store_of(config)
    bundle = load_bundle(locate(model, store), admission(config.security))
    store.require_own(bundle)
    return bundle


def load_tried(config: StationConfig, bundle: Bundle, *, cache_dir: Path | None, changed: Changed) -> LoadedModel:
    """Compiles a bundle while others run, and has it give its golden scores.

    Raises:
        EdgeAdError: no device can run it, or it failed its trial.
    """
    tried = _engine(config, bundle, cache_dir)
    require_golden_scores(tried)
    engine = SteadyEngine(tried, changed=changed)
    return LoadedModel(engine.bundle, calibration_of(bundle, engine.device), engine)


def _engine(config: StationConfig, bundle: Bundle, cache_dir: Path | None) -> Engine:
    options = config.inference
    return Engine(
        bundle,
        device=config.device,
        jobs=options.jobs,
        hint=hint_for(options.hint, [camera.mode for camera in config.cameras]),
        precision=options.precision,
        cache_dir=cache_dir,
    )
