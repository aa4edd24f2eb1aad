"""Choosing an inference device and compiling for it.

OpenVINO's own ``AUTO:GPU,CPU`` raises where the GPU plugin cannot load, so the order is ours, taken from what is
really there, with the CPU last.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import openvino as ov

from edge.errors import DeviceError

Hint = Literal["latency", "throughput"]


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


def candidates(device: str, available: list[str]) -> list[str]:
    """Devices to try, in order.

    Args:
        device: "AUTO" for the fastest that works, or a device as OpenVINO names it: CPU, GPU, GPU.1, NPU.
        available: what ``ov.Core().available_devices`` lists.

    Raises:
        DeviceError: the device is not there.
    """
    wanted = device.upper()
    if wanted == "AUTO":
        graphics = [name for name in available if name.startswith("GPU")]
        return [*graphics, "CPU"]
    if wanted in available or f"{wanted}.0" in available:
        return [wanted]
    raise DeviceError(
        f"no inference device {device!r}",
        hint=f"this computer has: AUTO {' '.join(available)}; see 'edge-ad doctor'",
    )


def compile_model(
    model: ov.Model,
    *,
    device: str = "AUTO",
    precision: str = "f32",
    hint: Hint = "latency",
    cache_dir: Path | None = None,
) -> tuple[ov.CompiledModel, str]:
    """Compiles for the first candidate that takes the model.

    Args:
        model: graph with static shapes.
        device: see ``candidates``.
        precision: INFERENCE_PRECISION_HINT. f32 by default: bfloat16, which newer server processors choose by
            themselves, moves the scores.
        hint: what to optimize for.
        cache_dir: where compiled models are kept between starts; None for no cache.

    Returns:
        The compiled model and the device's name.

    Raises:
        DeviceError: no candidate can compile the model.
    """
    core = ov.Core()
    settings = {"INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": hint.upper()}
    if cache_dir is not None:
        settings["CACHE_DIR"] = str(cache_dir)
    failures = []
    for name in candidates(device, core.available_devices):
        try:
            return core.compile_model(model, name, settings), name
        except RuntimeError as error:
            failures.append(f"{name}: {' '.join(str(error).split())[-200:]}")
    raise DeviceError(f"no device can run the model ({'; '.join(failures)})", hint="try --device CPU")
