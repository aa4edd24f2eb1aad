from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from edge.models.store import ModelStore
from tests.edge import tiny_models

MakeBundle = Callable[..., Path]


@pytest.fixture
def make_bundle(tmp_path: Path) -> MakeBundle:
    """Writes ``grey.xml`` into a folder of its version; see ``tiny_models.grey``."""

    def make(version: str = "1", **how: object) -> Path:
        return tiny_models.grey(tmp_path / f"export-{version}" / "grey.xml", version=version, **how)  # type: ignore[arg-type]

    return make


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "state")
