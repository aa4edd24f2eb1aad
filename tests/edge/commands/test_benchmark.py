"""``edge-ad benchmark`` as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge.benchmark.computer import Benchmark, precisions_of, stream_counts
from edge.benchmark.shown import drawn, keep
from edge.benchmark.tables import print_benchmark
from edge.errors import DeviceError
from tests.edge.command_line import edge_ad


@pytest.fixture(scope="module")
def measured(tiny_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Benchmark:
    """One real run with a camera of known pace, as short as can be."""
    folder = keep(drawn(2, (96, 128)), tmp_path_factory.mktemp("camera") / "pictures")
    options = ("--camera", f"memory:{folder}", "--fps", "50", "--seconds", "0.3", "--streams", "1", "--json")
    done = edge_ad("benchmark", "--model", tiny_bundle, "--device", "CPU", *options)
    assert done.returncode == 0, done.stderr
    assert "measuring plate.xml" in done.stderr
    return Benchmark.model_validate(json.loads(done.stdout))


def test_every_hint_with_every_precision_of_the_device_is_measured(measured: Benchmark) -> None:
    precisions = precisions_of("CPU", "f32")
    wanted = {(hint, precision) for hint in ("latency", "throughput") for precision in precisions}

    assert {(cell.hint, cell.precision) for cell in measured.cells} == wanted
    assert {cell.precision for cell in measured.cells if cell.calibrated} == {"f32"}
    assert (measured.device, measured.network_precision) == ("CPU", "int8")
    for cell in measured.cells:
        stages = cell.stages
        assert stages.total.p50 >= max(stages.inference.p50, stages.preprocess.p50, stages.publish.p50) > 0
        (rate,) = cell.rates
        assert rate.frames_per_s > 0
        assert 0 < rate.first_verdict_s < 30
        assert rate.resident_mb is not None
        assert rate.resident_mb > 50


def test_what_the_camera_delivers_is_measured_on_the_camera(measured: Benchmark) -> None:
    assert measured.camera is not None
    assert (
        (measured.camera.width, measured.camera.height)
        == (128, 96)
        == (measured.frame_width, measured.frame_height)
    )
    assert 0 < measured.camera.frames_per_s < 60  # of 50; without a pace it gives thousands


def test_the_recommendation_is_one_of_the_settings_tried(measured: Benchmark) -> None:
    assert measured.advice.jobs in {each.jobs for each in measured.jobs}
    assert len(measured.advice.reasons) >= 2


def test_the_printed_page_has_every_cell_and_the_lines_for_the_station_file(
    measured: Benchmark, capsys: pytest.CaptureFixture[str]
) -> None:
    print_benchmark(measured)

    page = capsys.readouterr().out
    assert f'[inference]\nhint = "{measured.advice.hint}"\njobs = {measured.advice.jobs}\n' in page
    assert page.count("throughput │ f32 *") == 2
    total = measured.cells[0].stages.total
    assert f"{total.p50:.2f} / {total.p90:.2f} / {total.p99:.2f}" in page
    assert "every frame of" in page


def test_streams_double_up_to_the_most() -> None:
    assert [stream_counts(most) for most in (1, 2, 4, 6)] == [[1], [1, 2], [1, 2, 4], [1, 2, 4, 6]]


def test_a_device_that_is_not_there_is_an_error_of_the_device() -> None:
    with pytest.raises(DeviceError, match="XPU does not say what it can do"):
        precisions_of("XPU", "f32")


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--model", "{bundle}", "--device", "GPU.7"), 1, "no inference device 'GPU.7'"),
        (("--model", "nothing.xml"), 1, "no such file: nothing.xml"),
        (("--model", "{bundle}", "--camera", "/nowhere"), 1, "cannot open camera /nowhere"),
        (("--model", "{bundle}", "--camera", "0", "--fourcc", "MJ"), 2, "--fourcc 'MJ'"),
        (("--model", "{bundle}", "--streams", "0"), 2, "--streams"),
        ((), 2, "--model"),
    ],
)
def test_what_cannot_be_measured_is_one_line(
    options: tuple[str, ...], code: int, said: str, tiny_bundle: Path, tmp_path: Path
) -> None:
    done = edge_ad("benchmark", *(option.format(bundle=tiny_bundle) for option in options), cwd=tmp_path)

    errors = [line for line in done.stderr.splitlines() if "edge-ad: error" in line]
    assert (done.returncode, done.stdout, len(errors)) == (code, "", 1), done.stderr
    assert said in errors[0]
