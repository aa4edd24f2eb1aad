"""``edge-ad acknowledge``; a station that is told of an alarm is in tests/edge/test_daemon_pool.py."""

from __future__ import annotations

import pytest

from edge.commands.acknowledge import acknowledge
from edge.errors import UsageError


@pytest.mark.parametrize("said", [{}, {"false_alarm": True, "true_alarm": True}])
def test_one_of_two_judgements_must_be_given(said: dict[str, bool]) -> None:
    with pytest.raises(UsageError, match="--false-alarm or --true-alarm"):
        acknowledge("1", by="Ann", **said)
