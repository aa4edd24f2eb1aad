"""The report of an evaluation: ``metrics.json`` for machines and ``report.html`` for people.

The page stands alone: pictures and curves are inside, so that it can be mailed and archived as one file.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from edge.errors import PictureError, UsageError
from edge.version import VERSION
from train.evaluation import gallery, image_metrics, plots
from train.evaluation.figures import FIGURES
from train.evaluation.metrics import metrics
from train.evaluation.perturbed import MOST_AUROC_DROP, Perturbed, sentence
from train.evaluation.scores import Scored


def evaluate_scored(
    scored: Sequence[Scored],
    threshold: float,
    output: Path,
    *,
    name: str,
    details: Mapping[str, str] | None = None,
    pixel_threshold: float | None = None,
    skipped: Sequence[Path] = (),
    perturbed: Perturbed | None = None,
) -> dict[str, Any]:
    """Computes the figures and writes the report.

    Args:
        scored: the test pictures with the model's answers.
        threshold: calibrated raw score; a picture is called anomalous when its score is higher.
        output: folder for ``metrics.json`` and ``report.html``; made where it does not exist.
        name: what was evaluated, the page's heading.
        details: lines on model and data for the page's head, by name.
        pixel_threshold: map value from which a pixel belongs to a defect, where the model has one.
        skipped: pictures that could not be decoded.
        perturbed: the figures under changes of the camera's picture, where they were asked for.

    Returns:
        The content of ``metrics.json``; see ``train.evaluation.metrics.metrics``, and "perturbed" where given.

    Raises:
        PictureError: no picture was scored, or one cannot be read again for the gallery.
        TrainingError: a score or map is not finite.
        UsageError: the output folder cannot be written.
    """
    if not scored:
        raise PictureError(
            f"no picture of {name} could be scored", hint=f"{len(skipped)} could not be decoded; look at the files"
        )
    figures = metrics(scored, threshold)
    page = render(scored, figures, name, details or {}, pixel_threshold, skipped, perturbed)
    figures |= {"perturbed": perturbed.as_json()} if perturbed else {}
    try:
        output.mkdir(parents=True, exist_ok=True)
        (output / "metrics.json").write_text(json.dumps(figures, indent=2, allow_nan=False) + "\n")
        (output / "report.html").write_text(page, encoding="utf-8", errors="replace")  # names in no encoding
    except OSError as error:
        raise UsageError(
            f"cannot write the report to {output}: {error.strerror}", hint="give another --output"
        ) from error
    return figures


def render(
    scored: Sequence[Scored],
    figures: Mapping[str, Any],
    name: str,
    details: Mapping[str, str],
    pixel_threshold: float | None,
    skipped: Sequence[Path],
    perturbed: Perturbed | None = None,
) -> str:
    """The page as HTML text; ``figures`` are those that ``metrics`` gives for the same pictures."""
    labels = np.array([s.label for s in scored], dtype=np.int_)
    scores = np.array([s.score for s in scored], dtype=np.float64)
    threshold = float(figures["threshold"])
    scale = gallery.colour_scale(scored, pixel_threshold)
    page = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page.filters |= {"number": _number, "percent": _percent}
    return page.get_template("report.html").render(
        name=name,
        details=details,
        version=VERSION,
        written=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        counts=_counts(labels, scores, threshold),
        figures=figures,
        meanings=FIGURES,
        defects=sorted(figures["per_defect"].items(), key=lambda row: row[1]["detected"]),
        best=image_metrics.at_best(labels, scores),
        curves={
            "roc": _embedded(plots.roc(labels, scores, threshold)),
            "precision_recall": _embedded(plots.precision_recall(labels, scores, threshold)),
            "histogram": _embedded(plots.histogram(labels, scores, threshold)),
        },
        sections=[_section(section, scale, threshold) for section in gallery.sections(scored, threshold)],
        scale=scale,
        legend=_data("image/png", gallery.legend_png()),
        skipped=[str(path) for path in skipped],
        changes=perturbed and _changes(perturbed),
    )


def _changes(perturbed: Perturbed) -> dict[str, Any]:
    rows = [
        {"change": change.name if change else "none", "level": shown, "row": row}
        for change, shown, row in perturbed.each()
    ]
    return {
        "sentence": sentence(perturbed),
        "curves": _embedded(plots.changes(perturbed)),
        "most": perturbed.most_false_alarms,
        "drop": MOST_AUROC_DROP,
        "rows": rows,
    }


def _counts(labels: image_metrics.Labels, scores: image_metrics.Scores, threshold: float) -> dict[str, int]:
    called = scores > threshold
    return {
        "good": int((labels == 0).sum()),
        "anomalous": int((labels == 1).sum()),
        "false_alarms": int((called & (labels == 0)).sum()),
        "found": int((called & (labels == 1)).sum()),
    }


def _section(section: gallery.Section, scale: gallery.Scale | None, threshold: float) -> dict[str, Any]:
    cards = []
    for s in section.pictures:
        picture, heat = gallery.thumbnails(s, scale)
        cards.append(
            {
                "name": gallery.shown_name(s.path),
                "defect": s.defect,
                "score": s.score,
                "called": "anomalous" if s.score > threshold else "good",
                "right": (s.score > threshold) == bool(s.label),
                "picture": _data("image/jpeg", picture),
                "heat": heat and _data("image/jpeg", heat),
            }
        )
    return {"title": section.title, "note": section.note, "cards": cards}


def _embedded(svg: str | None) -> str | None:
    return None if svg is None else _data("image/svg+xml", svg.encode())


def _data(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _number(value: float | None) -> str:
    """Four places of figures that end at 1, as many as some hundred pictures can support; two of larger ones.

    Scores have no unit, and some models' are tiny: below a thousandth, three digits wherever they stand.
    """
    if value is None:
        return "n/a"
    if 0 < abs(value) < 1e-3:
        return f"{value:.3g}"
    return f"{value:.4f}" if abs(value) < 10 else f"{value:.2f}"


def _percent(value: float | None) -> str:
    return "n/a" if value is None else f"{100 * value:.1f} %"
