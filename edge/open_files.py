"""How many files and connections this process may have open at once."""

from __future__ import annotations

import resource

MOST = 16_384


def allow_open_files(most: int = MOST) -> None:
    """Raises the process's limit, as far as it may; the usual 1024 are as many connections as one peer can open.

    A process that can open nothing more cannot even read what it needs to go on.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = most if hard == resource.RLIM_INFINITY else min(most, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
