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
from export.torch_head import WholeModel, head_of
from train.checkpoint import load_checkpoint
from train.models.model import Model

MOST_DIFFERENCE = 1e-3  # relative, of a score or of a map to its maximum; float rounding is far below


@dataclass(frozen=True)
class OnnxExported:
    """What an export to ONNX gave.

    Attributes:
        score_difference: largest of a score, relative to the OpenVINO graph's.
        map_difference: largest of a map's pixel, relative to the map's maximum.
        pictures: how many were compared.
        skipped: pictures that could not be decoded.
    """

    score_difference: float
    map_difference: float
    pictures: int
    skipped: tuple[Path, ...]


def export_onnx(checkpoint: Path, output: Path, *, data: Path | None = None, refit: bool = False) -> OnnxExported:
    """Writes the checkpoint's own scorer and network as one ONNX file.

    Args:
        checkpoint: as ``train`` wrote it.
        output: the .onnx to write. Input ``input`` uint8 [1, H, W, 3] BGR, outputs ``pred_score`` and
            ``anomaly_map``; the checkpoint's header is in its metadata.
        data: good pictures, as for ``export.export.export``.
        refit: as there; only says that other pictures may be used for the comparison.

    Raises:
        UsageError: the output is not an .onnx, or cannot be written.
        TrainingError: ONNX Runtime disagrees with OpenVINO.
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
        score, anomaly_map = _difference(model, fresh, material.compared)
        if not (score <= MOST_DIFFERENCE and anomaly_map <= MOST_DIFFERENCE):
            raise TrainingError(
                f"ONNX Runtime disagrees with OpenVINO: scores by {score:.2g}, maps by {anomaly_map:.2g}"
            )
        fresh.replace(output)
    except OSError as error:
        raise UsageError(
            f"cannot write {output}: {error.strerror or error}", hint="give another --output, or free the disk"
        ) from error
    finally:
        fresh.unlink(missing_ok=True)
    return OnnxExported(score, anomaly_map, len(material.compared), material.skipped)


def _write(model: Model, header: str, path: Path) -> None:
    example = torch.zeros((1, *model.setup.size, 3), dtype=torch.uint8)
    whole = WholeModel(model.network.cpu(), head_of(model.scorer)).eval()
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with torch.inference_mode(), warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        torch.onnx.export(
            whole,
            (example,),
            path,
            input_names=["input"],
            output_names=["pred_score", "anomaly_map"],
            external_data=False,
            dynamo=True,
        )
    written = onnx.load(path)
    onnx.helper.set_model_props(written, {"edge_ad": header})
    onnx.checker.check_model(written, full_check=True)
    onnx.save(written, path)


def _difference(model: Model, path: Path, pictures: Pictures) -> tuple[float, float]:
    """Largest relative difference of a score, and of a map pixel to the map's maximum."""
    graph = attach_head(to_openvino(model.network, model.setup.size), model.scorer)
    compiled, _ = compile_model(graph, device="CPU")
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    score = anomaly_map = 0.0
    with progress.bar("comparing ONNX with OpenVINO", len(pictures)) as seen:
        for _, pixels in pictures:
            ours = compiled(pixels[None])
            theirs = session.run(["pred_score", "anomaly_map"], {"input": pixels[None]})
            score = max(score, _relative(theirs[0], ours["pred_score"]))
            anomaly_map = max(anomaly_map, _relative(theirs[1], ours["anomaly_map"]))
            seen(1)
    return score, anomaly_map


def _relative(left: np.ndarray, right: np.ndarray) -> float:
    return float(np.abs(left - right).max() / np.abs(right).max())
