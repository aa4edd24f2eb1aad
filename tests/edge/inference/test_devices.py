from __future__ import annotations

import logging
from pathlib import Path

import openvino as ov
import pytest

from edge.errors import DeviceError
from edge.inference import devices
from edge.inference.bundle import Bundle
from edge.inference.devices import candidates, compile_model, hint_for
from edge.inference.engine import Engine
from tests.edge.inference.accelerators import CAPABILITIES, ScriptedCore
from tests.edge.inference.conftest import WriteToy

NO_DRIVER = "[GPU] clGetPlatformIDs error -1001"


@pytest.mark.parametrize(
    ("device", "here", "order"),
    [
        ("AUTO", ["CPU"], ["CPU"]),
        ("auto", ["CPU", "NPU", "GPU.0", "GPU.1"], ["GPU.0", "GPU.1", "NPU", "CPU"]),
        ("gpu", ["CPU", "GPU"], ["GPU"]),
        ("GPU", ["CPU", "GPU.0", "GPU.1"], ["GPU"]),
        ("GPU.1", ["CPU", "GPU.0", "GPU.1"], ["GPU.1"]),
        ("npu", ["CPU", "NPU"], ["NPU"]),
    ],
)
def test_devices_are_tried_in_order(device: str, here: list[str], order: list[str]) -> None:
    assert candidates(device, here) == order


@pytest.mark.parametrize("device", ["GPU", "", "CPU.7", "AUTO:GPU,CPU"])
def test_a_device_that_is_not_there_is_refused(device: str) -> None:
    with pytest.raises(DeviceError, match=r"no inference device .*this computer has: AUTO CPU"):
        candidates(device, ["CPU"])


@pytest.mark.parametrize(
    ("wanted", "modes", "hint"),
    [
        ("auto", ["free-run"], "latency"),
        ("auto", ["free-run", "free-run"], "throughput"),
        ("auto", ["trigger", "trigger"], "latency"),
        ("auto", ["free-run", "hardware"], "latency"),
        ("throughput", ["trigger"], "throughput"),
        ("latency", ["free-run"] * 4, "latency"),
    ],
)
def test_the_hint_follows_what_the_cameras_wait_for(wanted: str, modes: list[str], hint: str) -> None:
    assert hint_for(wanted, modes) == hint  # type: ignore[arg-type]


@pytest.fixture
def toy(write_toy: WriteToy) -> Bundle:
    return write_toy()


@pytest.fixture
def with_devices(monkeypatch: pytest.MonkeyPatch) -> type[ScriptedCore]:
    """Makes OpenVINO be one with more devices."""

    class Plugged(ScriptedCore):
        def __init__(self, *names: str, **options: dict[str, str]) -> None:
            super().__init__(*names, **options)
            monkeypatch.setattr(devices.ov, "Core", self)
            monkeypatch.setattr(devices, "available_devices", lambda core: core.available_devices)

    return Plugged


def warnings_of(log: pytest.LogCaptureFixture) -> list[tuple[str, dict[str, object]]]:
    return [(record.event, record.fields) for record in log.records if record.levelno >= logging.WARNING]  # type: ignore[attr-defined]


def test_float32_is_asked_of_the_device_so_that_no_processor_chooses_bfloat16(toy: Bundle) -> None:
    compiled, device = compile_model(toy.model, device="CPU")
    assert device == "CPU"
    assert str(compiled.get_property("INFERENCE_PRECISION_HINT")) in {"<Type: 'float32'>", "f32"}
    assert str(compiled.get_property("PERFORMANCE_HINT")) == "LATENCY"


def test_a_precision_that_no_device_takes_is_one_error(toy: Bundle) -> None:
    with pytest.raises(DeviceError, match="no device can run the model .CPU: .*try --device CPU"):
        compile_model(toy.model, device="CPU", precision="i3")


def test_auto_takes_the_first_that_works(toy: Bundle, with_devices: type[ScriptedCore]) -> None:
    core = with_devices("GPU.0", "NPU")
    assert compile_model(toy.model, hint="throughput")[1] == "GPU.0"
    assert core.asked == {"GPU.0": {"PERFORMANCE_HINT": "THROUGHPUT", "INFERENCE_PRECISION_HINT": "f32"}}


