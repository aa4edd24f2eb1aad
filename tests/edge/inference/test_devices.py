from __future__ import annotations

import pytest

from edge.errors import DeviceError
from edge.inference.bundle import Bundle
from edge.inference.devices import candidates, compile_model
from tests.edge.inference.conftest import WriteToy


@pytest.mark.parametrize(
    ("device", "here", "order"),
    [
        ("AUTO", ["CPU"], ["CPU"]),
        ("auto", ["CPU", "GPU.0", "GPU.1", "NPU"], ["GPU.0", "GPU.1", "CPU"]),
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


@pytest.fixture
def toy(write_toy: WriteToy) -> Bundle:
    return write_toy()


def test_float32_is_asked_of_the_device_so_that_no_processor_chooses_bfloat16(toy: Bundle) -> None:
    compiled, device = compile_model(toy.model, device="CPU")
    assert device == "CPU"
    assert str(compiled.get_property("INFERENCE_PRECISION_HINT")) in {"<Type: 'float32'>", "f32"}
    assert str(compiled.get_property("PERFORMANCE_HINT")) == "LATENCY"


def test_a_precision_that_no_device_takes_is_one_error(toy: Bundle) -> None:
    with pytest.raises(DeviceError, match="no device can run the model .CPU: .*try --device CPU"):
        compile_model(toy.model, device="CPU", precision="i3")
