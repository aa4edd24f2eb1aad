from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.datasets import TRAIN_GOOD, find_set
from edge.errors import PictureError, UsageError
from edge.pictures import read_picture


def test_solar_cells_are_good_or_defective_for_sure_and_in_one_part_only(tmp_path: Path) -> None:
    pytest.importorskip("elpv_dataset")
    dataset = find_set("elpv-mono", tmp_path)
    train = {path.name for path in dataset.train}
    tested = {sample.path.name: sample.label for sample in dataset.test}

    assert len(train) == TRAIN_GOOD
    assert not train & tested.keys()
    assert sum(tested.values()) == 313  # as labels.csv has them: monocrystalline with probability 1
    assert len(tested) - 313 == 588 - TRAIN_GOOD
    assert read_picture(dataset.train[0]).shape == (300, 300, 3)


def test_the_draw_is_the_same_in_another_folder_and_on_a_second_call(tmp_path: Path) -> None:
    pytest.importorskip("elpv_dataset")
    names = [
        [path.name for path in find_set("elpv-poly", tmp_path / folder).train] for folder in ("one", "two", "one")
    ]

    assert names[0] == names[1] == names[2]


def test_a_set_that_is_not_here_says_where_it_is_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGE_AD_DATA", str(tmp_path / "nowhere"))

    with pytest.raises(PictureError, match=r"bottle cannot be measured: no folder .*nowhere.*EDGE_AD_DATA"):
        find_set("bottle", tmp_path)


def test_an_unknown_set_is_a_mistake_of_the_user(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no set 'cable'"):
        find_set("cable", tmp_path)
