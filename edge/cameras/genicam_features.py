"""What is asked of a GenICam camera, by the names of the Standard Features Naming Convention."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edge.cameras.options import CameraOptions

Wish = tuple[str, object, bool]  # feature, value, whether the camera must have it


def set_up(nodes: Any, options: CameraOptions) -> str:
    """Sets the features that the options ask for, in the order in which cameras let them be set.

    Returns:
        the first wish that the camera refuses, e.g. ``Width 4000``; empty where it took all.
    """
    for feature, value, needed in wishes(options):
        node = getattr(nodes, feature, None)
        if node is None:
            if needed:
                return f"{feature} {value}: it has no such setting"
        elif not _set(node, value) and needed:
            return f"{feature} {value}"
    return ""


def wishes(options: CameraOptions) -> list[Wish]:
    """The features to set, in order: the pixel format limits the size, the exposure the rate."""
    wanted: list[Wish] = []
    if options.pixel_format is not None:
        wanted.append(("PixelFormat", options.pixel_format, True))
    if options.width is not None:
        wanted += [("OffsetX", 0, False), ("Width", options.width, True)]
    if options.height is not None:
        wanted += [("OffsetY", 0, False), ("Height", options.height, True)]
    if options.exposure is not None:
        wanted += [("ExposureAuto", "Off", False), ("ExposureTime", options.exposure, True)]
    wanted += [("TriggerSelector", "FrameStart", False)]
    wanted += [("TriggerMode", "On" if options.triggered else "Off", options.triggered)]
    if options.fps is not None:
        wanted += [("AcquisitionFrameRateEnable", True, False), ("AcquisitionFrameRate", options.fps, True)]
    return wanted


def ask(nodes: Any, feature: str) -> object:
    """Asks the camera itself for a feature; the library's error where it does not answer."""
    verify, ignore_cache = False, True
    return getattr(nodes, feature).get_value(verify, ignore_cache)


def _set(node: Any, value: object) -> bool:
    refusal: type[Exception] = import_module("genicam.genapi").GenericException
    try:
        node.value = value
        taken = node.value
    except refusal:
        return False
    return bool(abs(taken - value) <= 0.01 * value) if isinstance(value, float) else bool(taken == value)
