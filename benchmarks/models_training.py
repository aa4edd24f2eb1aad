"""Trains models by ``edge-ad train``, some side by side, and keeps what it trained."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from threading import Event
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from benchmarks.cell import Key
from benchmarks.conditions import ROOT, code_sha256
from edge.errors import EdgeAdError, TrainingError
from train.commands.train import parse_options
from train.fit import CHECKPOINT
from train.models.registry import find_kind, options_of
from train.training.state import NAME as STATE

NOTE = "made-by.json"  # beside each checkpoint
CODE = (  # that a training depends on
    *(f"train/{room}" for room in ("backbones", "data", "models", "networks", "scorers", "training")),
    *(f"train/{file}" for file in ("checkpoint.py", "commands/train.py", "cross_fit.py", "fit.py", "fitted.py")),
    "edge/scorers",
    "edge/pictures.py",
)


class Note(BaseModel):
    """What made a checkpoint, or is about to make it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    arguments: tuple[str, ...] = Field(description="of edge-ad train")
    options: dict[str, Any] = Field(description="of the model, defaults included")
    code_sha256: str = Field(description="over the sources that a training depends on")
    threads: int
    seconds: float | None = Field(description="of the whole command; null while it runs")

    def asks_for(self, other: Note) -> bool:
        """Whether the same is trained."""
        return (self.arguments, self.options) == (other.arguments, other.options)


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
    def arguments(self) -> tuple[str, ...]:
        """Of ``edge-ad train``, but for folders."""
        given = ("--model", self.recipe.model, "--seed", str(self.key.seed))
        return (*given, *(self.recipe.arguments or {}).get(self.key.set, ()))

    @property
    def kept(self) -> bool:
        """Whether just this has been trained to the end already, be it by earlier code."""
        note = self.note()
        return (
            note is not None
            and note.seconds is not None
            and note.asks_for(self.wanted(note.threads))
            and self.checkpoint.is_file()
        )

    def wanted(self, threads: int) -> Note:
        """What is to be trained."""
        pairs = [value for flag, value in pairwise(self.arguments) if flag == "--option"]
        options = options_of(find_kind(self.recipe.model), parse_options(pairs))
        return Note(
            arguments=self.arguments,
            options=options.model_dump(mode="json"),
            code_sha256=code_sha256(CODE),
            threads=threads,
            seconds=None,
        )

    def note(self) -> Note | None:
        """What was trained; None where nothing was."""
        path = self.folder / NOTE
        return Note.model_validate_json(path.read_text(encoding="utf-8")) if path.is_file() else None

    def epochs(self) -> int:
        """How many there were; 0 of a closed form."""
        return len(self._log())

    def seconds(self) -> float:
        """What it took: all epochs, or the command as a whole where there are none."""
        if log := self._log():
            return sum(float(line["seconds"]) for line in log)
        note = self.note()
        return note.seconds or 0.0 if note else 0.0

    def run(self, threads: int) -> None:
        """Trains, and goes on where the same training was interrupted.

        Raises:
            TrainingError: the command failed.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "edge", "train", "--data", str(self.data), *self.arguments]
        command += ["--name", self.key.set, "--output", str(self.folder), "--device", "cpu"]
        wanted, before = self.wanted(threads), self.note()
        if before and before.asks_for(wanted) and (self.folder / STATE).exists():
            command.append("--resume")
        else:
            (self.folder / STATE).unlink(missing_ok=True)
        self._write(wanted)
        log = self.folder / "log.txt"
        began_s = time.monotonic()
        with log.open("w", encoding="utf-8") as output:
            environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
            ended = subprocess.run(command, cwd=ROOT, env=environment, stdout=output, stderr=output, check=False)
        if ended.returncode:
            said = log.read_text(encoding="utf-8").strip().splitlines() or ["nothing"]
            raise TrainingError(f"training {self.key} failed: {said[-1]}", hint=f"see {log}")
        self._write(wanted.model_copy(update={"seconds": round(time.monotonic() - began_s, 1)}))

    def _write(self, note: Note) -> None:
        (self.folder / NOTE).write_text(note.model_dump_json() + "\n", encoding="utf-8")

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

    failed = Event()

    def one(training: Training) -> None:
        if failed.is_set():
            return
        try:
            training.run(threads)
        except EdgeAdError:
            failed.set()
            raise
        say(f"trained {training.key} in {training.seconds():.0f} s")

    missing = [training for training in trainings if not training.kept]
    say(f"{len(trainings) - len(missing)} of {len(trainings)} trainings are kept")
    with ThreadPoolExecutor(jobs) as pool:
        running = [pool.submit(one, training) for training in missing]
        try:
            for done in as_completed(running):
                done.result()
        finally:  # after Ctrl-C those that wait are not begun
            pool.shutdown(wait=True, cancel_futures=True)
