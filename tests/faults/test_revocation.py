"""A key is revoked while its client listens to a running station."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from edge.errors import BusError
from edge.messaging.asking import Asker
from edge.messaging.messages import Heartbeat, Result
from edge.messaging.subscriber import Subscriber
from tests.edge.conftest import RunStation
from tests.edge.running_station import clean_environment
from tests.faults.conftest import CYCLES, Report
from tests.faults.secured import key_folder, run_secured

LIMIT_S = 5.0
ROUNDS = max(1, CYCLES // 5)

pytestmark = pytest.mark.timeout(60 + 20 * ROUNDS)


class Listening:
    """A client that notes what it hears, and when."""

    def __init__(self, started: dict[str, str], keys: Path) -> None:
        self.beats: list[Heartbeat] = []
        self.results: list[int] = []
        self.heatmaps = 0
        self.last_s = 0.0
        self._closing = threading.Event()
        self._reader = Subscriber(started["events"], heatmaps=started["heatmaps"], keys=keys)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._closing.is_set():
            message = self._reader.receive(0.1)
            if message is None:
                continue
            self.last_s = time.monotonic()
            if isinstance(message, Heartbeat):
                self.beats.append(message)
            elif isinstance(message, Result):
                self.results.append(message.frame_seq)
            else:
                self.heatmaps += 1

    def close(self) -> None:
        self._closing.set()
        self._thread.join()
        self._reader.close()


def test_it_hears_nothing_soon_and_the_others_miss_nothing(
    run_station: RunStation, tmp_path: Path, tiny_dataset: Path, report: Report
) -> None:
    names = [f"client-{number}" for number in range(ROUNDS)]
    key_folder(tmp_path, "stays", *names)
    station = run_secured(run_station, tmp_path, tiny_dataset / "test" / "blob")
    started = station.event("started")
    stays = Listening(started, tmp_path / "stays.key")
    took_s = [revoked_after(started, tmp_path, name) for name in names]
    stays.close()
    gaps = [
        (after.mono_ns - before.mono_ns) / 1e9 for before, after in zip(stays.beats, stays.beats[1:], strict=False)
    ]
    report(
        f"revoked {ROUNDS} keys: heard nothing after at most {max(took_s):.2f} s ({LIMIT_S:g} s allowed), "
        f"another one missed {missing(stays.results)} of {len(stays.results)} results"
    )
    assert max(took_s) < LIMIT_S
    assert stays.results and missing(stays.results) == 0
    assert stays.heatmaps and max(gaps) < 1.0
    assert [event["client"] for event in station.events("client_revoked", ROUNDS)] == names


def revoked_after(started: dict[str, str], tmp_path: Path, name: str) -> float:
    """Seconds from the command's end to the last thing that the revoked client hears on either socket."""
    keys = tmp_path / f"{name}.key"
    client, asker = Listening(started, keys), Asker(started["control"], keys=keys)
    end_s = time.monotonic() + 10
    while not (client.beats and client.heatmaps) and time.monotonic() < end_s:
        time.sleep(0.05)
    assert client.beats and client.heatmaps
    assert asker.ask("status")["ok"]
    edge_ad("keys", "revoke", name, "--keys-dir", str(tmp_path / "keys"))
    revoked_s = time.monotonic()
    time.sleep(LIMIT_S / 2)
    heard_last_s = client.last_s
    time.sleep(1.0)
    assert client.last_s == heard_last_s
    with pytest.raises(BusError, match="no reply from .* does it admit"):
        asker.ask("pause", timeout_s=0.5)
    client.close()
    asker.close()
    return max(0.0, heard_last_s - revoked_s)


def missing(seqs: list[int]) -> int:
    return seqs[-1] - seqs[0] + 1 - len(seqs)


def edge_ad(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "edge", *arguments], check=True, env=clean_environment(), timeout=60)
