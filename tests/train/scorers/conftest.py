from __future__ import annotations

from tests.edge.scorers.conftest import make_features, run_head

__all__ = ["make_features", "run_head"]  # fixtures
