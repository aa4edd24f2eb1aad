"""Inference devices and cameras, with device files of the tests' own."""

from __future__ import annotations

from pathlib import Path

import openvino as ov
import pytest

from edge.doctor import hardware
from edge.doctor.check import Status


def test_every_device_of_openvino_is_named() -> None:
    checks = {check.name: check for check in hardware.inference_devices()}
    core = ov.Core()
    for device in core.available_devices:
        found = checks[f"device {device}"].found
        assert found.startswith(f"{core.get_property(device, 'FULL_DEVICE_NAME')} (")
    assert {"FP32", "INT8"} <= set(checks["device CPU"].found.rpartition("(")[2].rstrip(")").split())
    assert checks["device CPU"].status is Status.OK


def test_a_gpu_that_openvino_cannot_use_is_a_warning_with_the_driver(tmp_path: Path) -> None:
    (tmp_path / "dri").mkdir()
    node = tmp_path / "dri" / "renderD128"
    node.touch()
    gpu, npu = hardware.unused_accelerators({"CPU"}, tmp_path)
    assert (gpu.name, gpu.status) == ("device GPU", Status.WARN)
    assert gpu.found == f"{node} is there, but OpenVINO cannot use it"
    assert "intel-opencl-icd" in gpu.mend
    assert (npu.name, npu.status, npu.mend) == ("device NPU", Status.OK, "")
    assert [check.name for check in hardware.unused_accelerators({"CPU", "GPU.0"}, tmp_path)] == ["device NPU"]


@pytest.mark.parametrize(("nodes", "status"), [(("video0", "video1"), Status.OK), ((), Status.WARN)])
def test_cameras_are_the_video_devices(tmp_path: Path, nodes: tuple[str, ...], status: Status) -> None:
    for node in nodes:
        (tmp_path / node).touch()
    check = hardware.camera_devices(tmp_path)
    assert check.status is status
    assert all(str(tmp_path / node) in check.found for node in nodes)


def test_a_camera_without_permission_fails_and_names_the_group(tmp_path: Path) -> None:
    for node in ("video0", "video1"):
        (tmp_path / node).touch()
    check = hardware.camera_devices(tmp_path, may_open=lambda path: path.name == "video0")
    assert (check.status, check.found) == (Status.FAIL, f"no permission for {tmp_path}/video1")
    assert "-aG video" in check.mend
