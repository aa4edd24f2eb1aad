"""Features of the sets that thresholds are measured on: computed once for each picture, kept in memory.

Fits and scores of random splits then cost no inference. What a picture's score is does not change by it: the
scorer is the product's own, on the features that the graph in a bundle gives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
from numpy.typing import NDArray

from benchmarks.datasets import find_set
from benchmarks.drift_pictures import SIDE_PX
from edge import progress
from edge.errors import PictureError
from edge.pictures import Picture, prepare, readable
from edge.scorers.features import features_of
from edge.scorers.scorer import Scorer
from export.backbone_ir import to_openvino
from export.quantize import PICTURES as QUANTIZED_ON
from export.quantize import quantize
from train.backbones.extractor import Extractor
from train.backbones.registry import DEFAULT as BACKBONE
from train.backbones.registry import find_backbone
from train.models.registry import find_kind, options_of

SIZE = (SIDE_PX, SIDE_PX)
# The fine grid of padim shapes the map alone and never the score, and is most of the cost.
SCORE_ONLY: dict[str, dict[str, object]] = {"padim": {"fine_weight": 0.0}}
BATCH = 16

Scores = NDArray[np.float64]
Indices = Sequence[int] | NDArray[np.intp]


@dataclass(frozen=True)
class Pictures:
    """One set. Pictures are uint8 [256, 256, 3] BGR.

    Attributes:
        published: good ones of the set's own training part.
        held_out: good ones of its test part.
        defective: of its test part.
    """

    published: tuple[Picture, ...]
    held_out: tuple[Picture, ...]
    defective: tuple[Picture, ...]

    @property
    def good(self) -> tuple[Picture, ...]:
        """The pool of all good ones, the published training part first."""
        return (*self.published, *self.held_out)


def read_pictures(name: str, work: Path) -> Pictures:
    """Reads a set at the model's size.

    Raises:
        PictureError: the set is not here, or a picture cannot be decoded.
    """
    dataset = find_set(name, work)
    tested = dataset.test
    return Pictures(
        _read(dataset.train),
        _read([sample.path for sample in tested if not sample.label]),
        _read([sample.path for sample in tested if sample.label]),
    )


def _read(paths: Sequence[Path]) -> tuple[Picture, ...]:
    skipped: list[Path] = []
    found = tuple(prepare(pixels, SIZE) for _, pixels in readable(list(paths), skipped))
    if skipped:
        raise PictureError(f"{len(skipped)} pictures cannot be decoded: {skipped[0]} ...")
    return found


@dataclass(frozen=True)
class Measured:
    """A model on a set: fits and scores from features.

    Attributes:
        model: name of its kind.
        good: views of the pooled good pictures, each float32 [N, C, h, w].
        defective: views of the defective ones.
    """

    model: str
    good: list[NDArray[np.float32]]
    defective: list[NDArray[np.float32]]

    def fit(self, pictures: Indices, *, seed: int, also: Iterable[Sequence[NDArray[np.float32]]] = ()) -> Scorer:
        """Fits on some of the good pictures, and on batches of views from elsewhere."""
        kind = find_kind(self.model)
        batches = (batch for source in (_batches(self.good, pictures), also) for batch in source)
        return kind.fit(batches, SIZE, options(self.model), seed, progress.silent)

    def scores(self, scorer: Scorer, pictures: Indices) -> Scores:
        """Of good pictures; float64 [n]."""
        return scores_of(scorer, _batches(self.good, pictures))

    def defective_scores(self, scorer: Scorer) -> Scores:
        """Of all defective pictures; float64 [m]."""
        return scores_of(scorer, _batches(self.defective, range(len(self.defective[0]))))


def measured(model: str, pictures: Pictures, graph: ov.Model) -> Measured:
    """Computes the features of all pictures of a set."""
    sides = (pictures.good, pictures.defective)
    with progress.bar(f"{model}: features", sum(map(len, sides))) as seen:
        good, defective = (_views(graph, side, seen) for side in sides)
    return Measured(model, good, defective)


def views_of(graph: ov.Model, pictures: Iterable[Picture]) -> Iterator[list[NDArray[np.float32]]]:
    """Batches of views of any pictures."""
    return features_of(graph, pictures, SIZE, device="CPU")


def scores_of(scorer: Scorer, batches: Iterable[Sequence[NDArray[np.float32]]]) -> Scores:
    """Scores of batches of views; float64 [n]."""
    found = [scorer.score(views).scores for views in batches]
    return np.concatenate(found).astype(np.float64) if found else np.empty(0)


def options(model: str) -> Any:
    """A kind's options, without what only its map needs."""
    return options_of(find_kind(model), SCORE_ONLY.get(model, {}))


@cache
def float_graph(model: str) -> ov.Model:
    """The extractor that a kind asks for, in FP32."""
    extractor = Extractor(find_backbone(BACKBONE), options(model).views(), SIZE).eval()
    return to_openvino(extractor, SIZE)


def int8_graph(model: str, pictures: Pictures) -> ov.Model:
    """The same in INT8, quantized on the first good pictures of the training part, as many as an export takes."""
    with progress.bar(f"{model}: quantizing", None):
        return quantize(float_graph(model), pictures.published[:QUANTIZED_ON])


def _views(graph: ov.Model, pictures: Sequence[Picture], seen: Callable[[int], None]) -> list[NDArray[np.float32]]:
    batches = list(features_of(graph, pictures, SIZE, device="CPU", seen=seen))
    return [np.concatenate(column) for column in zip(*batches, strict=True)]


def _batches(views: Sequence[NDArray[np.float32]], pictures: Indices) -> Iterator[list[NDArray[np.float32]]]:
    chosen = np.asarray(pictures, dtype=np.intp)
    for start in range(0, len(chosen), BATCH):
        yield [view[chosen[start : start + BATCH]] for view in views]
