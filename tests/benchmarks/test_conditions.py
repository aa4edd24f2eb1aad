from __future__ import annotations

import subprocess
import sys

import pytest

from benchmarks.conditions import Others, conditions_here, quiet


def test_work_of_another_process_is_noticed() -> None:
    others = Others()
    # Not waited for before the figure is taken: a child that was waited for counts as our own work.
    busy = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import time\nend = time.monotonic() + 0.6\nwhile time.monotonic() < end: pass\ninput()",
        ],
        stdin=subprocess.PIPE,
    )
    try:
        with pytest.raises(subprocess.TimeoutExpired):
            busy.wait(1.0)
        assert not quiet(others.cores())
    finally:
        busy.kill()
        busy.communicate()


def test_conditions_name_the_code_and_the_packages_and_stay_the_same() -> None:
    here = conditions_here()

    assert here == conditions_here()
    assert {"openvino", "numpy"} <= here.versions.keys()
    assert here.code_sha256[:12] in here.as_line()
