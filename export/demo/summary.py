"""What the demo measured, and whether that is what it promises."""

from __future__ import annotations

import json
import statistics
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.table import Table

from edge.errors import DemoError
from edge.verdict import Verdict
from export.demo.data import DEFECTIVE, Parts, truth_of
from export.demo.folder import DemoFolder
from export.demo.live import Seen

LEAST_AUROC = 0.95


@dataclass(frozen=True, slots=True)
class Accuracy:
    """On the test cells, from the report's ``metrics.json``.

    Attributes:
        image_auroc: chance that a defective cell scores above a good one.
        found, defective: defective cells above the threshold, and all.
        false_alarms, good: good cells above the threshold, and all.
    """

    image_auroc: float
    found: int
    defective: int
    false_alarms: int
    good: int


@dataclass(frozen=True, slots=True)
class Line:
    """On the line, from what the reader got.

    Attributes:
        cells: how many passed.
        judged: results received.
        dropped: cells that the station gave up for newer ones, as with any camera that sets the pace.
        anomalous: of these, how many are anomalous.
        true: of these, how many cells are really defective.
        alerts: alerts received.
        without_alert: pictures called anomalous for which no alert came.
        heatmaps: pictures written.
        median_latency_ms: from the picture's arrival to the verdict.
    """

    cells: int
    judged: int
    dropped: int
    anomalous: int
    true: int
    alerts: int
    without_alert: tuple[str, ...]
    heatmaps: int
    median_latency_ms: float


@dataclass(frozen=True, slots=True)
class Summary:
    """The outcome of one demo.

    Attributes:
        accuracy: on the test cells.
        line: of the station.
        promised_false_alarm_rate: of the threshold in force.
        calibration_cells: good cells that the threshold rests on.
        duration_s: of the whole demo.
    """

    accuracy: Accuracy
    line: Line
    promised_false_alarm_rate: float
    calibration_cells: int
    duration_s: float

    def complaints(self) -> list[str]:
        """What is not as it must be; empty where the demo succeeded."""
        line, auroc = self.line, self.accuracy.image_auroc
        found = []
        if not auroc >= LEAST_AUROC:
            found.append(f"image AUROC {auroc:.4f} is below {LEAST_AUROC}")
        if line.judged + line.dropped != line.cells:
            found.append(
                f"{line.judged} results came for {line.cells} cells, of which {line.dropped} were dropped"
            )
        if line.without_alert:
            found.append(f"no alert came for {', '.join(line.without_alert)}")
        if line.alerts > line.anomalous:
            found.append(f"{line.alerts} alerts came for {line.anomalous} anomalous verdicts")
        if not line.heatmaps:
            found.append("no heatmap came")
        return found

    def as_json(self) -> dict[str, object]:
        return asdict(self) | {"complaints": self.complaints()}


def read_accuracy(metrics: Path, parts: Parts) -> Accuracy:
    """Reads the report's figures.

    Raises:
        DemoError: they are not there.
    """
    try:
        figures = json.loads(metrics.read_text(encoding="utf-8"))
        auroc, recall, precision = (float(figures[key]) for key in ("image_auroc", "recall", "precision"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DemoError(f"cannot read the figures in {metrics}: {error}") from error
    found = round(recall * len(parts.test_defective))
    # The report gives no counts: precision is found / (found + false alarms).
    false_alarms = round(found / precision) - found if precision else 0
    return Accuracy(auroc, found, len(parts.test_defective), false_alarms, len(parts.test_good))


def measure_line(seen: Seen, *, cells: int, heatmaps: int) -> Line:
    """Counts what the reader got against what it should have got."""
    anomalous = [picture for picture, result in seen.results.items() if result.verdict is Verdict.ANOMALOUS]
    latencies_ms = [result.latency_ms.total for result in seen.results.values()]
    return Line(
        cells=cells,
        judged=len(seen.results),
        dropped=seen.dropped,
        anomalous=len(anomalous),
        true=sum(truth_of(picture) == DEFECTIVE for picture in anomalous),
        alerts=len(seen.alerts) + seen.missed,
        without_alert=tuple(picture for picture in anomalous if picture not in seen.alerts),
        heatmaps=heatmaps,
        median_latency_ms=statistics.median(latencies_ms) if latencies_ms else 0.0,
    )


def as_table(summary: Summary, folder: DemoFolder) -> Table:
    """The summary for a terminal of 80 columns."""
    accuracy, line = summary.accuracy, summary.line
    table = Table(title="Summary", title_justify="left", show_header=False, box=None, pad_edge=False)
    realized = f"{accuracy.false_alarms / accuracy.good:.1%} ({accuracy.false_alarms} of {accuracy.good})"
    found = f"{accuracy.found / accuracy.defective:.1%} ({accuracy.found} of {accuracy.defective})"
    promised = f"at most {summary.promised_false_alarm_rate:.1%}, set on {summary.calibration_cells} good cells"
    for name, value in (
        ("image AUROC", f"{accuracy.image_auroc:.4f} (at least {LEAST_AUROC} is wanted)"),
        ("false alarms promised", promised),
        ("false alarms realized", f"{realized} unseen good cells"),
        ("defects found", f"{found} unseen defective cells"),
        ("cells on the line", f"{line.judged} judged, {line.dropped} dropped for newer ones"),
        ("alerts received", f"{line.alerts} for {line.anomalous} anomalous verdicts, {line.true} of them true"),
        ("median latency", f"{line.median_latency_ms:.1f} ms from picture to verdict"),
        ("report", str(folder.report / "report.html")),
        ("heatmaps", f"{folder.heatmaps} ({line.heatmaps} pictures)"),
        ("model", str(folder.model)),
        ("took", f"{summary.duration_s:.0f} s"),
    ):
        table.add_row(name, value)
    return table
