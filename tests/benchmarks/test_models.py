"""The comparison of all models in a small form: trained by the command, kept, judged, timed, tabled."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks import models
from benchmarks.cell import Key
from benchmarks.models import judge, time_bundles
from benchmarks.models_results import ModelsFile, Row, Speed
from benchmarks.models_tables import head, measured, tables
from benchmarks.models_training import NOTE, Recipe, Training, train_all
from benchmarks.results_file import read_results, write_results
from benchmarks.speed_results import Repetition
from edge.errors import TrainingError, UsageError

KEY = Key("small-cae", "bottle", 0)
ARGUMENTS = ("--image-size", "64", "--option", "epochs=1", "--option", "width=4")


@pytest.fixture(scope="module")
def training(tiny_dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Training:
    recipe = Recipe("cae", arguments={"bottle": ARGUMENTS})
    made = Training(KEY, tiny_dataset, tmp_path_factory.mktemp("work") / "cae", recipe)
    said: list[str] = []
    train_all([made], 1, said.append)
    assert said[0] == "0 of 1 trainings are kept"
    return made


def test_what_was_trained_is_kept_until_it_is_asked_for_otherwise(training: Training) -> None:
    before = training.checkpoint.stat().st_mtime_ns
    train_all([training], 1, lambda line: None)
    assert training.checkpoint.stat().st_mtime_ns == before
    other = replace(training, recipe=Recipe("cae", arguments={"bottle": (*ARGUMENTS, "--option", "patience=3")}))
    assert training.kept and not other.kept


def test_an_interrupted_training_is_not_kept(training: Training, tmp_path: Path) -> None:
    copied = replace(training, folder=tmp_path / "copy")
    shutil.copytree(training.folder, copied.folder)
    note = copied.note()
    assert copied.kept
    assert note is not None
    (copied.folder / NOTE).write_text(note.model_copy(update={"seconds": None}).model_dump_json())
    assert not copied.kept


def test_what_was_trained_with_other_defaults_is_not_kept(training: Training, tmp_path: Path) -> None:
    copied = replace(training, folder=tmp_path / "copy")
    shutil.copytree(training.folder, copied.folder)
    note = copied.note()
    assert note is not None
    older = note.model_copy(update={"options": {**note.options, "learning_rate": 0.5}})
    (copied.folder / NOTE).write_text(older.model_dump_json())
    assert not copied.kept


def test_a_failure_ends_the_run_before_those_that_wait(training: Training, tmp_path: Path) -> None:
    recipe = Recipe("cae", arguments={"bottle": ("--option", "x=1")})
    wrong, waiting = (replace(training, folder=tmp_path / name) for name in ("wrong", "waiting"))
    with pytest.raises(UsageError):
        train_all([replace(wrong, recipe=recipe), waiting], 1, lambda line: None)
    assert not waiting.folder.exists()


def test_time_is_that_of_the_epochs_and_of_the_command_where_there_are_none(training: Training) -> None:
    note = training.note()
    assert note is not None
    whole = note.seconds
    assert whole
    assert training.epochs() == 1
    assert 0 < training.seconds() < whole
    log = training.folder / "training.csv"
    lines = log.read_text()
    log.unlink()
    assert (training.epochs(), training.seconds()) == (0, whole)
    log.write_text(lines)


def test_a_training_that_fails_says_what_the_command_said(training: Training, tmp_path: Path) -> None:
    wrong = replace(training, folder=tmp_path / "wrong", data=tmp_path / "nothing")
    with pytest.raises(TrainingError, match="small-cae bottle seed 0 failed.*nothing"):
        train_all([wrong], 1, lambda line: None)


def result(model: str, auroc: float, pixel: float, name: str, row: Row, network_ms: float, frame_ms: float) -> Row:
    cell = row.cell.model_copy(
        update={
            "model": model,
            "set": name,
            "image_auroc": auroc,
            "image_auroc_interval": (auroc - 0.1, auroc + 0.005),
            "pixel_auroc": pixel if name == "bottle" else None,
        }
    )
    speed = Speed(
        network_ms=network_ms,
        frame_ms=frame_ms,
        frame_p99_ms=9,
        resident_mb=1,
        others_cores=0,
        conditions=row.conditions,
    )
    return row.model_copy(update={"cell": cell, "speed": speed})


def test_goals_are_reached_at_their_limit_and_not_beyond(training: Training, tmp_path: Path) -> None:
    judge([training], tmp_path / "models.json")
    found = read_results(tmp_path / "models.json", ModelsFile)
    assert found is not None
    row = found.rows[0]

    def outcomes(
        auroc: float, pixel: float, windowed: float, fast: float, fast_ms: float, frame_ms: float
    ) -> list[str]:
        rows = (
            result("padim", auroc, pixel, "bottle", row, 2.0, 3.0),
            result("padim", auroc, pixel, "capsule", row, 2.0, 3.0),
            result("shallow", fast, pixel, "bottle", row, fast_ms, 1.5 * fast_ms),
            result("shallow", fast, pixel, "capsule", row, fast_ms, 1.5 * fast_ms),
            result("padim, window", windowed, pixel, "capsule", row, 3.0, frame_ms),
        )
        return [line[3] for line in tables(ModelsFile(rows=rows), ())[-1].rows]

    assert outcomes(1.0, 0.99, 0.985, 1.0, 0.99, 5.0) == ["reached"] * 8
    assert outcomes(0.999, 0.989, 0.984, 0.99, 1.01, 5.1) == ["not reached"] * 8
    near = "not reached, inside the interval up to 0.999"
    assert outcomes(0.999, 0.99, 0.985, 0.994, 0.99, 5.0)[4:6] == [near, near]


def test_a_timing_keeps_the_row_that_another_run_writes_meanwhile(
    training: Training, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "models.json"
    judge([training], path)

    in_a_process = models.in_a_process

    def while_another_run_ends(*given: Any) -> Repetition:
        found = read_results(path, ModelsFile)
        assert found is not None
        cell = found.rows[0].cell.model_copy(update={"model": "vae"})
        write_results(path, found.with_row(found.rows[0].model_copy(update={"cell": cell})))
        return in_a_process(*given)

    monkeypatch.setattr(models, "in_a_process", while_another_run_ends)
    monkeypatch.setattr(models, "FRAMES", 5)
    time_bundles([training], path, tmp_path)
    kept = read_results(path, ModelsFile)
    assert kept is not None
    assert {row.cell.model: row.speed is not None for row in kept.rows} == {"small-cae": True, "vae": False}


def test_a_row_is_judged_by_its_bundle_and_shown_beside_its_peers(training: Training, tmp_path: Path) -> None:
    path = tmp_path / "models.json"
    judge([training], path)
    results = read_results(path, ModelsFile)
    assert results is not None
    row = results.rows[0]
    assert (row.height, row.epochs, row.arguments[:2]) == (64, 1, ("--model", "cae"))
    assert (training.folder / "bottle.xml").is_file()
    alike = row.model_copy(update={"cell": row.cell.model_copy(update={"model": "cae", "image_auroc": 0.8})})
    table, published, goals = tables(results.with_row(alike), ("cae", "small-cae"))
    assert [line[0] for line in table.rows] == ["cae", "small-cae"]
    assert table.rows[1][1] == "64 px"
    assert ("cae", "bottle", "image AUROC", "0.8913", "0.8000", "-0.0913") in [line[:6] for line in published.rows]
    assert {line[3] for line in goals.rows} == {"not measured"}
    time_bundles([training], path, tmp_path)
    timed = read_results(path, ModelsFile)
    assert timed is not None
    assert (speed := timed.rows[0].speed) is not None
    assert 0 < speed.network_ms < speed.frame_ms <= speed.frame_p99_ms
    assert measured(results)["small-cae"]["bottle"]["image_auroc"] == round(row.cell.image_auroc, 4)
    assert "make benchmark-models" in head(results)


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "models.json").write_text('{"rows": [1]}')
    with pytest.raises(UsageError, match="not a result of this benchmark"):
        read_results(tmp_path / "models.json", ModelsFile)