def test_a_gpu_without_its_driver_is_passed_over_with_one_line(
    toy: Bundle, with_devices: type[ScriptedCore], caplog: pytest.LogCaptureFixture
) -> None:
    with_devices("GPU", broken={"GPU": NO_DRIVER})
    assert Engine(toy).device == "CPU"
    ((event, fields),) = warnings_of(caplog)
    assert (event, fields["device"]) == ("device_passed_over", "GPU")
    assert str(fields["reason"]).endswith(NO_DRIVER)


def test_without_other_devices_auto_is_the_cpu_without_a_word(
    toy: Bundle, with_devices: type[ScriptedCore], caplog: pytest.LogCaptureFixture
) -> None:
    with_devices()
    assert Engine(toy).device == "CPU"
    assert warnings_of(caplog) == []


def test_a_device_asked_for_by_name_has_no_other_in_its_place(
    toy: Bundle, with_devices: type[ScriptedCore]
) -> None:
    with_devices("GPU", broken={"GPU": NO_DRIVER})
    with pytest.raises(DeviceError, match=r"no device can run the model \(GPU: .*-1001\); try --device CPU"):
        compile_model(toy.model, device="GPU")


def test_auto_takes_an_npu_only_for_what_was_calibrated_as_it_computes(
    toy: Bundle, with_devices: type[ScriptedCore], caplog: pytest.LogCaptureFixture
) -> None:
    with_devices("NPU")
    assert compile_model(toy.model, precision="f32")[1] == "CPU"
    ((event, fields),) = warnings_of(caplog)
    assert (event, fields["device"]) == ("device_passed_over", "NPU")
    assert fields["reason"] == "it does not compute in f32, in which the threshold was calibrated"
    assert compile_model(toy.model, precision="f16")[1] == "NPU"


def test_an_npu_asked_for_by_name_is_not_asked_for_what_it_does_not_know(
    toy: Bundle, with_devices: type[ScriptedCore], tmp_path: Path
) -> None:
    core = with_devices("NPU")
    assert Engine(toy, device="NPU", cache_dir=tmp_path).device == "NPU"
    assert core.asked["NPU"].keys() == {"PERFORMANCE_HINT", "CACHE_DIR"}


def test_the_scripted_npu_is_as_the_real_plugin_says_of_itself() -> None:
    """The plugin answers without an NPU; where it is not shipped there is nothing to compare."""
    core = ov.Core()
    try:
        capabilities = core.get_property("NPU", "OPTIMIZATION_CAPABILITIES")
        properties = core.get_property("NPU", "SUPPORTED_PROPERTIES")
    except RuntimeError:
        pytest.skip("this OpenVINO has no NPU plugin")
    assert capabilities == CAPABILITIES["NPU"]
    assert "INFERENCE_PRECISION_HINT" not in properties


def test_every_graph_has_a_static_shape_as_an_npu_needs(toy: Bundle, tiny_bundle: Path) -> None:
    from edge.inference.bundle import load_bundle

    for bundle in (toy, load_bundle(tiny_bundle)):
        assert not bundle.model.is_dynamic()


@pytest.mark.parametrize("node", ["dri/renderD128", "accel/accel0", "dxg"])
def test_openvino_is_asked_only_where_the_kernel_shows_an_accelerator(tmp_path: Path, node: str) -> None:
    """To be asked costs 27 MB of resident memory."""
    core = ScriptedCore("GPU")
    (tmp_path / "dri").mkdir()
    (tmp_path / "dri" / "card0").touch()  # a display alone computes nothing
    assert devices.available_devices(core, tmp_path) == ["CPU"]  # type: ignore[arg-type]
    (tmp_path / node).parent.mkdir(exist_ok=True)
    (tmp_path / node).touch()
    assert devices.available_devices(core, tmp_path) == ["CPU", "GPU"]  # type: ignore[arg-type]
