"""``edge-ad run --check``: everything that can be known of a station before it runs."""

from __future__ import annotations

from edge.cameras.choose import source_for
from edge.config.station import StationConfig
from edge.errors import ConfigError
from edge.inference.bundle import load_bundle
from edge.inference.devices import candidates
from edge.inference.override import calibration_of, foreign_device
from edge.messaging.sockets import check_loopback


def check_station(config: StationConfig) -> str:
    """Loads the model, looks for the device, and understands cameras and addresses, without opening any of them.

    Returns:
        One line that says what would run.

    Raises:
        EdgeAdError: the first thing that would keep the station from running.
    """
    import openvino as ov

    if config.model is None:
        raise ConfigError("no model is set", hint="give --model, or model in the station file")
    bundle = load_bundle(config.model)
    calibration = calibration_of(bundle)
    device = candidates(config.device, ov.Core().available_devices)[0]
    for camera in config.cameras:
        source_for(camera)
    for option in ("events", "heatmaps", "control"):
        check_loopback(getattr(config.bus, option), f"--{option}")
    warning = foreign_device(calibration, device)
    threshold = calibration.threshold if config.threshold is None else config.threshold
    names = " ".join(camera.name for camera in config.cameras)
    return (
        f"ok: station {config.station}, {bundle.card.name} {bundle.card.precision} on {device}, "
        f"threshold {threshold:.4g}, cameras: {names}" + (f"; {warning}" if warning else "")
    )
