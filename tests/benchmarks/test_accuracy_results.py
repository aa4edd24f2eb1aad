from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks.accuracy_results import AccuracyFile, plan
from benchmarks.accuracy_tables import tables
from benchmarks.cell import Cell, Key
from benchmarks.conditions import Conditions
from benchmarks.results_file import read_results, write_results
from edge.errors import UsageError

HERE = Conditions(cpu="x", cores=2, isa=(), memory_gb=8, system="s", versions={}, code_sha256="a")
KEYS = [Key("padim", "capsule", seed) for seed in range(3)]


def cell(key: Key, image_auroc: float = 0.95, pixel_auroc: float | None = None) -> Cell:
    return Cell(
        model=key.model,
        set=key.set,
        seed=key.seed,
        measured=datetime(2026, 1, 2, tzinfo=UTC),
        fitted=80,
        calibrated=20,
        good=20,
        anomalous=50,
        image_auroc=image_auroc,
        image_auroc_interval=(0.9, 1.0),
        image_ap=0.9,
        image_f1=0.8,
        precision=0.9,
        recall=0.72,
        best_f1=0.9,
        pixel_auroc=pixel_auroc,
        pixel_aupro=None,
        box_hit_rate=None,
        promised_rate=0.05,
        false_alarms=2,
        false_alarms_chance=0.5,
        fp32_image_auroc=0.95,
        refused="",
        train_s=1,
        export_s=2,
        bundle_bytes=1000,
        others_cores=0,
    )


def test_an_interrupted_run_goes_on_with_the_cells_that_it_owes(tmp_path: Path) -> None:
    path = tmp_path / "accuracy.json"
    first = plan(None, HERE, KEYS)
    write_results(path, first.file.measured(cell(KEYS[0])))  # and here the power went

    again = plan(read_results(path, AccuracyFile), HERE, KEYS)

    assert again.todo == tuple(KEYS[1:])
    assert again.resumed == 1
    assert [c.key for c in again.file.cells] == KEYS[:1]


def test_a_run_that_ended_is_measured_again_as_a_whole_when_asked() -> None:
    done = plan(None, HERE, KEYS).file
    for key in KEYS:
        done = done.measured(cell(key))

    again = plan(done, HERE, KEYS)

    assert again.todo == tuple(KEYS)
    assert len(again.file.cells) == 3  # the old ones stand until the new ones are there


def test_one_cell_is_measured_again_alone_and_takes_the_place_of_the_old_one() -> None:
    done = plan(None, HERE, KEYS).file
    for key in KEYS:
        done = done.measured(cell(key))

    again = plan(done, HERE, KEYS[1:2])
    file = again.file.measured(cell(KEYS[1], image_auroc=0.5))

    assert again.todo == (KEYS[1],)
    assert [c.image_auroc for c in file.cells] == [0.95, 0.5, 0.95]
    assert not file.pending


def test_cells_of_other_code_are_dropped() -> None:
    before = plan(None, HERE, KEYS).file.measured(cell(KEYS[0]))

    again = plan(before, HERE.model_copy(update={"code_sha256": "b"}), KEYS[1:])

    assert (again.dropped, again.file.cells, again.todo) == (1, (), tuple(KEYS[1:]))


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "accuracy.json"
    path.write_text('{"figures": []}')

    with pytest.raises(UsageError, match="not a result of this benchmark"):
        read_results(path, AccuracyFile)


def test_a_target_is_held_against_the_mean_and_seeds_below_are_counted() -> None:
    cells = [cell(key, image_auroc) for key, image_auroc in zip(KEYS, (0.97, 0.95, 0.98), strict=True)]
    bottle = cell(Key("padim", "bottle", 0), image_auroc=0.99, pixel_auroc=0.99)
    rows = {tuple(row[1:3]): row[4:] for row in tables([*cells, bottle])[0].rows}

    assert rows["capsule", "image AUROC"] == ("0.9667", "reached", "1 of 3")
    assert rows["bottle", "image AUROC"] == ("0.9900", "not reached", "1 of 1")
    assert rows["bottle", "pixel AUROC"] == ("0.9900", "reached", "0 of 1")
