"""How much memory processes hold."""

from __future__ import annotations

import os
import sys


def held_memory() -> int:
    """Return how many bytes this process holds now; where the system does not tell, the most that it ever held."""
    try:
        return _resident("self")
    except OSError:
        import resource  # only Unix has it, and only a budget of memory needs it

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024  # Linux counts in KiB


def resident_memory(process: int) -> int:
    """Return how many bytes another process holds now; 0 where the system does not tell, or the process has ended."""
    try:
        return _resident(str(process))
    except OSError:
        return 0


def _resident(process: str) -> int:
    """Return how many bytes a process holds. Raises OSError where there is no telling."""
    with open(f"/proc/{process}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * _page_bytes()


def _page_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE")
