"""The models of a station on disk, each version in a folder of its own, whole or not there.

``<state_dir>/models/<name>/<sha256>/<name>.xml``, ``.bin``, ``.sig``, ``.calibration.json``, and
``<state_dir>/models/<name>/active.json``. A version's folder appears by one rename once all of it is on disk and
is never written to again, except for the station's own calibration.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from edge.durable import give_away, sync
from edge.errors import BundleError, UsageError
from edge.inference.bundle import Admit, Bundle, copy_bundle, read_card, whoever_made_it
from edge.inference.card import ModelCard
from edge.inference.override import override_path
from edge.models.active import Active, read_active, write_active
from edge.models.names import NEWEST, Reference
from edge.models.signature import signature_path

_PASSING = "."  # folders that begin so are not yet, or no longer, a version
_SHOWN_DIGITS = 12


@dataclass(frozen=True)
class Version:
    """One version of a model in the store.

    Attributes:
        name: of the model.
        path: of its .xml file.
        sha256: digest that names the bundle.
        card: as the bundle carries it; None where the bundle is damaged.
        active: whether it is the one that a station takes.
        previous: whether a rollback goes to it.
    """

    name: str
    path: Path
    sha256: str
    card: ModelCard | None
    active: bool
    previous: bool

    def __str__(self) -> str:
        return f"{self.name}@{self.card.version if self.card else self.sha256[:_SHOWN_DIGITS]}"


class ModelStore:
    """Installs, lists, switches and removes versions; several processes may, one after the other.

    Args:
        state_dir: of the station.
    """

    def __init__(self, state_dir: Path) -> None:
        self.root = state_dir / "models"

    def install(self, model: Path, name: str, admit: Admit = whoever_made_it) -> Version:
        """Copies a bundle, its signature and its calibration into the store; nothing becomes active by that.

        Args:
            model: the .xml file.
            name: of the model in the store.
            admit: see ``load_bundle``.

        Raises:
            UsageError: the name cannot be used.
            BundleError: the bundle is damaged, not one of ours, or not admitted; or the disk refuses.
        """
        if Reference.of(name).version:
            raise UsageError(f"{name!r} is no name of a model", hint="the version is that of its card")
        with self._alone(), self._mapped("write"):
            home = self.root / name
            home.mkdir(exist_ok=True)
            give_away(home, self.root)
            _sweep(home)
            with tempfile.TemporaryDirectory(dir=home, prefix=f"{_PASSING}install-") as passing:
                folder = Path(passing) / "version"
                bundle = copy_bundle(model, folder / f"{name}.xml", admit)
                for companion in (signature_path, override_path):
                    if companion(model).is_file():
                        shutil.copyfile(companion(model), companion(bundle.path))
                admit(bundle.path, bundle.sha256)  # the copy of the signature too
                _settle(folder)
                _put(folder, home / bundle.sha256)
            sync(self.root)
        return self._version(name, bundle.sha256)

    def versions(self, name: str | None = None) -> list[Version]:
        """All versions, or those of one model; by name and age."""
        homes = [self.root / name] if name else sorted(_folders(self.root))
        return [
            self._version(home.name, folder.name)
            for home in homes
            for folder in sorted(_folders(home), key=lambda folder: folder.stat().st_mtime_ns)
        ]

    def find(self, reference: Reference) -> Version:
        """The version that is meant: by name the active one.

        Raises:
            BundleError: there is none, or the version is not clear.
        """
        name, wanted = reference.name, reference.version
        if not wanted:
            return self._active(name)
        if wanted == NEWEST:
            return self.newest(name)
        here = self.versions(name)
        found = [v for v in here if v.card is not None and v.card.version == wanted]
        found = found or [v for v in here if v.sha256.startswith(wanted)]
        if len(found) == 1:
            return found[0]
        if not found:
            hint = f"here are: {' '.join(map(str, here))}" if here else self._how_to_install(name)
            raise BundleError(f"no model {reference} in {self.root}", hint=hint)
        digits = " ".join(f"{name}@{version.sha256[:_SHOWN_DIGITS]}" for version in found)
        raise BundleError(f"{len(found)} models are {reference}", hint=f"say which: {digits}")

    def require_own(self, bundle: Bundle) -> None:
        """Raises BundleError where a bundle of the store is not the one that its folder is named after."""
        folder = bundle.path.resolve().parent
        if folder.parent.parent == self.root.resolve() and folder.name != bundle.sha256:
            what = f"{bundle.path} is another bundle than its folder says"
            raise BundleError(what, hint=self._how_to_install(folder.parent.name))

    def newest(self, name: str) -> Version:
        """The version that was installed last.

        Raises:
            BundleError: there is none.
        """
        here = self.versions(name)
        if not here:
            raise BundleError(f"no model {name} in {self.root}", hint=self._how_to_install(name))
        return here[-1]

    def previous(self, name: str) -> Version:
        """The version that was active before.

        Raises:
            BundleError: there is none.
        """
        active = read_active(self.root / name)
        if active is None or active.previous is None:
            raise BundleError(f"no version of {name} was active before", hint=f"see: {self._command('list')}")
        if not (self.root / name / active.previous).is_dir():
            raise BundleError(f"the version of {name} that was active before was removed")
        return self._version(name, active.previous)

    def switch(self, version: Version) -> Version:
        """Makes a version the active one, in one step; ``edge.models.activation`` proves it first.

        Raises:
            BundleError: it is no longer there, or the disk refuses; what was active still is.
        """
        with self._alone():
            home = self.root / version.name
            if not (home / version.sha256).is_dir():
                raise BundleError(f"{version} was removed meanwhile")
            active = read_active(home)
            write_active(home, active.then(version.sha256) if active else Active(sha256=version.sha256))
        return self._version(version.name, version.sha256)

    def remove(self, reference: Reference) -> None:
        """Removes one version that is not active, or a whole model.

        Raises:
            BundleError: there is no such version.
            UsageError: it is active.
        """
        with self._alone(), self._mapped("remove from"):
            folder = self.root / reference.name
            if reference.version:
                version = self.find(reference)
                if version.active:
                    all_of_it = self._command(f"remove {reference.name}")
                    hint = f"activate another first, or remove all of it: {all_of_it}"
                    raise UsageError(f"{version} is active", hint=hint)
                folder = version.path.parent
            elif not folder.is_dir():
                hint = self._how_to_install(reference.name)
                raise BundleError(f"no model {reference} in {self.root}", hint=hint)
            leaving = folder.with_name(f"{_PASSING}remove-{folder.name}")
            folder.rename(leaving)  # gone in one step, whatever happens while its files go
            sync(leaving.parent)
            shutil.rmtree(leaving)

    def _active(self, name: str) -> Version:
        active = read_active(self.root / name)
        if active is not None and (self.root / name / active.sha256).is_dir():
            return self._version(name, active.sha256)
        here = " ".join(map(str, self.versions(name)))
        hint = f"activate one of: {here}" if here else self._how_to_install(name)
        raise BundleError(f"no model {name} is active in {self.root}", hint=hint)

    def _version(self, name: str, sha256: str) -> Version:
        home = self.root / name
        path = home / sha256 / f"{name}.xml"
        active = read_active(home) or Active(sha256="0" * 64)
        try:
            card, found = read_card(path)
        except BundleError:
            card, found = None, sha256
        card = card if found == sha256 else None
        return Version(name, path, sha256, card, active.sha256 == sha256, active.previous == sha256)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time changes the store; the lock goes with its process."""
        with self._mapped("write"):
            self.root.mkdir(parents=True, exist_ok=True)
            give_away(self.root, self.root.parent)
            lock = os.open(self.root, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    @contextmanager
    def _mapped(self, action: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            hint = "check the folder's owner and the disk"
            raise BundleError(f"cannot {action} {self.root}: {error.strerror}", hint=hint) from error

    def _how_to_install(self, name: str) -> str:
        return f"install it with: {self._command(f'install {name}.xml')}"

    def _command(self, words: str) -> str:
        """What means this store, whichever station file led here."""
        return f"edge-ad models {words} --state-dir {quote(str(self.root.parent.absolute()))}"


def _folders(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return [path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(_PASSING)]


def _sweep(home: Path) -> None:
    """Removes what a command that was killed left behind; nobody else is at work here."""
    for left in (*home.glob(f"{_PASSING}*"), *home.parent.glob(f"{_PASSING}*")):
        shutil.rmtree(left)


def _settle(folder: Path) -> None:
    """Brings all of a folder to disk."""
    for path in (*folder.iterdir(), folder):
        give_away(path, folder.parent.parent)
        sync(path)


def _put(folder: Path, place: Path) -> None:
    """Moves a version to its place; one that is there already is kept unless it is damaged."""
    if place.is_dir():
        try:
            whole = read_card(place / f"{place.parent.name}.xml")[1] == place.name
        except BundleError:
            whole = False
        if whole:
            _take_companions(folder, place)
            return
        place.rename(place.with_name(f"{_PASSING}damaged-{place.name}"))
    folder.rename(place)
    sync(place.parent)


def _take_companions(folder: Path, place: Path) -> None:
    """A signature or a calibration that came with a bundle that is there already takes its place too."""
    for path in folder.iterdir():
        if path.suffix not in (".xml", ".bin"):
            path.replace(place / path.name)
    sync(place)
