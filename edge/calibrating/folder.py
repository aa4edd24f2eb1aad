"""Good parts from a folder of pictures."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path

from edge.calibrating.gathered import Gathered, Part
from edge.errors import CalibrationError, PictureError
from edge.inference.batch import score_pictures
from edge.inference.bundle import Bundle
from edge.inference.engine import Engine
from edge.pictures import Picture, find_pictures, readable, short_digest


class GoodFolder:
    """Pictures of good parts; those that the model was fitted on are left out, and copies count once.

    Args:
        folder: with the pictures, as the model is to see them: cut to the region of interest, if there is one.
        bundle: the model.

    Attributes:
        total: pictures that can be used.
        fitted: pictures left out.
        copies: pictures left out because another one is the same file.
        again: options that score the same parts again: those that were given.
        skipped: pictures that could not be decoded, so far.

    Raises:
        PictureError: no pictures.
        CalibrationError: the model was fitted on all of them.
    """

    again = ""

    def __init__(self, folder: Path, bundle: Bundle) -> None:
        self.skipped: list[Path] = []
        self._folder = folder
        pictures = find_pictures(folder)
        fitted = set(bundle.card.training.fitted if bundle.card.training else ())
        digests = [(path, short_digest(path)) for path in pictures]
        unseen = [(path, digest) for path, digest in digests if digest not in fitted]
        first: dict[str, Path] = {}
        for path, digest in unseen:
            first.setdefault(digest, path)
        self._unseen = list(first.values())
        if not self._unseen:
            raise CalibrationError(
                f"the model was fitted on all {len(pictures)} pictures in {folder}",
                hint="a threshold needs pictures of good parts that the model has not seen",
            )
        self.total = len(self._unseen)
        self.fitted = len(pictures) - len(unseen)
        self.copies = len(unseen) - self.total

    def fill(self, engine: Engine, gathered: Gathered) -> None:
        """Scores them in the order of their names.

        Raises:
            PictureError: none can be decoded.
            DeviceError: the device failed.
        """
        for part in scored(engine, readable(self._unseen, self.skipped)):
            gathered.add(part)
        if not gathered.scores:
            raise PictureError(f"none of the pictures in {self._folder} can be decoded")


def scored(engine: Engine, pictures: Iterable[tuple[Path, Picture]]) -> Iterator[Part]:
    """Scores pictures, uint8 [H, W, 3] BGR, several at once, and yields them in their order.

    Raises:
        DeviceError: the device failed.
    """
    flying: deque[Picture] = deque()

    def leaving() -> Iterator[tuple[Path, Picture]]:
        for path, pixels in pictures:
            flying.append(pixels)
            yield path, pixels

    for path, raw in score_pictures(engine, leaving()):
        yield Part(path.name, flying.popleft(), raw)
