"""The conformal threshold against the p-values of an independent package, which needs Python 3.12."""

from __future__ import annotations

import numpy as np
import pytest

from calibration import conformal

nonconform = pytest.importorskip("nonconform", reason="nonconform needs Python 3.12")


@pytest.mark.parametrize("rate", [0.2, 0.1, 0.05, 0.02, 0.01])
@pytest.mark.parametrize("decimals", [1, 12])
def test_a_part_alarms_when_its_p_value_is_at_most_the_rate(rate: float, decimals: int) -> None:
    """With one decimal there are ties, between good parts and with the parts to come."""
    rng = np.random.default_rng(int(rate * 1000))
    for count in (99, 100, 151, 400):
        good, new = rng.gamma(4, size=count).round(decimals), rng.gamma(5, size=500).round(decimals)
        p_values = nonconform.Empirical().compute_p_values(new, good)
        alarms = new > conformal.threshold(good, rate)
        np.testing.assert_array_equal(alarms, p_values <= rate * (1 + 1e-9))
