"""Whether a model can be compiled where memory that was written may not be executed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

COMPILE = """
import ctypes, errno, sys
from pathlib import Path
if sys.argv[2] == "denied":
    PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN = 65, 1
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0):
        sys.exit(77 if ctypes.get_errno() == errno.EINVAL else 78)  # a kernel before 6.3
from edge.errors import DeviceError
from edge.inference.bundle import load_bundle
from edge.inference.engine import Engine
try:
    Engine(load_bundle(Path(sys.argv[1])), device="CPU")
except (DeviceError, RuntimeError) as error:
    sys.exit(1)
"""


@pytest.mark.parametrize(("memory", "code"), [("free", 0), ("denied", 1)])
def test_openvino_needs_it(memory: str, code: int, tiny_bundle: Path) -> None:
    """Once this fails, MemoryDenyWriteExecute can be set in the units."""
    done = subprocess.run(
        [sys.executable, "-c", COMPILE, str(tiny_bundle), memory],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode == 77:
        pytest.skip("this kernel cannot deny it")
    assert done.returncode == code, done.stderr
