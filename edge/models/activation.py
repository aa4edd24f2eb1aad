"""Making a version of a model the active one: proved whole, compiled and tried before anything changes."""

from __future__ import annotations

from edge.inference.bundle import Admit, load_bundle
from edge.inference.engine import Engine
from edge.models.store import ModelStore, Version
from edge.models.trial import require_golden_scores


def activate(store: ModelStore, version: Version, admit: Admit, *, device: str) -> Version:
    """Activates a version that proves itself on the device that will run it.

    A station that runs takes it at its next start, or when it is asked to ``reload``.

    Raises:
        EdgeAdError: it is damaged, not admitted, cannot be compiled or fails its trial; what was active still is.
    """
    bundle = load_bundle(version.path, admit)
    store.require_own(bundle)
    require_golden_scores(Engine(bundle, device=device))
    return store.switch(version)
