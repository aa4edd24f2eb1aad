"""Which layout a user means: the one place that turns the data options of a command into a data set."""

from __future__ import annotations

from pathlib import Path

from edge.errors import PictureError, UsageError
from edge.pictures import folders_in
from train.data.dataset import GOOD, Dataset
from train.data.folders import has_pictures, read_classes, read_folders, read_good
from train.data.mvtec import read_mvtec


def find_dataset(
    data: Path | None,
    *,
    normal: Path | None = None,
    abnormal: Path | None = None,
    normal_class: str | None = None,
) -> Dataset:
    """Reads the data set that the options describe.

    Args:
        data: folder in the MVTec layout, or of classes (with ``normal_class``), or of good pictures.
        normal: folder of good pictures, instead of ``data``.
        abnormal: folder of anomalous pictures beside ``normal``.
        normal_class: the class folder in ``data`` that is good; all others are anomalies.

    Raises:
        UsageError: the options do not go together, or there is no such class.
        PictureError: there is no data set where the options point.
    """
    if normal is not None:
        if data is not None or normal_class is not None:
            raise UsageError(
                "--normal stands alone or with --abnormal", hint="leave out --data and --normal-class"
            )
        return read_good(normal) if abnormal is None else read_folders(normal, abnormal)
    if abnormal is not None:
        raise UsageError("--abnormal needs --normal", hint="give both folders")
    if data is None:
        raise UsageError("no pictures were given", hint="give --data DIR, or --normal DIR and --abnormal DIR")
    if not data.is_dir():
        raise PictureError(f"no such folder: {data}", hint="give a folder with pictures of good parts")
    if normal_class is not None:
        return read_classes(data, normal_class)
    if (data / "train" / GOOD).is_dir():
        return read_mvtec(data)
    if has_pictures(data):
        return read_good(data)
    raise _nothing_found(data)


def _nothing_found(data: Path) -> PictureError:
    looked = f"no data set in {data}: neither train/good nor pictures directly inside"
    level = data / "train" if (data / "train").is_dir() else data
    classes = [folder.name for folder in folders_in(level) if has_pictures(folder)]
    if not classes:
        return PictureError(looked, hint="put pictures of good parts there")
    return PictureError(
        looked, hint=f"if one of its folders is normal, name it: --normal-class {' | '.join(classes)}"
    )
