"""``kill -9`` while models are installed, activated and rolled back: the old one or the new one, whole."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from edge.inference.bundle import load_bundle
from edge.models.active import read_active
from edge.models.names import Reference
from edge.models.store import ModelStore
from tests.edge import tiny_models
from tests.edge.running_station import clean_environment
from tests.faults.conftest import CYCLES, Report

KILLS = 2 * CYCLES if CYCLES > 5 else CYCLES  # 100 in the long form
BUSY = """
import sys
from pathlib import Path
from edge.models.activation import activate
from edge.models.store import ModelStore
from edge.models.names import Reference

def admit(path, sha256): ...

store, models = ModelStore(Path(sys.argv[1])), [Path(word) for word in sys.argv[2:]]
print("ready", flush=True)
number = 0
while True:
    model = models[number % len(models)]
    activate(store, store.install(model, "grey"), admit, device="CPU")
    if number % 3 == 2:
        activate(store, store.previous("grey"), admit, device="CPU")
    passive = [version for version in store.versions("grey") if not version.active and not version.previous]
    for version in passive:
        store.remove(Reference("grey", version.sha256))
    number += 1
"""


def killed_after(seconds: float, store: ModelStore, models: list[Path]) -> None:
    command = [sys.executable, "-c", BUSY, store.root.parent, *models]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=clean_environment()) as child:
        assert child.stdout is not None and child.stdout.readline() == b"ready\n"
        time.sleep(seconds)
        assert child.poll() is None, "it fell over a store that a kill left behind"
        child.send_signal(signal.SIGKILL)


def test_a_kill_at_any_moment_leaves_the_old_or_the_new_model_whole(tmp_path: Path, report: Report) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")  # shown where the test fails
    chance = random.Random(seed)  # noqa: S311
    models = [tiny_models.grey(tmp_path / v / "grey.xml", version=v, factor=float(v)) for v in ("1", "2", "3")]
    known = {load_bundle(model).sha256 for model in models}
    store = ModelStore(tmp_path / "state")
    store.switch(store.install(models[0], "grey"))
    seen = set()
    for _ in range(KILLS):
        killed_after(chance.uniform(0.0, 0.4), store, models)
        active = store.find(Reference("grey"))
        assert load_bundle(active.path).sha256 == active.sha256 in known
        pair = read_active(store.root / "grey")
        assert pair is not None and pair.previous != pair.sha256
        whole = store.versions("grey")
        assert all(version.card is not None for version in whole), "a version is there and not whole"
        if pair.previous is not None:
            assert load_bundle(store.previous("grey").path).sha256 == pair.previous
        seen.add(active.sha256)
    store.install(models[0], "grey")
    assert not list(store.root.glob("*/.*")), "what the kills left behind is swept away"
    told = f"0 without a model, 0 mixed, {len(seen)} different ones active"
    report(f"{KILLS} kills while installing: {told} (seed {seed})")
