"""Trains models by ``edge-ad train``, some side by side, and keeps what it trained."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cell import Key
from benchmarks.conditions import ROOT
from edge.errors import TrainingError
from train.fit import CHECKPOINT
from train.training.state import NAME as STATE

COMMAND = "command.json"  # beside each checkpoint: what made it, and how long that took


@dataclass(frozen=True)
class Recipe:
    """A row of the table: a kind of model, and what is given to ``edge-ad train`` besides.

    Attributes:
        model: as ``--model`` takes it.
        seeds: each is trained and judged.
        arguments: by set, where it is not for all sets alike.
    """

    model: str
    seeds: tuple[int, ...] = (0,)
    arguments: dict[str, tuple[str, ...]] | None = None

    def suits(self, name: str) -> bool:
        """Whether there is such a row for a set."""
        return self.arguments is None or name in self.arguments


@dataclass(frozen=True)
class Training:
    """One training.

    Attributes:
        key: the recipe's name, set and seed.
        data: folder of the set.
        folder: for checkpoint and log.
        recipe: see ``Recipe``.
    """

    key: Key
    data: Path
    folder: Path
    recipe: Recipe

    @property
    def checkpoint(self) -> Path:
        return self.folder / CHECKPOINT

    @property
    def arguments(self) -> list[str]:
        """Of ``edge-ad train``, but for folders."""
        given = ["--model", self.recipe.model, "--seed", str(self.key.seed)]
        return [*given, *(self.recipe.arguments or {}).get(self.key.set, ())]

    @property
    def kept(self) -> bool:
        """Whether these very arguments have been trained to the end already."""
        note = self.folder / COMMAND
        if not (note.is_file() and self.checkpoint.is_file()) or (self.folder / STATE).exists():
            return False
        return bool(json.loads(note.read_text(encoding="utf-8"))["arguments"] == self.arguments)

    def epochs(self) -> int:
        """How many there were; 0 of a closed form."""
        return len(self._log())

    def seconds(self) -> float:
        """What it took: all epochs, or the command as a whole where there are none."""
        if log := self._log():
            return sum(float(line["seconds"]) for line in log)
        return float(json.loads((self.folder / COMMAND).read_text(encoding="utf-8"))["seconds"])

    def run(self, threads: int) -> None:
        """Trains, and goes on where it was interrupted.

        Raises:
            TrainingError: the command failed.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "edge", "train", "--data", str(self.data), *self.arguments]
        command += ["--name", self.key.set, "--output", str(self.folder), "--device", "cpu"]
        if (self.folder / STATE).exists():
            command.append("--resume")
        log = self.folder / "log.txt"
        began_s = time.monotonic()
        with log.open("w", encoding="utf-8") as output:
            environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
            ended = subprocess.run(command, cwd=ROOT, env=environment, stdout=output, stderr=output, check=False)
        if ended.returncode:
            said = log.read_text(encoding="utf-8").strip().splitlines() or ["nothing"]
            raise TrainingError(f"training {self.key} failed: {said[-1]}", hint=f"see {log}")
        note = {"arguments": self.arguments, "seconds": round(time.monotonic() - began_s, 1)}
        (self.folder / COMMAND).write_text(json.dumps(note) + "\n", encoding="utf-8")

    def _log(self) -> list[dict[str, str]]:
        path = self.folder / "training.csv"
        if not path.is_file():
            return []
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))


def train_all(trainings: Sequence[Training], jobs: int, say: Callable[[str], None]) -> None:
    """Trains those that are not kept, ``jobs`` at a time, each on its share of the processors.

    Raises:
        TrainingError: one of them failed; the others have ended.
    """
    threads = max(1, (os.cpu_count() or 1) // jobs)

    def one(training: Training) -> None:
        training.run(threads)
        say(f"trained {training.key} in {training.seconds():.0f} s")

    missing = [training for training in trainings if not training.kept]
    say(f"{len(trainings) - len(missing)} of {len(trainings)} trainings are kept")
    with ThreadPoolExecutor(jobs) as pool:
        for done in [pool.submit(one, training) for training in missing]:
            done.result()
