"""Opening the folder of a product: one process at a time, with the backbone that it was begun with."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
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
        for inner in (folder.parent, folder, folder / PICTURES, folder / STATES):
            if not inner.is_dir():
                inner.mkdir(parents=True, exist_ok=True)
                give_away(inner, inner.parent)
        lock = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise TeachingError(f"cannot use {folder}: {error.strerror}", hint="check its owner") from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise TeachingError(f"{folder.name} is being taught by another process", hint="wait for it") from error
        yield
    finally:
        os.close(lock)


def sweep(folder: Path) -> None:
    """Removes what a run that was killed left behind; nobody else may be at work there."""
    for inner in (folder, folder / PICTURES, folder / STATES):
        for left in inner.glob(".*"):
            shutil.rmtree(left)


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
    require_product(folder)
    leaving = folder.with_name(f"{_LEAVING}{folder.name}")
    with alone(folder):
        try:
            shutil.rmtree(leaving, ignore_errors=True)  # of a run that was killed
            folder.rename(leaving)  # gone in one step, whatever happens while its files go
            sync(leaving.parent)
            shutil.rmtree(leaving)
        except OSError as error:
            raise TeachingError(f"cannot remove {folder}: {error.strerror}", hint="check its owner") from error


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
