"""Making a version of a model the active one: proved whole, compiled and tried before anything changes."""

from __future__ import annotations

from edge.errors import BundleError
from edge.inference.bundle import Admit, Bundle, load_bundle
from edge.inference.engine import Engine
from edge.models.store import ModelStore, Version
from edge.models.trial import require_golden_scores


def load_version(version: Version, admit: Admit) -> Bundle:
    """Loads a version of the store.

    Raises:
        EdgeAdError: as ``load_bundle``; also where it is not the bundle that its folder is named after.
    """
    bundle = load_bundle(version.path, admit)
    if bundle.sha256 != version.sha256:
        what = f"{version.path} is another bundle than its folder says"
        raise BundleError(what, hint=f"install it again: edge-ad models install {version.name}.xml")
    return bundle


def activate(store: ModelStore, version: Version, admit: Admit, *, device: str) -> Version:
    """Activates a version that proves itself on the device that will run it.

    A station that runs takes it at its next start, or when it is asked to ``reload``.

    Raises:
        EdgeAdError: it is damaged, not admitted, cannot be compiled or fails its trial; what was active still is.
    """
    require_golden_scores(Engine(load_version(version, admit), device=device))
    return store.switch(version)
