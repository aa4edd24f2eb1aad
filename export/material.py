"""The pictures of one export, at the model's size, and the check that they are those of the training."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from edge import progress
from edge.errors import UsageError
from edge.health.camera_faults.reference import ViewReference
from edge.health.camera_faults.taking import ReferenceTaker
from edge.inference.card import Training
from edge.pictures import Picture, folders_in, prepare, readable
from edge.scorers.jitter import Jitter, augmented, copies_of
from train.checkpoint import Header
from train.data.dataset import Dataset, Sample
from train.data.find import find_dataset
from train.data.split import FEWEST_GOOD, Split, divide, hold_out, listing_sha256, none_aside, too_few
from train.models.registry import find_kind

Pictures = Sequence[tuple[Path, Picture]]


@dataclass(frozen=True)
class Material:
    """Everything an export looks at. Pictures are uint8 [height, width, 3] BGR at the model's size.

    Attributes:
        fit: good pictures that scorers are fitted on.
        jitter: of copies that are fitted besides them, as in the training.
        seed: of the copies.
        folds: of each picture in ``fit``, where thresholds rest on models of the folds; else empty.
        calibration: good pictures that thresholds rest on, none of them in ``fit``; none where there are folds.
        labelled: test pictures for the parity table; may be empty.
        labels: of the labelled ones, 0 good and 1 anomalous.
        training: where the good pictures come from, for the card.
        view: what the camera showed of all good ones at full size; None where they are too few.
        skipped: files that could not be decoded.
        copies: good files that were left out, as another picture is the same file.
        folders: beside the good pictures, which were not looked into.
    """

    fit: Pictures
    jitter: Jitter | None
    seed: int
    folds: tuple[int, ...]
    calibration: Pictures
    labelled: Pictures
    labels: dict[Path, int]
    training: Training
    view: ViewReference | None
    skipped: tuple[Path, ...]
    copies: tuple[Path, ...]
    folders: tuple[Path, ...]

    @property
    def scored(self) -> list[Path]:
        """Good pictures behind the threshold."""
        return [path for path, _ in (self.fit if self.folds else self.calibration)]

    @property
    def compared(self) -> Pictures:
        """Good pictures on which two forms of one model are compared: those not fitted on, if there are any."""
        return self.calibration or self.fit

    def fitted(self) -> Iterator[Picture]:
        """What scorers are fitted on: each picture of ``fit``, followed by its copies."""
        size = self.fit[0][1].shape[:2]
        return augmented((pixels for _, pixels in self.fit), self.jitter, (size[0], size[1]), self.seed)

    @property
    def fitted_count(self) -> int:
        """How many those are."""
        return len(self.fit) * (1 + copies_of(self.jitter))

    @property
    def fold_count(self) -> int | None:
        """How many folds there are; None for none."""
        return max(self.folds) + 1 if self.folds else None


def gather(
    header: Header, data: Path | None, test: Path | None, *, refit: bool, folds: int | None = None
) -> Material:
    """Reads the pictures of an export.

    Args:
        header: of the checkpoint.
        data: good pictures, or a data set with ``train/good``; where the checkpoint was trained by default.
        test: labelled data set; the one ``data`` belongs to where that has labels.
        refit: accept other good pictures than those of the training.
        folds: see ``train.data.split.divide``; None for those of the training, and with ``refit`` for as many as
            the pictures call for.

    Raises:
        UsageError: other good pictures than those of the training.
        PictureError: pictures are missing, or fewer than 8 different ones can be decoded, or none of those kept
            aside.
    """
    dataset = find_dataset(data or Path(header.data))
    split = _split(dataset, header, refit=refit, folds=folds)
    samples = find_dataset(test).test if test else dataset.test
    skipped: list[Path] = []
    view = ReferenceTaker(partial(prepare, size=header.setup.size))
    fit = _read("reading good pictures", split.fit, header, skipped, view)
    calibration = _read("reading calibration pictures", split.calibration, header, skipped, view)
    if len(fit) + len(calibration) < FEWEST_GOOD or not fit:
        raise too_few(skipped, split.digests)
    if split.calibration and not calibration:
        raise none_aside(split)
    labelled = _read("reading test pictures", [sample.path for sample in samples], header, skipped)
    training = header.training.model_copy(
        update={
            "pictures": len(fit),
            "listing_sha256": split.listing_sha256,
            "fitted": split.listed(path for path, _ in fit),
        }
    )
    return Material(
        fit=fit,
        jitter=header.jitter,
        seed=header.setup.seed,
        folds=split.folds_of([path for path, _ in fit]),
        calibration=calibration,
        labelled=labelled,
        labels=_labels(samples, labelled),
        training=training,
        view=view.reference(),
        skipped=tuple(skipped),
        copies=split.copies,
        folders=tuple(folders_in(dataset.train[0].parent)),
    )


def _split(dataset: Dataset, header: Header, *, refit: bool, folds: int | None) -> Split:
    if folds is None and not refit:
        folds = header.calibration.folds or 0
    split = divide(dataset.train, folds=folds, seed=header.setup.seed)
    wanted = header.training.listing_sha256
    if refit or split.listing_sha256 == wanted:
        return split
    # Layouts without good test pictures held some out of the training, always the same ones.
    kept, _ = hold_out(dataset.train)
    if listing_sha256(kept) == wanted:
        return divide(kept, folds=folds, seed=header.setup.seed)
    raise UsageError(
        f"{dataset.root} does not hold the good pictures this model was trained on",
        hint=_remedy(header.setup.model),
    )


def _remedy(model: str) -> str:
    if find_kind(model).lesson:
        return f"give --data with those pictures, or train on these: a {model} model is its network"
    return "give --data with those pictures, or --refit to fit its scorer on these"


def _read(
    description: str,
    paths: Sequence[Path],
    header: Header,
    skipped: list[Path],
    view: ReferenceTaker | None = None,
) -> Pictures:
    if not paths:
        return ()
    pictures = []
    with progress.bar(description, len(paths)) as seen:
        for path, pixels in readable(list(paths), skipped):
            if view is not None:
                view.look(pixels)
            pictures.append((path, prepare(pixels, header.setup.size)))
            seen(1)
    return pictures


def _labels(samples: Sequence[Sample], labelled: Pictures) -> dict[Path, int]:
    by_path = {sample.path: sample.label for sample in samples}
    return {path: by_path[path] for path, _ in labelled}
