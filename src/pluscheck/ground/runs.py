"""Runs as solvers find them: the scalars of each state, and which action was taken in each step."""

from __future__ import annotations

from dataclasses import dataclass

from pluscheck.core.system import State
from pluscheck.ground.ground import GroundAction, GroundSystem


@dataclass(frozen=True, slots=True)
class Run:
    """A run of a ground system: the values of its leaves in each state, and the position of each step's action."""

    leaves: tuple[tuple[int, ...], ...]
    taken: tuple[int, ...]

    def states(self, system: GroundSystem) -> tuple[State, ...]:
        """Return the states."""
        return tuple([system.layout.decode(list(values)) for values in self.leaves])

    def actions(self, system: GroundSystem) -> tuple[GroundAction, ...]:
        """Return the actions taken, one fewer than states."""
        return tuple([system.actions[position] for position in self.taken])
