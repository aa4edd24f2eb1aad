"""What is trained on what: a training goes on only as what it was begun as."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from edge.pictures import SUFFIXES
from train.training.options import LearningOptions
from train.training.watched import Pictures

NAMED = 3  # differences at most, for one line


class Task(BaseModel):
    """What a training has in common with one that goes on from it: all but the number of epochs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    given: dict[str, str] = Field(description="values by name, as the command line spells them")
    content: dict[str, str] = Field(description="sha256 of what is learnt from, by name")

    def differences(self, now: Task) -> str:
        """What the task of now has otherwise, one line; empty where nothing.

        Which pictures are learnt follows from the seed and the options too, so these alone are named where they
        differ.
        """
        told = [
            f"{name} was {self.given.get(name, 'unknown')}, not {now.given.get(name, 'unknown')}"
            for name in self.given | now.given
            if self.given.get(name) != now.given.get(name)
        ]
        told = told or [
            f"the {name} were others"
            for name in self.content | now.content
            if self.content.get(name) != now.content.get(name)
        ]
        return ", ".join(told[:NAMED])


def task_of(given: Mapping[str, str], options: LearningOptions, copies: int, *pictures: Pictures) -> Task:
    """The task of a training.

    Args:
        given: what was asked for besides the options, as in ``Task.given``.
        options: of the model and its training.
        copies: that follow each picture.
        pictures: good ones, uint8 [N, H, W, 3], in an order that their content decides.
    """
    values = options.model_dump(mode="json", exclude={"epochs"})
    learnt = hashlib.sha256()
    for some in pictures:
        learnt.update(some)
    content = {"good pictures" + (", or the --jitter of their copies," if copies else ""): learnt.hexdigest()}
    if folder := values.get("texture_dir"):
        content["textures"] = _listing_sha256(Path(folder))
    chosen = {f"--option {name}": _shown(value) for name, value in values.items()}
    return Task(given={**given, "--augment": str(copies), **chosen}, content=content)


def _shown(value: object) -> str:
    return value if isinstance(value, str) and value else json.dumps(value)


def _listing_sha256(folder: Path) -> str:
    """Over names and sizes: the files are thousands, and each would have to be read."""
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    lines = [f"{path.relative_to(folder).as_posix()} {path.stat().st_size}\n" for path in found]
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()
