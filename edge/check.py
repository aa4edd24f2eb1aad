"""``edge-ad run --check``: everything that can be known of a station before it runs."""

from __future__ import annotations

from edge.area import area_plan_of
from edge.cameras.choose import source_for
from edge.config.camera import StationCamera
from edge.config.station import StationConfig
from edge.inference.devices import available_devices, candidates
from edge.inference.judge import limits_of
from edge.inference.override import calibrated_elsewhere, calibration_of
from edge.inspection.models import load_admitted, model_of
from edge.messaging.sockets import check_loopback


def check_station(config: StationConfig) -> str:
    """Loads the model, looks for the device, and understands cameras and addresses, without opening any of them.

    Returns:
        One line that says what would run.

    Raises:
        EdgeAdError: the first thing that would keep the station from running.
    """
    import openvino as ov

    device = candidates(config.device, available_devices(ov.Core()))[0]
    seen: dict[str, str] = {}
    for camera in config.cameras:
        source_for(camera.options())
        seen[camera.name] = _check_model(config, camera, device)
    for option in ("events", "heatmaps", "control"):
        check_loopback(getattr(config.bus, option), f"--{option}")
    each = "; ".join(f"camera {name}: {model}" for name, model in seen.items())
    return f"ok: station {config.station} on {device}; {each}"


def _check_model(config: StationConfig, camera: StationCamera, device: str) -> str:
    bundle = load_admitted(config, model_of(camera, config))
    calibration = calibration_of(bundle, device)
    threshold = config.threshold if camera.threshold is None else camera.threshold
    limits = limits_of(calibration, masked=area_plan_of(camera).masks, threshold=threshold)
    elsewhere = calibrated_elsewhere(calibration, bundle.card, device, config.inference.precision)
    remarks = [remark for remark in (bundle.doubt, elsewhere) if remark]
    line = f"{bundle.card.name} {bundle.card.precision}, threshold {limits.threshold:.4g}"
    return f"{line} ({'; '.join(remarks)})" if remarks else line
