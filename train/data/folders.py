"""Layouts of plain folders: good pictures alone, a good and a bad folder, or one folder for each class.

Where a layout does not say which good pictures are for testing, a fifth of them (at least one) is held out by
content; see ``train.data.split.hold_out``.
"""

from __future__ import annotations

from pathlib import Path

from edge.errors import PictureError, UsageError
from edge.pictures import SUFFIXES, find_pictures, folders_in
from train.data.dataset import Dataset, Sample, good
from train.data.split import hold_out


def read_good(folder: Path) -> Dataset:
    """Reads a folder of good pictures: something to train on, nothing to evaluate with.

    Raises:
        PictureError: the folder is absent or has no pictures.
    """
    return Dataset(folder, folder.resolve().name, tuple(find_pictures(folder)))


def read_folders(normal_dir: Path, abnormal_dir: Path) -> Dataset:
    """Reads a folder of good and a folder of anomalous pictures.

    Args:
        normal_dir: good pictures; a fifth is held out for testing.
        abnormal_dir: anomalous pictures, or one folder for each defect.

    Raises:
        PictureError: a folder is absent or has no pictures, or there are too few good ones to hold one out.
        UsageError: both are the same folder.
    """
    if normal_dir.resolve() == abnormal_dir.resolve():
        raise UsageError(f"good and anomalous pictures are both {normal_dir}", hint="give two folders")
    train, test = hold_out(find_pictures(normal_dir))
    kinds = [] if has_pictures(abnormal_dir) or not abnormal_dir.is_dir() else folders_in(abnormal_dir)
    anomalies = [sample for kind in kinds or [abnormal_dir] for sample in _anomalous(kind)]
    return Dataset(normal_dir, normal_dir.resolve().name, tuple(train), (*good(test), *anomalies))


def read_classes(root: Path, normal_class: str) -> Dataset:
    """Reads one folder for each class: ``root/<class>``, or ``root/train/<class>`` with ``root/test/<class>``.

    The pictures of the normal class are good, those of all other classes are anomalies at test time. Only where
    ``train`` and ``test`` are given, the good test pictures are the ones in ``test/<normal class>``; otherwise
    a fifth of the normal class is held out.

    Raises:
        PictureError: a class folder has no pictures, or there is nothing besides the normal class.
        UsageError: there is no such class.
    """
    two_level = (root / "train").is_dir() and (root / "test").is_dir()
    classes = _classes(root / "train" if two_level else root, normal_class)
    train = find_pictures(classes[normal_class])
    if two_level:
        classes = {folder.name: folder for folder in folders_in(root / "test")}
        held_out = find_pictures(classes[normal_class]) if normal_class in classes else []
    else:
        train, held_out = hold_out(train)
    others = [folder for name, folder in classes.items() if name != normal_class]
    if not others:
        raise PictureError(
            f"no class besides {normal_class!r} in {root}", hint=f"to train only, give {root / normal_class}"
        )
    anomalies = [sample for folder in others for sample in _anomalous(folder)]
    return Dataset(root, root.resolve().name, tuple(train), (*good(held_out), *anomalies))


def has_pictures(folder: Path) -> bool:
    """Whether pictures lie directly inside a folder."""
    return folder.is_dir() and any(p.suffix.lower() in SUFFIXES and p.is_file() for p in folder.iterdir())


def _classes(parent: Path, normal_class: str) -> dict[str, Path]:
    if not parent.is_dir():
        raise PictureError(f"no such folder: {parent}", hint="give a folder with one folder for each class")
    classes = {folder.name: folder for folder in folders_in(parent)}
    if normal_class not in classes:
        names = ", ".join(classes) or "none"
        raise UsageError(f"no class {normal_class!r} in {parent}", hint=f"the folders there are: {names}")
    return classes


def _anomalous(folder: Path) -> list[Sample]:
    return [Sample(path, 1, folder.resolve().name) for path in find_pictures(folder)]
