from __future__ import annotations

import pytest

from edge import progress


def test_bars_are_written_to_standard_error_only(capfd: pytest.CaptureFixture[str]) -> None:
    with progress.bar("features of good pictures", 3) as advance:
        for _ in range(3):
            advance(1)
    out, err = capfd.readouterr()
    assert out == ""
    assert "features of good pictures" in err
    assert "3/3" in err


def test_a_bar_inside_another_leaves_both_to_be_read(capfd: pytest.CaptureFixture[str]) -> None:
    with progress.bar("outer", 1) as outer, progress.bar("inner", 1) as inner:
        inner(1)
        outer(1)
    err = capfd.readouterr().err
    assert "outer" in err
    assert "inner" in err
