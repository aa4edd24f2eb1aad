from __future__ import annotations

from pathlib import Path

import pytest

from edge.errors import UsageError
from train.commands.train import train


def test_an_output_that_cannot_be_written_is_found_before_the_work(tiny_dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UsageError, match="cannot write to .*file/runs"):
        train(tmp_path / "file" / "runs", data=tiny_dataset, device="no device: nothing is fitted for this")
