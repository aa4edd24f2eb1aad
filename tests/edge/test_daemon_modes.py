"""Which frames a running station judges, what of them counts, and when it raises an alarm."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.errors import NoVerdictError, UsageError
from edge.messaging.asking import Asker
from edge.messaging.messages import Alert, Health, Heartbeat, Result
from edge.pictures import read_picture
from edge.verdict import Verdict
from tests.conftest import FRAME
from tests.edge.cameras.mjpeg_server import MjpegServer
from tests.edge.conftest import RunStation
from tests.edge.running_station import RunningStation, of_kind, read_until, until_stopping

FPS = 20
ONE_READER = ("--wait-for-subscribers", "1")
BeforeATrigger = Callable[..., AbstractContextManager[tuple[MjpegServer, RunningStation, Asker]]]


@pytest.fixture
def plates(tiny_dataset: Path) -> list[np.ndarray]:
    return [read_picture(path) for path in sorted((tiny_dataset / "test" / "good").iterdir())]


@pytest.fixture
def triggered(tmp_path: Path) -> Path:
    path = tmp_path / "triggered.toml"
    path.write_text('[[cameras]]\nname = "top"\nsource = "0"\nmode = "trigger"\n', encoding="utf-8")
    return path


@pytest.fixture
def before_a_trigger(run_station: RunStation, triggered: Path, plates: list[np.ndarray]) -> BeforeATrigger:
    """A camera with plates before it, a station that judges them when asked, and somebody to ask."""

    @contextmanager
    def begin(*, fps: float) -> Iterator[tuple[MjpegServer, RunningStation, Asker]]:
        with MjpegServer(plates, fps=fps) as camera:
            station = run_station("--config", str(triggered), "--camera", camera.url)
            yield camera, station, station.asker()

    return begin


def wait_until_busy(asker: Asker) -> None:
    deadline_s = time.monotonic() + 5
    while asker.ask("status")["status"]["cameras"]["top"]["trigger"] != "busy":
        assert time.monotonic() < deadline_s


def test_a_part_is_judged_when_it_is_asked_about_by_a_frame_that_came_after(
    before_a_trigger: BeforeATrigger,
) -> None:
    with before_a_trigger(fps=FPS) as (camera, station, asker), station.subscriber("") as reader:
        read_until(reader, lambda m: isinstance(m, Heartbeat) and m.state == "running")
        time.sleep(0.3)
        asked_ns, seqs = [], []
        for part in range(5):
            asked_ns.append(time.monotonic_ns())
            result = asker.inspect(f"part-{part}", timeout_ms=2000)
            arrived_ns = result.mono_ns - result.latency_ms.total * 1e6
            assert arrived_ns - asked_ns[-1] >= 0.8e9 / FPS  # an interval between two frames, less its jitter
            assert (result.part_id, result.camera, result.late) == (f"part-{part}", "top", False)
            assert result.verdict in (Verdict.GOOD, Verdict.ANOMALOUS)
            seqs.append(result.frame_seq)
        station.process.terminate()
        came = until_stopping(reader)
    published = of_kind(Result, came)
    assert [result.part_id for result in published] == [f"part-{part}" for part in range(5)]
    assert [result.frame_seq for result in published] == seqs == sorted(set(seqs))
    readiness = [health.trigger for health in of_kind(Health, came) if health.component == "camera"]
    assert readiness[:10] == ["busy", "ready"] * 5
    last = of_kind(Heartbeat, came)[-1]
    assert last.frames == 5 and last.dropped >= 10  # what nobody asked about was passed over, and counted


def test_one_part_at_a_time_and_status_goes_on(
    before_a_trigger: BeforeATrigger,
) -> None:
    with before_a_trigger(fps=2) as (camera, station, asker):
        answers: list[Result] = []
        first = threading.Thread(target=lambda: answers.append(station.asker().inspect("slow", timeout_ms=5000)))
        first.start()
        wait_until_busy(asker)
        with pytest.raises(NoVerdictError, match="busy: .*still inspecting part 'slow'"):
            asker.inspect("other", timeout_ms=100)
        first.join(6)
        assert [answer.part_id for answer in answers] == ["slow"]
        assert asker.inspect("other", timeout_ms=5000).part_id == "other"


def test_no_verdict_in_time_is_a_timeout_and_the_camera_is_ready_again(
    before_a_trigger: BeforeATrigger,
) -> None:
    with before_a_trigger(fps=2) as (camera, station, asker):
        with pytest.raises(NoVerdictError, match="timeout"):
            asker.inspect("1", timeout_ms=50)
        assert asker.inspect("2", timeout_ms=5000).part_id == "2"


def test_a_lost_camera_answers_at_once_and_is_not_ready(
    before_a_trigger: BeforeATrigger,
) -> None:
    with before_a_trigger(fps=FPS) as (camera, station, asker), station.subscriber("health/") as reader:
        assert asker.inspect("1", timeout_ms=2000).part_id == "1"
        camera.kill()
        lost = read_until(reader, lambda m: isinstance(m, Health) and m.state == "failed")[-1]
        assert isinstance(lost, Health) and lost.trigger == "not_ready"
        with pytest.raises(NoVerdictError, match="not_ready: .*camera top is stalled"):
            asker.inspect("2", timeout_ms=60_000)


def test_a_camera_without_a_trigger_cannot_be_asked(run_station: RunStation, mixed_folder: Path) -> None:
    station = run_station("--camera", str(mixed_folder), "--loop", "--fps", "10")
    with pytest.raises(UsageError, match="camera camera is not in trigger mode"):
        station.asker().inspect("1", timeout_ms=100)


def test_pictures_on_disk_wait_to_be_asked_for(
    run_station: RunStation, triggered: Path, mixed_folder: Path
) -> None:
    station = run_station("--config", str(triggered), "--camera", str(mixed_folder))
    asker: Asker = station.asker()
    named = [asker.inspect(str(part), timeout_ms=5000).picture for part in range(8)]
    assert named == sorted(path.name for path in mixed_folder.iterdir())
    assert station.wait() == 0


def test_every_frame_of_a_hardware_trigger_is_judged_in_order(
    run_station: RunStation, plates: list[np.ndarray]
) -> None:
    """Parts come one each 125 ms, with silences longer than the read timeout between them."""
    with MjpegServer(plates, fps=8) as camera:
        station = run_station("--camera", camera.url, "--mode", "hardware")
        with station.subscriber("") as reader:
            before = read_until(reader, lambda m: isinstance(m, Result) and m.frame_seq >= 8)
            camera.mute.set()
            time.sleep(2.5)
            camera.mute.clear()
            newest = of_kind(Result, before)[-1].frame_seq
            after = read_until(reader, lambda m: isinstance(m, Result) and m.frame_seq >= newest + 8)
    came = [*before, *after]
    seqs = [result.frame_seq for result in of_kind(Result, came)]
    assert seqs == list(range(seqs[0], seqs[-1] + 1))
    assert of_kind(Health, came) == []  # silence between parts is no fault


def test_what_is_ignored_raises_no_alarm_and_what_is_cut_off_is_not_seen(
    run_station: RunStation, tiny_dataset: Path, tmp_path: Path
) -> None:
    """A stain in the upper left corner: seen, ignored, and outside the region of interest."""
    folder = tmp_path / "stained"
    folder.mkdir()
    pixels = read_picture(tiny_dataset / "test" / "good" / "000.png")
    cv2.circle(pixels, (40, 30), 12, (40, 230, 240), -1)
    cv2.imwrite(str(folder / "stained.png"), pixels)
    corner = "[[0, 0], [70, 0], [70, 60], [0, 60]]"
    verdicts: dict[str, Result] = {}
    for name, keys in {
        "seen": "",
        "ignored": f"ignore = [{corner}]",
        "masked": 'mask = "mask.png"',
        "inside": f"roi = {corner}",
    }.items():
        mask = np.full(FRAME, 255, np.uint8)
        mask[:61, :71] = 0
        cv2.imwrite(str(tmp_path / "mask.png"), mask)
        config = tmp_path / f"{name}.toml"
        config.write_text(f'[[cameras]]\nname = "top"\nsource = "{folder}"\n{keys}\n', encoding="utf-8")
        station = run_station("--config", str(config), *ONE_READER, state=tmp_path / name)
        with station.subscriber("") as reader:
            (verdicts[name],) = of_kind(Result, until_stopping(reader))
        assert station.wait() == 0
    assert verdicts["seen"].verdict is Verdict.ANOMALOUS
    assert (verdicts["seen"].peak.x, verdicts["seen"].peak.y) == (
        pytest.approx(40, abs=15),
        pytest.approx(30, abs=15),
    )
    for name in ("ignored", "masked"):
        left = verdicts[name]
        assert left.score < verdicts["seen"].regions[0].score and left.score_percentile is not None
        assert all(region.x + region.width > 60 or region.y + region.height > 50 for region in left.regions)
        assert left.peak.x > 70 or left.peak.y > 60
    inside = verdicts["inside"].peak
    assert inside is not None and inside.x <= 70 and inside.y <= 60


def test_n_of_m_raises_and_good_parts_clear(
    run_station: RunStation, tiny_dataset: Path, tmp_path: Path, mixed_folder: Path
) -> None:
    """good blob good blob ...: two anomalous of three raise one alarm, three good ones in a row clear it."""
    for number in range(4):
        shutil.copy(tiny_dataset / "test" / "good" / f"{number:03}.png", mixed_folder / f"9-{number}.png")
    config = tmp_path / "line.toml"
    config.write_text("[alarm]\nanomalous = 2\nof = 3\nclear_after_good = 3\n", encoding="utf-8")
    station = run_station("--config", str(config), "--camera", str(mixed_folder), *ONE_READER)
    with station.subscriber("") as reader:
        came = until_stopping(reader)
    results = {r.picture: r for r in of_kind(Result, came)}
    assert results["3-blob.png"].verdict is Verdict.ANOMALOUS  # the plates here tell blobs from good ones
    alerts = [(a.state, a.result.picture, a.seq) for a in of_kind(Alert, came)]
    assert alerts == [("raised", "3-blob.png", 1), ("cleared", "9-2.png", 2)]
    assert len({a.alert_id for a in of_kind(Alert, came)}) == 1


def test_a_part_that_waits_when_the_camera_is_paused_is_told_so_and_the_next_is_judged(
    before_a_trigger: BeforeATrigger,
) -> None:
    with before_a_trigger(fps=3) as (camera, station, asker):
        told: list[str] = []

        def ask() -> None:
            with pytest.raises(NoVerdictError) as refusal:
                station.asker().inspect("waits", timeout_ms=5000)
            told.append(refusal.value.message)

        waiting = threading.Thread(target=ask)
        waiting.start()
        wait_until_busy(asker)
        asker.ask("pause")
        waiting.join(2)
        assert len(told) == 1 and "camera top is paused" in told[0]
        with pytest.raises(NoVerdictError, match="not_ready: .*camera top is paused"):
            asker.inspect("paused", timeout_ms=1000)
        asker.ask("resume")
        assert asker.inspect("next", timeout_ms=5000).part_id == "next"


def test_a_camera_that_comes_back_with_another_size_is_unknown_where_a_region_was_drawn(
    run_station: RunStation, tmp_path: Path, plates: list[np.ndarray]
) -> None:
    config = tmp_path / "line.toml"
    roi = "roi = [[10, 10], [60, 10], [60, 60], [10, 60]]"
    config.write_text(f'[[cameras]]\nname = "top"\nsource = "0"\n{roi}\n', encoding="utf-8")
    with MjpegServer(plates, fps=FPS) as camera:
        station = run_station("--config", str(config), "--camera", camera.url)
        with station.subscriber("") as reader:
            read_until(reader, lambda m: isinstance(m, Result) and m.verdict is not Verdict.UNKNOWN)
            camera.kill()
            camera.show([cv2.resize(plate, (72, 60)) for plate in plates])
            camera.start()
            came = read_until(reader, lambda m: isinstance(m, Result) and m.verdict is Verdict.UNKNOWN)
            came += read_until(reader, lambda m: isinstance(m, Heartbeat))
            camera.kill()
            camera.show(plates)
            camera.start()
            read_until(reader, lambda m: isinstance(m, Result) and m.verdict is not Verdict.UNKNOWN)
    reason = "the frame is 72x60, the region of interest was drawn for 144x120"
    assert of_kind(Result, came)[-1].reason == reason
    assert [health.reason for health in of_kind(Health, came) if health.state == "degraded"] == [reason]


def test_a_region_too_thin_for_the_model_is_one_line(
    run_station: RunStation, tmp_path: Path, mixed_folder: Path
) -> None:
    for path in mixed_folder.iterdir():
        cv2.imwrite(str(path), cv2.resize(read_picture(path), (1440, 1200)))
    config = tmp_path / "line.toml"
    roi = "roi = [[0, 0], [1439, 1199], [1439, 1199]]"
    config.write_text(f'[[cameras]]\nname = "top"\nsource = "{mixed_folder}"\n{roi}\n', encoding="utf-8")
    station = run_station("--config", str(config))
    assert station.wait() == 2
    (line,) = station.other_lines
    assert line.startswith("edge-ad: error: what is to be inspected is too thin for the model to see; ")


def test_a_camera_that_is_fired_by_the_plc_needs_its_lag(run_station: RunStation, tmp_path: Path) -> None:
    config = tmp_path / "line.toml"
    config.write_text('[[cameras]]\nsource = "0"\nmode = "trigger"\ntriggered = true\n', encoding="utf-8")
    station = run_station("--config", str(config))
    assert station.wait() == 2
    assert "needs exposure_lag_ms" in station.other_lines[0]
