"""The comparison of all models in a small form: trained by the command, kept, judged, timed, tabled."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.cell import Key
from benchmarks.models import judge
from benchmarks.models_results import ModelsFile, read_models
from benchmarks.models_tables import head, measured, tables
from benchmarks.models_training import COMMAND, Recipe, Training, train_all
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
    assert copied.kept
    (copied.folder / "training.safetensors").touch()
    assert not copied.kept


def test_time_is_that_of_the_epochs_and_of_the_command_where_there_are_none(training: Training) -> None:
    whole = json.loads((training.folder / COMMAND).read_text())["seconds"]
    assert training.epochs() == 1
    assert 0 < training.seconds() < whole
    log = training.folder / "training.csv"
    lines = log.read_text()
    log.unlink()
    assert (training.epochs(), training.seconds()) == (0, whole)
    log.write_text(lines)


def test_a_training_that_fails_says_what_the_command_said(training: Training, tmp_path: Path) -> None:
    wrong = replace(
        training, folder=tmp_path / "wrong", recipe=Recipe("cae", arguments={"bottle": ("--option", "x=1")})
    )
    with pytest.raises(TrainingError, match="small-cae bottle seed 0 failed.*cae has: epochs"):
        train_all([wrong], 1, lambda line: None)


def test_a_row_is_judged_by_its_bundle_and_shown_beside_its_peers(training: Training, tmp_path: Path) -> None:
    path = tmp_path / "models.json"
    results = judge([training], ModelsFile(), path)
    row = read_models(path).rows[0]
    assert (row.height, row.epochs, row.arguments[:2]) == (64, 1, ("--model", "cae"))
    assert (training.folder / "bottle.xml").is_file()
    alike = row.model_copy(update={"cell": row.cell.model_copy(update={"model": "cae", "image_auroc": 0.8})})
    table, published, goals = tables(results.with_row(alike), ("cae", "small-cae"))
    assert [line[0] for line in table.rows] == ["cae", "small-cae"]
    assert table.rows[1][1] == "64 px"
    assert ("cae", "bottle", "image AUROC", "0.8913", "0.8000", "-0.0913") in [line[:6] for line in published.rows]
    assert {line[3] for line in goals.rows} == {"not measured"}
    assert measured(results)["small-cae"]["bottle"]["image_auroc"] == round(row.cell.image_auroc, 4)
    assert "make benchmark-models" in head(results)


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "models.json").write_text('{"rows": [1]}')
    with pytest.raises(UsageError, match="not a result of this benchmark"):
        read_models(tmp_path / "models.json")
