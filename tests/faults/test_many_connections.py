"""More connections than the process may have files: the station judges on, and serves when they have gone."""

from __future__ import annotations

import resource
import socket
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from edge.messaging.messages import Result
from tests.edge.conftest import RunStation
from tests.edge.running_station import read_until
from tests.faults.conftest import Report
from tests.faults.secured import GREETING
from tests.faults.supervisor import Supervisor

SPARE_FILES = 60
CONNECTIONS = 100
HELD_S = 3.0
NULL = GREETING[:11] + b"\x00" + b"NULL".ljust(20, b"\0") + bytes(32)
READY = b"\x05READY\x0bSocket-Type" + bytes((0, 0, 0, 3)) + b"SUB"


def open_files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def test_no_number_of_connections_ends_it(
    run_station: RunStation,
    tiny_dataset: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    report: Report,
    request: pytest.FixtureRequest,
) -> None:
    supervisor = Supervisor(tmp_path / "notify", 5.0)
    request.addfinalizer(supervisor.close)
    for name, text in supervisor.environment.items():
        monkeypatch.setenv(name, text)
    station = run_station("--camera", str(tiny_dataset / "test" / "good"), "--fps", "10", "--loop")
    supervisor.wait_for("READY=1")
    events, pid = station.event("started")["events"], station.process.pid
    host, port = str(urlsplit(events).hostname), urlsplit(events).port
    most, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    assert most >= min(16_384, hard), "it raises its own limit"
    with station.subscriber("result/") as reader, ExitStack() as held:
        judged_all_slots = time.monotonic() + 3.0  # the memory of each frame is mapped when it is first used
        read_until(reader, lambda message: isinstance(message, Result) and time.monotonic() > judged_all_slots)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (open_files(pid) + SPARE_FILES, hard))
        for _ in range(CONNECTIONS):
            with suppress(OSError):  # once none is accepted any more
                peer = held.enter_context(socket.create_connection((host, port), timeout=0.1))
                peer.sendall(NULL + bytes((4, len(READY))) + READY)
        assert supervisor.watch(pid, HELD_S) is None
        over_s = time.monotonic() + 1.0
        came = read_until(reader, lambda message: isinstance(message, Result) and time.monotonic() > over_s)
    assert len(came) >= 9
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (most, hard))
    assert station.asker().ask("status", timeout_s=10)["ok"]
    assert station.process.poll() is None and station.other_lines == []
    report(f"{CONNECTIONS} connections where {SPARE_FILES} files can be opened: judged on, served after them")
