"""Whether a budget is used up."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass

from pluscheck.engines.interface import Budget
from pluscheck.evidence.verdict import Reason


@dataclass(frozen=True, slots=True)
class Limits:
    """A budget, counted from `started` (as `time.monotonic` tells it)."""

    budget: Budget
    started: float

    @property
    def seconds(self) -> float:
        """Wall seconds since the start."""
        return time.monotonic() - self.started

    def seconds_left(self) -> float | None:
        """Return how many wall seconds are left; None if there is no limit."""
        seconds = self.budget.seconds
        return None if seconds is None else seconds - self.seconds

    def megabytes_left(self) -> int | None:
        """Return how many megabytes the process may still take; None if there is no limit."""
        memory = self.budget.memory
        return None if memory is None else (memory - held_memory()) // 1_000_000

    def exceeded(self, states: int = 0) -> Reason | None:
        """Return what has run out, if anything; `states` is how many are held."""
        budget = self.budget
        if budget.seconds is not None and self.seconds > budget.seconds:
            return Reason.TIME
        if budget.states is not None and states > budget.states:
            return Reason.STATES
        if budget.memory is not None and held_memory() > budget.memory:
            return Reason.MEMORY
        return None


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
