"""Whether a budget is used up."""

from __future__ import annotations

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

    def exceeded(self, states: int = 0) -> Reason | None:
        """Return what has run out, if anything; `states` is how many are held."""
        budget = self.budget
        if budget.seconds is not None and self.seconds > budget.seconds:
            return Reason.TIME
        if budget.states is not None and states > budget.states:
            return Reason.STATES
        if budget.memory is not None and peak_memory() > budget.memory:
            return Reason.MEMORY
        return None


def peak_memory() -> int:
    """Return the most bytes that this process ever held."""
    import resource  # only Unix has it, and only a budget of memory needs it

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # Linux counts in KiB
