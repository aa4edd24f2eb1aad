"""The number beside the store, on a real file, also one whose last write was cut off."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edge.errors import StoreError, StoreRefusedError
from edge.store.numbers import BLOCK, Numbers


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "alerts.seq"


def test_a_new_file_knows_of_no_number(path: Path) -> None:
    numbers = Numbers(path)
    assert (numbers.last, numbers.reserved) == (0, 0)
    numbers.close()
    numbers.close()


def test_what_was_given_and_reserved_is_read_again(path: Path) -> None:
    numbers = Numbers(path)
    numbers.reserve(1)
    for last in range(1, 8):
        numbers.give(last)
    numbers.close()
    again = Numbers(path)
    assert (again.last, again.reserved) == (7, 1 + BLOCK)
    again.close()
    assert path.stat().st_size == 128


def test_the_disk_is_asked_to_flush_once_for_many_numbers(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[int] = []
    monkeypatch.setattr(os, "fsync", flushed.append)
    numbers = Numbers(path)
    for last in range(1, 3 * BLOCK):
        numbers.reserve(last)
        numbers.give(last)
    assert len(flushed) == 3
    numbers.give(3 * BLOCK, flush=True)
    assert len(flushed) == 4
    numbers.close()


@pytest.mark.parametrize("cut", range(0, 64, 7))
def test_a_write_that_was_cut_off_leaves_the_one_before(path: Path, cut: int) -> None:
    numbers = Numbers(path)
    for last in range(1, 6):
        numbers.give(last, flush=True)
    numbers.close()
    whole = path.read_bytes()
    newest = whole.index(b"%020d " % 5)
    path.write_bytes(whole[: newest + cut] + bytes(64 - cut) + whole[newest + 64 :])
    after = Numbers(path)
    assert after.last == (5 if cut >= 52 else 4)  # the rest of a slot is empty
    after.give(6)
    after.close()
    again = Numbers(path)
    assert again.last == 6
    again.close()


def test_a_disk_that_refuses_is_told_and_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = Numbers(path)
    numbers.give(3)
    monkeypatch.setattr(os, "pwrite", lambda *_: 10)
    with pytest.raises(StoreRefusedError, match="as a whole"):
        numbers.give(4)
    assert numbers.last == 3
    numbers.close()


def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot open .*; check the owner"):
        Numbers(tmp_path / "absent" / "alerts.seq")
