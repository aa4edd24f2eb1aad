"""What is installed."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

import pytest

from edge.doctor import software
from edge.doctor.check import Status


def without(monkeypatch: pytest.MonkeyPatch, *missing: str) -> None:
    """Hides packages from the look-up of versions, the seam to the installation."""

    def hidden(name: str) -> str:
        if name in missing:
            raise PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(software, "version", hidden)


def test_the_packages_of_the_device_side_are_named_with_versions() -> None:
    check = software.packages()
    assert check.status is Status.OK
    assert f"openvino {version('openvino')}" in check.found
    assert "torch" not in check.found


def test_a_missing_package_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "pyzmq")
    check = software.packages()
    assert (check.status, check.found) == (Status.FAIL, "missing: pyzmq")
    assert check.mend


def test_an_install_of_the_source_folder_alone_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(name: str) -> list[str]:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(software, "requires", unknown)
    assert software.packages().found == "missing: edge-ad"
    assert software.packages_of_extra("train", "to train").status is Status.OK


def test_an_absent_extra_is_fine_and_half_an_extra_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "timm")
    check = software.packages_of_extra("timm", "for further backbones")
    assert (check.status, check.found) == (Status.OK, "not installed; only needed for further backbones")
    without(monkeypatch, "nncf")
    check = software.packages_of_extra("train", "to train")
    assert (check.status, check.found, check.mend) == (
        Status.WARN,
        "missing: nncf",
        "pip install 'edge-ad[train]'",
    )
