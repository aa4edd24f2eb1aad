"""Opening the folder of a product: one process at a time, with the backbone that it was begun with."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from edge.durable import give_away, sync
from edge.errors import BundleError, TeachingError, UsageError
from edge.inference.sealed import place, read_bytes, read_xml
from edge.models.signature import signature_path
from edge.teaching.backbone import BackboneBundle
from edge.teaching.records import Product, read_record, write_record

PICTURES, STATES = "pictures", "states"
MAKING = ".making-"  # a folder that begins so holds a model that is being made
_LEAVING = ".forgotten-"


def product_folder(state_dir: Path, name: str) -> Path:
    """Where a station keeps what it was taught about a product."""
    return state_dir / "teaching" / name


def kept_backbone(folder: Path) -> Path:
    """The copy of the backbone that a product was begun with."""
    return folder / "backbone.xml"


def require_product(folder: Path) -> None:
    """Refuses a folder in which nothing was begun.

    Raises:
        TeachingError: there is nothing.
    """
    if not _product_file(folder).is_file():
        raise TeachingError(f"{folder.name} was not taught here", hint=f"nothing is kept in {folder}")


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Makes the folder if need be and keeps other processes out; the lock goes with its process.

    Raises:
        TeachingError: it cannot be used, or another process is at work in it.
    """
    try:
        for inner in (folder, folder / PICTURES, folder / STATES):
            _make(inner)
        lock = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise TeachingError(f"cannot use {folder}: {error.strerror}", hint="check its owner") from error
    try:
        if not _locked(lock):
            raise TeachingError(f"{folder.name} is being taught by another process", hint="wait for it")
        yield
    finally:
        os.close(lock)


def sweep(folder: Path) -> None:
    """Removes what runs that were killed left behind; nobody else may be at work there.

    Raises:
        TeachingError: the disk refuses.
    """
    try:
        for inner in (folder, folder / PICTURES, folder / STATES):
            for left in inner.glob(".*"):
                _remove(left)
        _sweep_forgotten(folder.parent)
    except OSError as error:
        raise TeachingError(f"cannot tidy up {folder}: {error.strerror}", hint="check its owner") from error


def product_of(folder: Path) -> Product:
    """What a folder is for.

    Raises:
        TeachingError: the file is damaged.
    """
    return read_record(Product, _product_file(folder))


def begun(folder: Path, backbone: BackboneBundle, seed: int) -> Product:
    """The product of a folder, which is begun with this backbone if it was not yet.

    Raises:
        UsageError: it was begun with another one.
        BundleError: the backbone cannot be copied.
        TeachingError: the disk refuses, or the file is damaged.
    """
    if not _product_file(folder).is_file():
        _keep(backbone, kept_backbone(folder))
        product = Product(
            backbone=backbone.card.name,
            backbone_sha256=backbone.sha256,
            height=backbone.card.height,
            width=backbone.card.width,
            seed=seed,
        )
        write_record(product, _product_file(folder))
        return product
    product = product_of(folder)
    if backbone.sha256 != product.backbone_sha256:
        what = f"{folder.name} was taught with another backbone than {backbone.path}: {product.backbone}"
        hint = f"leave out --backbone, or begin anew with: edge-ad teach --name {folder.name} --forget all"
        raise UsageError(f"{what} {product.backbone_sha256[:12]}", hint=hint)
    return product


def forget_all(folder: Path) -> None:
    """Removes all that is kept of a product; its models in the store stay.

    Raises:
        TeachingError: there is nothing, the disk refuses, or another process is at work in it.
    """
    leaving = folder.with_name(f"{_LEAVING}{folder.name}")
    try:
        _sweep_forgotten(folder.parent)
        require_product(folder)
        with alone(folder):
            folder.rename(leaving)  # gone in one step, whatever happens while its files go
            sync(leaving.parent)
            shutil.rmtree(leaving)
    except OSError as error:
        raise TeachingError(f"cannot remove {folder}: {error.strerror}", hint="check its owner") from error


def _make(folder: Path) -> None:
    """Makes a folder and those above it; their names survive a power cut."""
    if not folder.is_dir():
        _make(folder.parent)
        folder.mkdir(exist_ok=True)
        give_away(folder, folder.parent)
        sync(folder.parent)


def _locked(handle: int) -> bool:
    """Whether the folder is this process's alone now."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sweep_forgotten(parent: Path) -> None:
    """Removes products that were forgotten by runs that were killed; not those that another one is removing."""
    for leaving in parent.glob(f"{_LEAVING}*"):
        with suppress(FileNotFoundError):  # it has just gone
            handle = os.open(leaving, os.O_RDONLY)
            try:
                if _locked(handle):
                    shutil.rmtree(leaving)
            finally:
                os.close(handle)


def _remove(left: Path) -> None:
    shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()


def _keep(backbone: BackboneBundle, path: Path) -> None:
    """Copies a backbone with its signature; what is copied is proved when it is loaded."""
    place(path, read_xml(backbone.path), read_bytes(backbone.path.with_suffix(".bin")))
    if signature_path(backbone.path).is_file():
        try:
            shutil.copyfile(signature_path(backbone.path), signature_path(path))
            sync(signature_path(path))
        except OSError as error:
            raise BundleError(f"cannot copy the signature of {backbone.path}: {error.strerror}") from error


def _product_file(folder: Path) -> Path:
    return folder / "product.json"
