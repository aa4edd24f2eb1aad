from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from edge.errors import UsageError
from edge.output import writable_folder

FULL = """
import resource, sys
from pathlib import Path
from edge.output import writable_folder
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
writable_folder(Path(sys.argv[1]))
"""


def test_a_folder_is_made_and_left_empty(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "bottle"
    writable_folder(folder)
    writable_folder(folder)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("place", ["file", "file/deeper"])
def test_a_file_in_the_way_is_named(place: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UsageError, match=f"cannot write to .*{place}: .*; check its owner"):
        writable_folder(tmp_path / place)


def test_a_disk_that_takes_no_byte_is_found(tmp_path: Path) -> None:
    """A limit on file sizes stands in for a full disk: files can be made and not written."""
    done = subprocess.run([sys.executable, "-c", FULL, tmp_path], capture_output=True, text=True, check=False)
    assert f"UsageError: cannot write to {tmp_path}: File too large" in done.stderr
    assert list(tmp_path.iterdir()) == []
