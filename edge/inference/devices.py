"""Choosing an inference device and compiling for it.

OpenVINO's own ``AUTO:GPU,CPU`` raises where the GPU plugin cannot load, so the order is ours, taken from what is
really there, with the CPU last.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import openvino as ov

from edge.errors import DeviceError
from edge.inference.compiled import open_cache, seal_cache
from edge.log import log_event

Hint = Literal["latency", "throughput"]
FASTEST_FIRST = ("GPU", "NPU")
DEV = Path("/dev")
NODES = ("dri/renderD*", "accel/accel*", "dxg")  # GPUs, NPUs, and either under WSL
log = logging.getLogger(__name__)


def hint_for(wanted: Literal["auto", "latency", "throughput"], modes: Sequence[str]) -> Hint:
    """What a device is to be tuned for.

    Several free-running cameras keep it busy, and what counts is how many frames it judges. A part that a PLC or a
    light barrier asks about wants its answer soon, also where there are several such cameras: parts of a line come
    one after the other. So does the only camera there is.

    Args:
        wanted: what is set; ``auto`` decides by the cameras.
        modes: of each camera that is judged on the device: free-run, trigger or hardware.
    """
    if wanted != "auto":
        return wanted
    return "throughput" if len(modes) > 1 and set(modes) == {"free-run"} else "latency"


def available_devices(core: ov.Core, dev: Path = DEV) -> list[str]:
    """What OpenVINO can use here, as ``core.available_devices`` lists it.

    Where the kernel shows no accelerator, OpenVINO is not asked: to answer it loads the drivers' libraries, 27 MB
    of resident memory that a computer without a GPU has no use for.
    """
    if any(any(dev.glob(pattern)) for pattern in NODES):
        return list(core.available_devices)
    return ["CPU"]


def candidates(device: str, available: Sequence[str]) -> list[str]:
    """Devices to try, in order.

    Args:
        device: "AUTO" for the fastest that works, or a device as OpenVINO names it: CPU, GPU, GPU.1, NPU.
        available: see ``available_devices``.

    Raises:
        DeviceError: the device is not there.
    """
    wanted = device.upper()
    if wanted == "AUTO":
        faster = [name for kind in FASTEST_FIRST for name in available if name.split(".")[0] == kind]
        return [*faster, "CPU"]
    if wanted in available or f"{wanted}.0" in available:
        return [wanted]
    raise DeviceError(
        f"no inference device {device!r}",
        hint=f"this computer has: AUTO {' '.join(available)}; see 'edge-ad doctor'",
    )


def computes_in(core: ov.Core, device: str, precision: str) -> bool:
    """Whether a device computes in a precision: f32, f16 or bf16.

    An NPU computes in float16 whatever is asked. AUTO leaves out a device that cannot compute as the threshold was
    calibrated; one that is asked for by name computes as it can.
    """
    names = {"f32": "FP32", "f16": "FP16", "bf16": "BF16"}
    return names.get(precision, precision) in core.get_property(device, "OPTIMIZATION_CAPABILITIES")


def compile_model(
    model: ov.Model,
    *,
    device: str = "AUTO",
    precision: str = "f32",
    hint: Hint = "latency",
    cache: Path | None = None,
) -> tuple[ov.CompiledModel, str]:
    """Compiles for the first candidate that takes the model; those passed over are named in the log.

    Args:
        model: graph with static shapes, which an NPU needs.
        device: see ``candidates``.
        precision: INFERENCE_PRECISION_HINT. f32 by default: bfloat16, which newer server processors choose by
            themselves, moves the scores.
        hint: what to optimize for.
        cache: folder where this model is kept compiled between starts; None for no cache. One that cannot be used
            is told in the log and done without.

    Returns:
        The compiled model and the device's name.

    Raises:
        DeviceError: no candidate can compile the model.
    """
    core = ov.Core()
    failures = []
    for name in candidates(device, available_devices(core)):
        try:
            if device.upper() == "AUTO" and name != "CPU" and not computes_in(core, name, precision):
                raise RuntimeError(f"it does not compute in {precision}, in which the threshold was calibrated")
            return _compiled(core, model, name, _settings(core, name, precision, hint), cache), name
        except RuntimeError as error:
            failures.append(f"{name}: {_one_line(error)}")
            if name != "CPU" and device.upper() == "AUTO":
                log_event(log, "device_passed_over", level=logging.WARNING, device=name, reason=_one_line(error))
    raise DeviceError(f"no device can run the model ({'; '.join(failures)})", hint="try --device CPU")


def _settings(core: ov.Core, device: str, precision: str, hint: Hint) -> dict[str, str]:
    settings = {"PERFORMANCE_HINT": hint.upper()}
    if "INFERENCE_PRECISION_HINT" in core.get_property(device, "SUPPORTED_PROPERTIES"):
        settings["INFERENCE_PRECISION_HINT"] = precision
    return settings


def _compiled(
    core: ov.Core, model: ov.Model, device: str, settings: dict[str, str], cache: Path | None
) -> ov.CompiledModel:
    if cache is None:
        return core.compile_model(model, device, settings)
    try:
        for damaged in open_cache(cache):
            log_event(log, "cache_damaged", level=logging.WARNING, file=damaged, outcome="compiled anew")
        compiled = core.compile_model(model, device, settings | {"CACHE_DIR": str(cache)})
        seal_cache(cache)
    except (OSError, RuntimeError) as error:
        compiled = core.compile_model(model, device, settings)
        log_event(log, "cache_unusable", level=logging.WARNING, folder=cache, reason=_one_line(error))
    return compiled


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[-200:]
