"""Memory of real processes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from edge.benchmark.memory import descendants_of, memory_of, proportional_mb

BYTES = 60_000_000
FILLS = f"held = bytearray(b'x' * {BYTES}); print('ready', flush=True); input()"
STARTS_ONE = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {FILLS!r}])"
STARTS_TWO = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {STARTS_ONE!r}])"


@contextmanager
def ready(program: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        process.stdout.readline()
        yield process
        process.stdin.close()


def test_what_a_process_holds_is_counted_in_millions_of_bytes() -> None:
    with ready(FILLS) as process:
        memory = memory_of(process.pid)
    assert memory is not None
    assert BYTES / 1e6 < memory.proportional_mb < memory.resident_mb < BYTES / 1e6 + 40


def test_a_grandchild_counts_as_a_descendant_and_in_the_sum() -> None:
    with ready(STARTS_TWO) as process:
        _, grandchild = descendants_of(process.pid)
        together = proportional_mb([process.pid, grandchild])
        alone = memory_of(process.pid)
    assert alone is not None
    assert together > alone.proportional_mb + BYTES / 1e6


def test_a_process_that_has_ended_has_no_memory() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    assert memory_of(process.pid) is None
    assert descendants_of(process.pid) == []
    assert proportional_mb([process.pid]) == 0
