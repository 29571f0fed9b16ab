"""All reachable states, found again by the reference semantics: what a stored proof that only counts them is held against."""

from __future__ import annotations

import time
from enum import Enum

from pluscheck.core.semantics import FaultyStart, Taken, initial_states, steps
from pluscheck.core.system import State, TransitionSystem
from pluscheck.evidence.verdict import ReachableSet


class Unfinished(Enum):
    """Why not all states were found."""

    STATES = "more states than were looked for"
    TIME = "out of time"


def reachable_set(system: TransitionSystem, *, most: int, seconds: float) -> ReachableSet | Unfinished:
    """Return all reachable states with how many steps away the farthest is, if there are at most `most` and time suffices."""
    deadline = time.monotonic() + seconds
    frontier = [state for state in initial_states(system) if not isinstance(state, FaultyStart)]
    found: set[State] = set(frontier)
    diameter = 0
    while frontier:
        level: list[State] = []
        for state in frontier:
            if len(found) > most:
                return Unfinished.STATES
            if time.monotonic() > deadline:
                return Unfinished.TIME
            for outcome in steps(system, state):
                if isinstance(outcome, Taken) and outcome.target not in found:
                    found.add(outcome.target)
                    level.append(outcome.target)
        frontier = level
        diameter += bool(level)
    return ReachableSet(frozenset(found), diameter)
