"""What systemd would hear, on real sockets."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from edge.health.service_manager import ServiceManager


@pytest.mark.parametrize("abstract", [False, True])
def test_it_is_heard_on_a_file_and_on_an_abstract_socket(abstract: bool, tmp_path: Path) -> None:
    name = f"@edge-ad-test-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.bind(name.replace("@", "\0", 1) if abstract else name)
        manager = ServiceManager({"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "1500000"})
        manager.ready("2 cameras")
        manager.alive()
        assert [end.recv(999) for _ in range(2)] == [b"READY=1\nSTATUS=2 cameras", b"WATCHDOG=1"]
    assert manager.watchdog_s == 1.5


def test_a_watchdog_of_another_process_is_not_ours() -> None:
    environ = {"NOTIFY_SOCKET": "/run/notify", "WATCHDOG_USEC": "1500000", "WATCHDOG_PID": "1"}
    assert ServiceManager(environ).watchdog_s is None
    assert ServiceManager(environ | {"WATCHDOG_PID": str(os.getpid())}).watchdog_s == 1.5


def test_a_manager_that_does_not_read_holds_nobody_up(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.bind(str(tmp_path / "notify"))
        manager = ServiceManager({"NOTIFY_SOCKET": str(tmp_path / "notify")})
        for _ in range(2000):  # more than a socket keeps
            manager.alive()
    assert [record.event for record in caplog.records] == ["not_notified"]  # type: ignore[attr-defined]


def test_without_systemd_nothing_is_said(caplog: pytest.LogCaptureFixture) -> None:
    ServiceManager({}).ready("here")
    assert caplog.records == []
