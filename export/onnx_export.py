"""``edge-ad export --format onnx``: the whole float model as ONNX, checked against the OpenVINO graph."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch

from edge import progress
from edge.errors import TrainingError, UsageError
from edge.inference.devices import compile_model
from edge.output import writable_folder
from edge.scorers.head import attach_head
from export.backbone_ir import to_openvino
from export.material import Pictures, gather
from export.torch_heads.whole import WholeModel
from train.checkpoint import load_checkpoint
from train.models.model import Model

# Of a score or a map to the largest one. Rounding alone gives 0.002 where patchcore sees a picture of its own
# memory: the root of a difference that should be 0.
MOST_DIFFERENCE = 5e-3
TINY = 1e-12
SCORE, MAP = "pred_score", "anomaly_map"
WORDS = {SCORE: "scores", MAP: "maps"}


@dataclass(frozen=True)
class OnnxExported:
    """What an export to ONNX gave.

    Attributes:
        score_difference: largest of a score, relative to the largest score of the OpenVINO graph.
        map_difference: largest of a map's pixel, relative to the largest of all; None without maps.
        pictures: how many were compared.
        skipped: pictures that could not be decoded.
    """

    score_difference: float
    map_difference: float | None
    pictures: int
    skipped: tuple[Path, ...]


def export_onnx(checkpoint: Path, output: Path, *, data: Path | None = None, refit: bool = False) -> OnnxExported:
    """Writes the checkpoint's own scorer and network as one ONNX file.

    Args:
        checkpoint: as ``train`` wrote it.
        output: the .onnx to write. Input ``input`` uint8 [1, H, W, 3] BGR, outputs ``pred_score`` and
            ``anomaly_map``, where the model has one; the checkpoint's header is in its metadata.
        data: good pictures, as for ``export.export.export``.
        refit: as there; only says that other pictures may be used for the comparison.

    Raises:
        UsageError: the output is not an .onnx, or cannot be written.
        TrainingError: torch cannot write the model as ONNX, or ONNX Runtime disagrees with OpenVINO.
    """
    if output.suffix != ".onnx":
        raise UsageError(f"--output {output} is not an .onnx file", hint="for example: --output bottle.onnx")
    model, header = load_checkpoint(checkpoint)
    writable_folder(output.parent)
    material = gather(header, data, None, refit=refit)
    fresh = output.with_suffix(".partial.onnx")
    try:
        with progress.bar("converting to ONNX", None):
            _write(model, header.model_dump_json(by_alias=True), fresh)
        differences = _differences(model, fresh, material.compared)
        if not all(difference <= MOST_DIFFERENCE for difference in differences.values()):
            raise TrainingError(f"ONNX Runtime disagrees with OpenVINO: {_told(differences)}")
        fresh.replace(output)
    except OSError as error:
        raise UsageError(
            f"cannot write {output}: {error.strerror or error}", hint="give another --output, or free the disk"
        ) from error
    finally:
        fresh.unlink(missing_ok=True)
    pictures = len(material.compared)
    return OnnxExported(differences[SCORE], differences.get(MAP), pictures, material.skipped)


def _write(model: Model, header: str, path: Path) -> None:
    example = torch.zeros((1, *model.setup.size, 3), dtype=torch.uint8)
    whole = WholeModel(model.network.cpu(), model.scorer, model.setup.size).eval()
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with torch.inference_mode(), warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        try:
            torch.onnx.export(
                whole,
                (example,),
                path,
                input_names=["input"],
                output_names=list(whole.outputs),
                external_data=False,
                dynamo=True,
            )
        except RuntimeError as error:  # of which torch's own are kinds
            raise TrainingError(
                f"torch cannot write this model as ONNX: {' '.join(str(error).split())[-200:]}",
                hint="export without --format onnx",
            ) from error
    written = onnx.load(path)
    onnx.helper.set_model_props(written, {"edge_ad": header})
    onnx.checker.check_model(written, full_check=True)
    onnx.save(written, path)


def _differences(model: Model, path: Path, pictures: Pictures) -> dict[str, float]:
    """Largest difference of each output, of any picture, relative to the largest value.

    A single score is no measure: a density's may be close to 0.
    """
    graph = attach_head(to_openvino(model.network, model.setup.size), model.scorer)
    compiled, _ = compile_model(graph, device="CPU")
    names = [output.get_any_name() for output in compiled.outputs]
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    apart, largest = dict.fromkeys(names, 0.0), dict.fromkeys(names, 0.0)
    with progress.bar("comparing ONNX with OpenVINO", len(pictures)) as seen:
        for _, pixels in pictures:
            ours = compiled(pixels[None])
            theirs = session.run(names, {"input": pixels[None]})
            for name, found in zip(names, theirs, strict=True):
                # A difference that is no number must not be passed over.
                apart[name] = float(np.maximum(apart[name], np.abs(found - ours[name]).max()))
                largest[name] = float(np.maximum(largest[name], np.abs(ours[name]).max()))
            seen(1)
    # Of an output that is 0 throughout every difference is too large; maximum keeps what is no number.
    return {name: float(apart[name] / np.maximum(largest[name], TINY)) for name in names}


def _told(differences: dict[str, float]) -> str:
    return ", ".join(f"{WORDS[name]} by {difference:.2g}" for name, difference in differences.items())
