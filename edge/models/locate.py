"""From a ``model`` of the settings, a file or a name of the store, to the .xml file."""

from __future__ import annotations

from pathlib import Path

from edge.config.station import StationConfig
from edge.messaging.outbox import default_state_dir
from edge.models.names import Reference, is_reference
from edge.models.store import ModelStore


def store_of(config: StationConfig) -> ModelStore:
    """The models of a station."""
    return ModelStore(config.state_dir or default_state_dir(config.station))


def locate(model: Path, store: ModelStore) -> Path:
    """The .xml file that a ``model`` means now.

    Raises:
        BundleError: the store has no such model, or none of its versions is active.
    """
    return store.find(Reference.of(str(model))).path if is_reference(str(model)) else model
