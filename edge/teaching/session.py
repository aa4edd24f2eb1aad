"""The folder in which a device keeps what it was taught about one product.

``product.json``, ``pictures/00001.png`` and ``.json`` at the model's size, ``states/0001.json``, and a copy of the
backbone. Every file is written whole. A picture counts once its .json is there, a state once its file is; so
wherever the power fails, the next run finds what was finished and goes on from there. Only the .json of a picture
that was taken back and comes again is written anew: it keeps its number, which decides what it is for.

The statistics themselves are not kept: from 140 kept pictures they are made anew in seconds, exactly as from all
at once, whereas 55 MB of sums on the disk would save half of that and could neither set a threshold nor go back.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import cv2

from edge.errors import PictureError, TeachingError, UsageError
from edge.health.camera_faults.taking import look_at
from edge.pictures import Picture, prepare, read_picture
from edge.teaching.backbone import BackboneBundle
from edge.teaching.folder import PICTURES, STATES, alone, begun, product_of, require_product, sweep
from edge.teaching.records import Kept, RecordT, State, read_record, write_file, write_record
from edge.teaching.sides import sets_threshold

_WITHOUT = "the disk damaged it; remove it and go on without that picture"


@dataclass(frozen=True)
class Sides:
    """Kept pictures by what they are for; none is in both."""

    fit: tuple[Kept, ...]
    threshold: tuple[Kept, ...]


class Session:
    """One product's folder, open for one process at a time.

    Args:
        folder: of the product, e.g. ``<state_dir>/teaching/bottle``.
        backbone: with it the folder is made if it is not there, and has to be the one taught with if it is.
            Without it only a folder that is there can be opened.

    Attributes:
        product: what the folder is for.

    Raises:
        TeachingError: there is no such folder, it cannot be used, or another process is at work in it.
        UsageError: the product was taught with another backbone.
        BundleError: the backbone cannot be copied.
    """

    def __init__(self, folder: Path, backbone: BackboneBundle | None = None, *, seed: int = 0) -> None:
        self.folder = folder
        if backbone is None:
            require_product(folder)
        with ExitStack() as opening:
            opening.enter_context(alone(folder))
            sweep(folder)
            self.product = begun(folder, backbone, seed) if backbone else product_of(folder)
            self._states = _all_of(State, folder / STATES)
            self._kept = {kept.number: kept for kept in _all_of(Kept, folder / PICTURES, _WITHOUT)}
            self._lock = opening.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets another process in."""
        self._lock.close()

    def add(self, pixels: Picture, taken_from: str, source: str = "") -> bool:
        """Keeps a picture at the model's size; it is on disk when this returns.

        Args:
            pixels: uint8 [H, W, 3] BGR at full size.
            taken_from: folder or camera, for the card.
            source: first 16 digits of the sha256 of the file it was read from, where there is one.

        Returns:
            False for a picture that counts already, or that a person left out.

        Raises:
            TeachingError: the disk refuses; nothing of it is left that counts.
        """
        prepared = prepare(pixels, self.size)
        sha256 = hashlib.sha256(prepared.tobytes()).hexdigest()
        number = next((kept.number for kept in self._kept.values() if kept.sha256 == sha256), self.next_number)
        if number in self.numbers or number in {kept.number for kept in self.left_out}:
            return False
        _, png = cv2.imencode(".png", prepared)
        content = png.tobytes()
        kept = Kept(
            number=number,
            sha256=sha256,
            source=source or hashlib.sha256(content).hexdigest()[:16],
            taken_from=taken_from,
            time=datetime.datetime.now(datetime.UTC),
            after=self._states[-1].number if self._states else 0,
            look=look_at(pixels, lambda frame: prepare(frame, self.size)),
        )
        write_file(self._picture(number), content)
        write_record(kept, self._picture(number).with_suffix(".json"))
        self._kept[number] = kept
        return True

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the pictures kept, in pixels."""
        return self.product.height, self.product.width

    @property
    def states(self) -> tuple[State, ...]:
        """All states, the current one last."""
        return tuple(self._states)

    def state(self) -> State | None:
        """What the product is taught with now; None before the first time."""
        return self._states[-1] if self._states else None

    @property
    def numbers(self) -> tuple[int, ...]:
        """Of the pictures of the current state and of those that came since, in the order of coming."""
        state = self.state()
        return (*(state.pictures if state else ()), *(kept.number for kept in self.pending))

    @property
    def next_number(self) -> int:
        """What the next picture gets that never came before."""
        used = (number for state in self._states for number in (*state.pictures, *state.left_out))
        return max((*self._kept, *used), default=0) + 1

    @property
    def pictures(self) -> tuple[Kept, ...]:
        """Those of the current state and those that came since, in the order of coming.

        Raises:
            TeachingError: one was removed.
        """
        return self.kept(self.numbers)

    def pictures_of(self, state: State) -> tuple[Kept, ...]:
        """Those of one state.

        Raises:
            TeachingError: one was removed.
        """
        return self.kept(state.pictures)

    def kept(self, numbers: Sequence[int]) -> tuple[Kept, ...]:
        """Pictures by their numbers.

        Raises:
            TeachingError: one was removed.
        """
        lost = [number for number in numbers if number not in self._kept]
        if lost:
            what = f"pictures {', '.join(map(str, lost))} are gone from {self.folder / PICTURES}"
            asked = " ".join(f"--leave-out {number}" for number in lost)
            here = set(lost) <= set(self.numbers)
            other = f"or go on without: {asked}" if here else "or go back to another state"
            raise TeachingError(what, hint=f"put them back, {other}")
        return tuple(self._kept[number] for number in numbers)

    @property
    def pending(self) -> tuple[Kept, ...]:
        """Pictures that came after the newest state."""
        state, out = self.state(), {kept.number for kept in self.left_out}
        now, used = (state.number, set(state.pictures)) if state else (0, set())
        came = (kept for _, kept in sorted(self._kept.items()) if kept.after == now)
        return tuple(kept for kept in came if kept.number not in used | out)

    @property
    def left_out(self) -> tuple[Kept, ...]:
        """Pictures that a person left out, and that no later state was taught with again."""
        out: set[int] = set()
        for state in self._states:
            out = (out | set(state.left_out)) - set(state.pictures)
        return tuple(self._kept[number] for number in sorted(out & self._kept.keys()))

    def sides(self, pictures: Sequence[Kept]) -> Sides:
        """Divides pictures into those to fit and those for the threshold."""
        aside = {kept.number for kept in pictures if sets_threshold(kept.number, self.product.seed)}
        return Sides(
            fit=tuple(kept for kept in pictures if kept.number not in aside),
            threshold=tuple(kept for kept in pictures if kept.number in aside),
        )

    def read(self, kept: Sequence[Kept]) -> Iterator[Picture]:
        """Pictures at the model's size, uint8 [height, width, 3] BGR, in the order given.

        Raises:
            TeachingError: one was damaged on the disk.
        """
        for each in kept:
            path = self._picture(each.number)
            try:
                pixels = read_picture(path)
                damaged = hashlib.sha256(pixels.tobytes()).hexdigest() != each.sha256
            except PictureError:
                damaged = True
            if damaged:
                raise TeachingError(f"{path} was damaged", hint=f"go on without it: --leave-out {each.number}")
            yield pixels

    def record(self, state: State) -> None:
        """Makes a state the current one.

        Raises:
            TeachingError: the disk refuses; the state before is the current one.
        """
        write_record(state, self.folder / STATES / f"{state.number:04}.json")
        self._states.append(state)

    def find(self, wanted: str) -> State:
        """The state that is meant by ``last``, the one before the current one, or by its number.

        Raises:
            UsageError: there is no such state.
        """
        here = {str(state.number): state for state in self._states}
        if len(self._states) > 1:
            here["last"] = self._states[-2]
        if wanted not in here:
            hint = f"here are: {' '.join(here)}" if here else "nothing was taught yet"
            raise UsageError(f"{self.folder.name} has no state {wanted!r}", hint=hint)
        return here[wanted]

    def drop(self, pictures: Sequence[Kept]) -> None:
        """Removes pictures from the disk, but those of a state.

        Raises:
            TeachingError: the disk refuses.
        """
        used = {number for state in self._states for number in state.pictures}
        for kept in pictures:
            if kept.number in used:
                continue
            path = self._picture(kept.number)
            try:
                path.with_suffix(".json").unlink(missing_ok=True)
                path.unlink(missing_ok=True)
            except OSError as error:
                raise TeachingError(f"cannot remove {path}: {error.strerror}", hint="check its owner") from error
            del self._kept[kept.number]

    def _picture(self, number: int) -> Path:
        return self.folder / PICTURES / f"{number:05}.png"


def _all_of(kind: type[RecordT], folder: Path, hint: str = "") -> list[RecordT]:
    found = (path for path in folder.iterdir() if path.suffix == ".json" and not path.name.startswith("."))
    return [read_record(kind, path, hint) for path in sorted(found)]
