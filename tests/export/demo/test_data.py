"""The real package's cells, dealt out once, and the folder that the commands then read."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

from edge.errors import MissingExtraError, PictureError
from edge.pictures import digest
from export.demo import data
from export.demo.data import Cells, Parts, installed_cells, lay_out, read_cells, split, truth_of
from export.demo.folder import DemoFolder
from train.data.find import find_dataset


@pytest.fixture(scope="module")
def cells() -> Cells:
    pytest.importorskip("elpv_dataset", reason="needs the demo extra")
    return installed_cells()


@pytest.fixture
def few() -> Parts:
    """Parts of two cells each, of files that need not exist."""
    good = [Path(f"good{number}.png") for number in range(6)]
    bad = Path("bad0.png")
    return Parts(
        train=tuple(good[:2]),
        calibration=tuple(good[2:4]),
        test_good=tuple(good[4:]),
        test_defective=(bad,),
        line=(("good", good[4]), ("defective", bad)),
    )


def test_the_package_has_the_published_number_of_certain_monocrystalline_cells(cells):
    assert (len(cells.good), len(cells.defective)) == (588, 313)


def test_no_content_is_in_two_parts(cells):
    parts = split(cells)
    train, calibration, test = (
        {digest(path) for path in part} for part in (parts.train, parts.calibration, parts.test_good)
    )
    assert not (train & calibration or train & test or calibration & test)
    assert (len(parts.train), len(parts.calibration), len(parts.test_good)) == (338, 100, 150)
    assert set(parts.test_defective) == set(cells.defective)


def test_the_line_mixes_unseen_cells_of_both_kinds_and_tells_the_truth(cells):
    parts = split(cells)
    unseen = {"good": set(parts.test_good), "defective": set(parts.test_defective)}
    assert all(path in unseen[truth] for truth, path in parts.line)
    truths = [truth for truth, _ in parts.line]
    assert (truths.count("good"), truths.count("defective")) == (40, 20)
    assert truths != sorted(truths) and truths != sorted(truths, reverse=True)


def test_the_same_seed_deals_the_same_whatever_the_order_of_the_list(cells):
    shuffled = Cells(*(tuple(random.sample(part, len(part))) for part in (cells.good, cells.defective)))
    again = split(shuffled)
    assert again.train == split(cells).train
    assert again.line == split(cells).line
    assert split(cells, seed=1).train != again.train


def test_doubtful_and_polycrystalline_cells_are_left_out(tmp_path):
    labels = tmp_path / "labels.csv"
    labels.write_text(
        "images/a.png 0.0 mono\nimages/b.png 0.3333333333333333 mono\nimages/c.png  1.0   mono\n"
        "images/d.png 0.6666666666666666 mono\nimages/e.png 0.0 poly\nimages/f.png 1.0 poly\n"
    )
    found = read_cells(labels)
    assert found == Cells(good=(tmp_path / "images/a.png",), defective=(tmp_path / "images/c.png",))


@pytest.mark.parametrize("text", ["images/a.png 0.0\n", "images/a.png none mono\n", None])
def test_labels_that_cannot_be_read_are_one_line(tmp_path, text):
    labels = tmp_path / "labels.csv"
    if text is not None:
        labels.write_text(text)
    with pytest.raises(PictureError, match=r"labels\.csv.*install elpv-dataset again"):
        read_cells(labels)


def test_too_few_cells_are_refused(cells):
    with pytest.raises(PictureError, match="499 good and 313 defective cells are too few"):
        split(Cells(cells.good[:499], cells.defective))


def test_without_the_package_a_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "elpv_dataset", None)
    with pytest.raises(MissingExtraError, match=r"'elpv_dataset'; pip install 'edge-ad\[demo\]'"):
        installed_cells()


def test_the_commands_find_every_part_where_it_was_laid(cells, tmp_path):
    parts = split(cells)
    folder = DemoFolder(tmp_path / "out")
    folder.clear()
    lay_out(parts, folder)
    dataset = find_dataset(folder.dataset)
    assert dataset.name == "solar-cells"
    assert {path.resolve() for path in dataset.train} == {path.resolve() for path in parts.train}
    labels = {sample.path.resolve(): sample.label for sample in dataset.test}
    expected = dict.fromkeys((path.resolve() for path in parts.test_good), 0)
    expected |= dict.fromkeys((path.resolve() for path in parts.test_defective), 1)
    assert labels == expected
    on_line = sorted(folder.line.iterdir())
    assert [(truth_of(link.name), link.resolve().name) for link in on_line] == [
        (truth, path.name) for truth, path in parts.line
    ]
    assert len(list(folder.calibration.iterdir())) == len(parts.calibration)


def test_where_the_disk_makes_no_links_pictures_are_copied(few, tmp_path, monkeypatch):
    parts = Parts(*(_made(getattr(few, name), tmp_path / "package") for name in few.__slots__))

    def refuse(self: Path, target: Path) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(data.Path, "symlink_to", refuse)
    folder = DemoFolder(tmp_path / "out")
    lay_out(parts, folder)
    copy = folder.line / "02-defective-bad0.png"
    assert not copy.is_symlink()
    assert copy.read_bytes() == b"bad0.png"


def test_a_picture_that_is_gone_is_one_line(few, tmp_path, monkeypatch):
    monkeypatch.setattr(data.Path, "symlink_to", lambda self, target: (_ for _ in ()).throw(OSError(1, "no")))
    with pytest.raises(PictureError, match=r"cannot put good0\.png at .*train/good/good0\.png: No such file"):
        lay_out(few, DemoFolder(tmp_path / "out"))


def _made(part: tuple, folder: Path) -> tuple:
    """The same part, of files that hold their own name."""
    folder.mkdir(exist_ok=True)
    made = []
    for entry in part:
        path = folder / (entry[1] if isinstance(entry, tuple) else entry)
        path.write_bytes(path.name.encode())
        made.append((entry[0], path) if isinstance(entry, tuple) else path)
    return tuple(made)
