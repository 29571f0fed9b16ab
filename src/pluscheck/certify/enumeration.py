"""An invariant held against the definition itself: every state that there is, looked at by the reference semantics. For small systems."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import product

from pluscheck.certify.reference import Reference
from pluscheck.core.semantics import FaultyStart, initial_states
from pluscheck.core.system import FAULTS, State, TransitionSystem
from pluscheck.core.types import cardinality, values_of

MAX_STATES = 1_500
"""How many states are looked at. Some have cost a tenth of a millisecond, most half of one, with their steps and an invariant."""


class OutOfTimeError(Exception):
    """The states were too many for the time."""


class Enumeration:
    """The states of one system, of which `reference` says what is wrong with them, looked at one by one."""

    def __init__(self, system: TransitionSystem, reference: Reference) -> None:
        self._system = system
        self._reference = reference

    def is_small(self) -> bool:
        """Return whether there are few enough states to look at all."""
        count = 1
        for variable in self._system.variables:
            count *= cardinality(variable.type, self._system.scope)
            if count > MAX_STATES:
                return False
        return True

    def closed(self, deadline: float) -> tuple[str, State] | None:
        """Return how, and in which state, the invariant fails to be one; None if it is. Raises OutOfTimeError."""
        for state in initial_states(self._system):
            if not isinstance(state, FaultyStart) and not self._reference.contains(state):
                return "an initial state does not satisfy the invariant", state
        for state in self._states(deadline):
            if self._reference.is_bad_source(state):
                return "a step leads from where the invariant holds to where it does not", state
        return None

    def safe(self, name: str, deadline: float) -> tuple[str, State | None] | None:
        """Return how, and where, the property can be violated within the invariant; None if it cannot. Raises OutOfTimeError."""
        if name == FAULTS and self._reference.has_faulty_start():
            return f"{name}: a start faults", None
        for state in self._states(deadline):
            if self._reference.is_bad_state(name, state):
                return f"{name} is violated (or, as a witness, reached) although the invariant holds", state
        return None

    def _states(self, deadline: float) -> Iterator[State]:
        of = [tuple(values_of(variable.type, self._system.scope)) for variable in self._system.variables]
        for number, state in enumerate(product(*of)):
            if number % 16 == 0 and time.monotonic() > deadline:
                raise OutOfTimeError
            yield state
