"""What is attached: inference devices and cameras."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from edge.doctor.check import Check, Status

if TYPE_CHECKING:
    import openvino as ov

DEV = Path("/dev")
PRECISIONS = {"FP32", "FP16", "BF16", "INT8"}


def inference_devices() -> Iterator[Check]:
    """Each device that OpenVINO can use, and accelerators that are there but cannot be used."""
    try:
        import openvino as ov

        core = ov.Core()
        names = {device: _described(core, device) for device in core.available_devices}
    except (ImportError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        yield Check("OpenVINO", Status.FAIL, reason, "install it again: pip install --force-reinstall openvino")
        return
    for device, name in names.items():
        yield Check(f"device {device}", Status.OK, name)
    if "CPU" not in names:
        yield Check(
            "device CPU", Status.FAIL, "OpenVINO has no CPU plugin", "pip install --force-reinstall openvino"
        )
    yield from unused_accelerators(set(names))


def _described(core: ov.Core, device: str) -> str:
    """Its name and what it computes in, e.g. ``Intel Arc (BF16 FP16 FP32 INT8)``."""
    able = sorted(set(core.get_property(device, "OPTIMIZATION_CAPABILITIES")) & PRECISIONS)
    return f"{core.get_property(device, 'FULL_DEVICE_NAME')} ({' '.join(able)})"


def unused_accelerators(available: set[str], dev: Path = DEV) -> Iterator[Check]:
    """A GPU or NPU that the kernel shows but OpenVINO does not list; or the news that there is none.

    Args:
        available: devices of OpenVINO, e.g. ``{"CPU", "GPU.0"}``.
        dev: where device files are.
    """
    drivers = {
        "GPU": (
            "dri/renderD*",
            "install intel-opencl-icd and join the group render: sudo usermod -aG render $USER",
        ),
        "NPU": (
            "accel/accel*",
            "install Intel's NPU driver and join the group render: sudo usermod -aG render $USER",
        ),
    }
    for kind, (pattern, mend) in drivers.items():
        if any(device.split(".")[0] == kind for device in available):
            continue
        nodes = sorted(str(path) for path in dev.glob(pattern))
        if nodes:
            found = f"{', '.join(nodes)} is there, but OpenVINO cannot use it"
            yield Check(f"device {kind}", Status.WARN, found, mend)
        else:
            yield Check(f"device {kind}", Status.OK, "none; models run on the CPU")


def _may_open(path: Path) -> bool:
    return os.access(path, os.R_OK | os.W_OK)


def camera_devices(dev: Path = DEV, may_open: Callable[[Path], bool] = _may_open) -> Check:
    """Video devices, and whether this user may open them."""
    nodes = sorted(dev.glob("video*"))
    if not nodes:
        mend = "plug a camera in; network cameras and folders of pictures need no device"
        return Check("camera devices", Status.WARN, f"no {dev}/video*", mend)
    closed = [str(node) for node in nodes if not may_open(node)]
    if closed:
        mend = "sudo usermod -aG video $USER, then log in again"
        return Check("camera devices", Status.FAIL, f"no permission for {', '.join(closed)}", mend)
    return Check("camera devices", Status.OK, ", ".join(str(node) for node in nodes))
