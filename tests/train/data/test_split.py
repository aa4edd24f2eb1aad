from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import PictureError, UsageError
from train.data.split import divide, hold_out, listing_sha256, split_for_calibration


def _write(folder: Path, contents: list[bytes]) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{number:04}.png" for number in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    return paths


def _contents(paths: tuple[Path, ...] | list[Path]) -> set[bytes]:
    return {path.read_bytes() for path in paths}


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    return _write(tmp_path / "good", [b"picture %d" % number for number in range(50)])


def test_parts_are_disjoint_complete_and_of_the_asked_size(pictures: list[Path]) -> None:
    split = split_for_calibration(pictures, fraction=0.3, seed=0)
    assert len(split.calibration) == 15
    assert not set(split.fit) & set(split.calibration)
    assert sorted(split.fit + split.calibration) == pictures


def test_renaming_moving_and_reordering_change_nothing(pictures: list[Path], tmp_path: Path) -> None:
    before = split_for_calibration(pictures, seed=3)
    moved = [
        Path(shutil.copy(path, tmp_path / f"{hashlib.md5(path.name.encode()).hexdigest()}.png"))  # noqa: S324
        for path in reversed(pictures)
    ]
    after = split_for_calibration(moved, seed=3)
    assert _contents(after.calibration) == _contents(before.calibration)
    assert _contents(after.fit) == _contents(before.fit)
    assert after.listing_sha256 == before.listing_sha256


def test_another_seed_gives_another_split(pictures: list[Path]) -> None:
    splits = {frozenset(split_for_calibration(pictures, seed=seed).calibration) for seed in range(5)}
    assert len(splits) == 5


def test_every_picture_is_set_aside_about_as_often_as_the_fraction_says(pictures: list[Path]) -> None:
    times = dict.fromkeys(pictures, 0)
    for seed in range(200):
        for path in split_for_calibration(pictures, fraction=0.2, seed=seed).calibration:
            times[path] += 1
    assert all(15 <= count <= 70 for count in times.values())  # 40 expected, five standard deviations


@settings(deadline=None)  # a busy disk is no failure
@given(st.lists(st.integers(0, 20), min_size=8, max_size=60), st.floats(0.01, 0.99), st.integers())
def test_of_copies_the_first_alone_is_taken(
    tmp_path_factory: pytest.TempPathFactory, kinds: list[int], fraction: float, seed: int
) -> None:
    paths = _write(tmp_path_factory.mktemp("copies"), [b"%d" % kind for kind in [*range(8), *kinds]])
    split = split_for_calibration(paths, fraction=fraction, seed=seed)
    assert split.fit
    assert split.calibration
    different = sorted(split.fit + split.calibration)
    assert len(_contents(different)) == len(different) == len(_contents(paths))
    assert all(path in different for path in paths[:8])
    assert sorted([*different, *split.copies]) == paths
    assert split.listing_sha256 == listing_sha256(paths) == listing_sha256(different)


def test_links_to_pictures_are_copies_and_change_no_fold(pictures: list[Path]) -> None:
    plain = divide(pictures, folds=None, seed=2)
    links = [path.with_name(f"z{path.name}") for path in pictures]
    for path, link in zip(pictures, links, strict=True):
        link.symlink_to(path)
    split = divide([*pictures, *links], folds=None, seed=2)
    assert (split.fit, split.copies, split.listing_sha256) == (plain.fit, tuple(links), plain.listing_sha256)
    assert split.folds_of(split.fit) == plain.folds_of(plain.fit)


@pytest.mark.parametrize("copies", [1, 3])
def test_fewer_than_eight_different_pictures_are_refused(tmp_path: Path, copies: int) -> None:
    paths = _write(tmp_path / "few", [b"%d" % number for number in range(7)] * copies)
    more = r", and copies of them \(14\) do not count" if copies == 3 else ""
    with pytest.raises(PictureError, match=f"^7 files are too few to train on{more}; at least 8 different"):
        split_for_calibration(paths, seed=0)


def test_eight_pictures_give_one_for_calibration_even_for_a_small_fraction(tmp_path: Path) -> None:
    paths = _write(tmp_path / "eight", [b"%d" % number for number in range(8)])
    assert len(split_for_calibration(paths, fraction=0.01, seed=0).calibration) == 1
    assert len(split_for_calibration(paths, fraction=0.99, seed=0).fit) == 1


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.2, float("nan")])
def test_a_fraction_out_of_range_is_wrong_usage(pictures: list[Path], fraction: float) -> None:
    with pytest.raises(UsageError, match="above 0 and below 1"):
        split_for_calibration(pictures, fraction=fraction, seed=0)


def test_a_picture_that_cannot_be_read_is_named(pictures: list[Path]) -> None:
    with pytest.raises(PictureError, match=r"gone\.png: No such file"):
        split_for_calibration([*pictures, pictures[0].with_name("gone.png")], seed=0)


def test_listing_depends_on_contents_alone(pictures: list[Path]) -> None:
    whole = listing_sha256(pictures)
    assert whole == listing_sha256(pictures[::-1]) == split_for_calibration(pictures, seed=9).listing_sha256
    assert whole != listing_sha256(pictures[1:])
    pictures[0].write_bytes(b"another picture")
    assert whole != listing_sha256(pictures)


def test_hold_out_needs_two_different_pictures(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="cannot serve both"):
        hold_out(_write(tmp_path / "one", [b"same", b"same"]))
    train, test = hold_out(_write(tmp_path / "two", [b"one", b"two"]))
    assert (len(train), len(test)) == (1, 1)


def test_few_pictures_are_divided_into_folds_and_many_are_set_aside(tmp_path: Path) -> None:
    paths = _write(tmp_path, [b"picture %d" % number for number in range(101)])
    many, few = divide(paths, folds=None, seed=0), divide(paths[1:], folds=None, seed=0)
    assert many == split_for_calibration(paths, seed=0) and not many.folds_of(many.fit)
    assert (few.fit, few.calibration, set(few.folds_of(few.fit))) == (tuple(paths[1:]), (), set(range(10)))
    assert few.listing_sha256 == listing_sha256(paths[1:])
    assert set(divide(paths, folds=7, seed=0).folds_of(paths)) == set(range(7))
    assert divide(paths[1:], folds=0, seed=0) == split_for_calibration(paths[1:], seed=0)


def test_the_fold_of_a_picture_is_that_of_its_content(tmp_path: Path) -> None:
    paths = _write(tmp_path, [b"picture %d" % number for number in range(20)])
    turned = divide(paths[::-1], folds=5, seed=1)
    assert turned.folds_of(paths) == divide(paths, folds=5, seed=1).folds_of(paths)
    assert turned.folds_of(paths) != divide(paths, folds=5, seed=2).folds_of(paths)


def test_folds_are_made_of_those_pictures_that_could_be_decoded(tmp_path: Path) -> None:
    paths = _write(tmp_path, [b"picture %d" % number for number in range(20)])
    split = divide(paths, folds=6, seed=0)
    assert sorted(split.folds_of(paths[:12])) == sorted([*range(6), *range(6)])
    assert sorted(split.folds_of(paths[:4])) == [0, 1, 2, 3]


@pytest.mark.parametrize("folds", [1, -1])
def test_one_fold_is_refused(tmp_path: Path, folds: int) -> None:
    with pytest.raises(UsageError, match="folds cannot be made; at least 2; 0 sets a fifth"):
        divide(_write(tmp_path, [b"picture %d" % number for number in range(9)]), folds=folds, seed=0)
