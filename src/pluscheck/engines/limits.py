"""Whether a budget is used up."""

from __future__ import annotations

import time
from dataclasses import dataclass

from pluscheck.base.memory import held_memory
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
