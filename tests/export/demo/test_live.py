"""A real station over a handful of parts, followed by the demo's reader."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import pytest

from edge.errors import DemoError
from edge.verdict import Verdict
from export.demo.demo import write_heatmaps
from export.demo.folder import DemoFolder
from export.demo.live import Seen, watch_line
from export.demo.steps import Steps
from export.demo.summary import measure_line

ORDER = ("good/000", "blob/000", "good/001", "scratch/001", "blob/002", "good/003", "scratch/004", "blob/005")


def line_of(root: Path, bundle: Path, dataset: Path) -> DemoFolder:
    """A demo's folder just before the line starts."""
    folder = DemoFolder(root)
    folder.clear()
    for end in (".xml", ".bin"):
        shutil.copy(bundle.with_suffix(end), folder.model.with_suffix(end))
    folder.line.mkdir(parents=True)
    for number, picture in enumerate(ORDER, start=1):
        truth = "good" if picture.startswith("good") else "defective"
        name = f"{number:02}-{truth}-{picture.replace('/', '_')}.png"
        shutil.copy(dataset / "test" / f"{picture}.png", folder.line / name)
    return folder


@pytest.fixture(scope="module")
def watched(tiny_bundle, tiny_dataset, tmp_path_factory) -> tuple[DemoFolder, Seen]:
    folder = line_of(tmp_path_factory.mktemp("demo") / "out", tiny_bundle, tiny_dataset)
    return folder, watch_line(Steps(1), folder, cells=len(ORDER), fps=5.0)


def test_every_part_is_judged_or_counted_as_dropped_and_every_anomaly_alerts(watched):
    _, seen = watched
    assert len(seen.results) + seen.dropped == len(ORDER)
    anomalous = {name for name, result in seen.results.items() if result.verdict is Verdict.ANOMALOUS}
    assert {name for name in seen.results if "defective" in name} <= anomalous
    assert set(seen.alerts) == anomalous
    assert [alert.seq for alert in seen.alerts.values()] == list(range(1, len(anomalous) + 1))
    line = measure_line(seen, cells=len(ORDER), heatmaps=len(seen.heatmaps))
    assert (line.judged, line.anomalous, line.alerts) == (len(seen.results), len(anomalous), len(anomalous))
    assert line.true == sum("defective" in name for name in anomalous)
    assert line.without_alert == ()
    assert 0 < line.median_latency_ms < 5000


def test_heatmaps_are_written_under_the_name_of_their_part(watched):
    folder, seen = watched
    assert write_heatmaps(seen, folder) == len(seen.heatmaps) > 0
    written = {path.name: cv2.imread(str(path)) for path in folder.heatmaps.iterdir()}
    assert set(written) == {name for name, result in seen.results.items() if result.frame_seq in seen.heatmaps}
    assert all(pixels.shape == (120, 144, 3) for pixels in written.values())


def test_an_alert_that_went_missing_is_named(watched):
    _, seen = watched
    lost = next(iter(seen.alerts))
    fewer = Seen(seen.results, {name: a for name, a in seen.alerts.items() if name != lost}, seen.heatmaps)
    line = measure_line(fewer, cells=len(ORDER), heatmaps=1)
    assert line.without_alert == (lost,)


def test_a_station_that_does_not_start_says_why_in_one_line(tiny_bundle, tiny_dataset, tmp_path):
    folder = line_of(tmp_path / "out", tiny_bundle, tiny_dataset)
    folder.model.write_bytes(folder.model.read_bytes()[:1000])
    with pytest.raises(
        DemoError, match=r"'edge-ad run' ended with exit code 1: .*solar-cells\.xml.*see .*station\.log"
    ):
        watch_line(Steps(1), folder, cells=len(ORDER), fps=5.0)


def test_parts_that_pass_too_fast_are_counted_as_dropped(tiny_bundle, tiny_dataset, tmp_path):
    folder = line_of(tmp_path / "out", tiny_bundle, tiny_dataset)
    seen = watch_line(Steps(1), folder, cells=len(ORDER), fps=1000.0)
    assert seen.dropped > 0
    assert len(seen.results) + seen.dropped == len(ORDER)


def test_an_interrupted_line_leaves_no_station_behind(tiny_bundle, tiny_dataset, tmp_path):
    class InterruptedAtFirstAlert(Steps):
        def tell(self, line: str = "") -> None:
            if "ALERT" in line:
                raise KeyboardInterrupt

    folder = line_of(tmp_path / "out", tiny_bundle, tiny_dataset)
    with pytest.raises(KeyboardInterrupt):
        watch_line(InterruptedAtFirstAlert(1), folder, cells=len(ORDER), fps=2.0)
    assert '"event": "stopped"' in folder.log.read_text()
