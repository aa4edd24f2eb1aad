"""``edge-ad export``: a checkpoint to a bundle that proved itself against the model it came from."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from calibration import bimodality, suspects
from edge.errors import BundleError, UsageError
from edge.inference.bundle import Bundle, copy_bundle
from edge.output import writable_folder
from export.backbone_ir import to_openvino
from export.material import gather
from export.parity import ParityRow, check, compare
from export.reference import torch_results
from export.variants import PRECISIONS, Precision, build_variant
from train.checkpoint import load_checkpoint
from train.fit import folds_for
from train.models.registry import find_kind


@dataclass(frozen=True)
class Exported:
    """What an export gave.

    Attributes:
        bundle: as read back from disk.
        rows: the parity table: torch, fp32, and so on up to the precision that was asked for.
        skipped: pictures that could not be decoded.
        copies: good files that were left out, as another picture is the same file.
        folders: beside the good pictures, which were not looked into.
        suspects: pictures behind the threshold that may show defects, the strangest first.
        doubt: what else the scores behind it say against the pictures, one line; empty where nothing.
    """

    bundle: Bundle
    rows: tuple[ParityRow, ...]
    skipped: tuple[Path, ...]
    copies: tuple[Path, ...]
    folders: tuple[Path, ...]
    suspects: tuple[Path, ...]
    doubt: str


def export(
    checkpoint: Path,
    output: Path,
    *,
    precision: Precision,
    data: Path | None = None,
    test: Path | None = None,
    false_alarm_rate: float,
    refit: bool = False,
    folds: int | None = None,
    allow_drop: bool = False,
) -> Exported:
    """Exports at one precision, comparing every precision on the way there with the torch model.

    The scorer is fitted anew on the features of each graph, so the good pictures must be at hand.

    Args:
        checkpoint: as ``train`` wrote it.
        output: the .xml to write; its parity table goes beside it as .parity.json.
        precision: of the network.
        data: good pictures, or a data set whose ``train/good`` holds them; the checkpoint's own by default.
        test: labelled data set for the parity table; ``data`` where that has labels.
        false_alarm_rate: wanted; see ``build_variant``.
        refit: accept other pictures than the model was trained on, and fit the scorer on them.
        folds: see ``export.material.gather``.
        allow_drop: write an INT8 model that is worse than ``export.parity.check`` lets pass.

    Raises:
        UsageError: the output is not an .xml or cannot be written, or the pictures are not those of the training.
        PictureError: there are no pictures.
        TrainingError: the INT8 model is refused.
        BundleError: the disk fails while the model or its parity table is written.
    """
    if output.suffix != ".xml":
        raise UsageError(f"--output {output} is not an .xml file", hint="for example: --output bottle.xml")
    model, header = load_checkpoint(checkpoint)
    writable_folder(output.parent)
    kind = find_kind(header.setup.model)
    if refit and kind.lesson:
        raise UsageError(f"a {kind.name} model is its network, which an export cannot fit", hint="train it again")
    material = gather(header, data, test, refit=refit, folds=folds_for(kind, folds))
    reference = torch_results(model, header, material)
    rows = [compare("torch", reference, reference, material.labels, header.calibration.threshold)]
    network = to_openvino(model.network, header.setup.size)
    with tempfile.TemporaryDirectory() as folder:
        for step in PRECISIONS[: PRECISIONS.index(precision) + 1]:
            path = Path(folder) / step / output.name
            variant = build_variant(network, header, material, step, path, false_alarm_rate)
            threshold = variant.bundle.card.calibration.threshold
            rows.append(compare(step, variant.results, reference, material.labels, threshold))
        check(rows, allow_drop=allow_drop)
        bundle = copy_bundle(path, output)
    _write_table(output.with_suffix(".parity.json"), rows)
    scores = [variant.results[path].score for path in material.scored]
    return Exported(
        bundle,
        tuple(rows),
        skipped=material.skipped,
        copies=material.copies,
        folders=material.folders,
        suspects=tuple(material.scored[index] for index in suspects.find(scores)),
        doubt=bimodality.warning(scores),
    )


def _write_table(path: Path, rows: Sequence[ParityRow]) -> None:
    table = json.dumps([row.as_json() for row in rows], indent=2)
    try:
        path.write_text(table + "\n", encoding="utf-8")
    except OSError as error:
        raise BundleError(
            f"cannot write {path}: {error.strerror}", hint="check the folder and the disk"
        ) from error
