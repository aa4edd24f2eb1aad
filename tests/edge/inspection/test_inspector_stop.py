"""What becomes of verdicts that wait for the frame of a lane that does not come back."""

from __future__ import annotations

import json
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from edge.errors import StoreError
from edge.inspection.inspector import Inspector
from edge.inspection.turns import Turns
from edge.messaging import publisher as publishing
from edge.messaging.outbox import Outbox
from edge.messaging.publisher import Publisher
from edge.store.ledger import Ledger
from tests.edge.cameras.capturing import wait_for
from tests.edge.inspection.test_inspector import LANES, Listening, Resting, examining, unlike
from tests.edge.inspection.unsteady import Accelerator

ANY_PORT = "tcp://127.0.0.1:0"


def with_one_lane_left(folder: Path, publisher: Publisher, free: threading.Event) -> Inspector:
    """An inspector that is to stop: its first frame stays in the device, the others are judged and wait for it."""

    def hold(seq: int, accelerator: Accelerator) -> None:
        assert seq != 0 or free.wait(20)

    pictures, stopping = unlike(LANES), threading.Event()
    unused: Any = Listening()
    inspector = Inspector(
        Resting(folder, pictures),
        examining(pictures, hold=hold),
        unused,
        Turns(LANES),
        publisher,
        lanes=LANES,
        fail=lambda error: None,
        stopping=stopping,
    )
    inspector.start()
    wait_for(lambda: inspector.unfinished == LANES)
    stopping.set()
    wait_for(lambda: sum(stage.step is None for stage in inspector.stages) == LANES - 1)
    return inspector


@pytest.mark.parametrize("comes_back", [True, False])
def test_what_was_judged_behind_a_frame_that_does_not_come_is_published_at_the_stop(
    tmp_path: Path, comes_back: bool
) -> None:
    free, outbox = threading.Event(), Outbox(tmp_path / "state")
    with closing(outbox), Publisher(station="s", outbox=outbox, events=ANY_PORT, heatmaps=ANY_PORT) as publisher:
        inspector = with_one_lane_left(tmp_path, publisher, free)
        assert inspector.judged == 0
        inspector.join(0.01)
        assert (inspector.alive, inspector.judged, inspector.unfinished) == (True, LANES - 1, 1)
        if not comes_back:
            publisher.close()
        free.set()
        wait_for(lambda: not inspector.alive)
        publisher.close()
        alerts = [json.loads(text)["result"]["frame_seq"] for text in outbox.since(0, 10)]
    assert alerts == [*range(1, LANES), *([0] if comes_back else [])]
    assert inspector.unfinished == (0 if comes_back else 1)


def test_a_disk_that_hangs_keeps_no_stop_from_saying_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More alerts wait than the publisher holds, and those behind the frame in the device are still to come."""
    free, written = threading.Event(), threading.Event()
    commit = Ledger.commit

    def hangs(self: Ledger, rows: Any) -> None:
        assert written.wait(20)
        commit(self, rows)

    monkeypatch.setattr(Ledger, "commit", hangs)
    monkeypatch.setattr(publishing, "_WAITING", 1)
    monkeypatch.setattr(publishing, "_COMMIT_TIMEOUT_S", 0.2)
    outbox = Outbox(tmp_path / "state")
    publisher = Publisher(station="s", outbox=outbox, events=ANY_PORT, heatmaps=ANY_PORT)
    inspector = with_one_lane_left(tmp_path, publisher, free)
    joining = threading.Thread(target=inspector.join, args=(0.01,), daemon=True)
    joining.start()
    joining.join(5)
    try:
        assert not joining.is_alive()
        with pytest.raises(StoreError, match="alerts are not on disk"):
            publisher.close()
    finally:
        written.set()
        free.set()
    wait_for(lambda: not inspector.alive)
    publisher.close()
    outbox.close()
