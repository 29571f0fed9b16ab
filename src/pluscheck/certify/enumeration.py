"""An invariant held against the definition itself: every state that there is, looked at by the reference semantics. For small systems."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import product

from pluscheck.core.evaluator import Fault, evaluate
from pluscheck.core.semantics import (
    Broken,
    FaultyStart,
    Taken,
    holds,
    initial_states,
    is_deadlock,
    is_state,
    is_terminal,
    property_named,
    steps,
)
from pluscheck.core.system import DEADLOCK, FAULTS, PropertyKind, State, TransitionSystem
from pluscheck.core.types import cardinality, values_of
from pluscheck.evidence.verdict import InductiveInvariant

MAX_STATES = 1_500
"""How many states are looked at. Some have cost a tenth of a millisecond, most half of one, with their steps and an invariant."""


class OutOfTimeError(Exception):
    """The states were too many for the time."""


class Enumeration:
    """An invariant of one system, looked at state by state."""

    def __init__(self, system: TransitionSystem, invariant: InductiveInvariant) -> None:
        self._system = system
        self._invariant = invariant

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
            if not isinstance(state, FaultyStart) and self.is_bad_start(state):
                return "an initial state does not satisfy the invariant", state
        for state in self._states(deadline):
            if self.is_bad_source(state):
                return "a step leads from where the invariant holds to where it does not", state
        return None

    def safe(self, name: str, deadline: float) -> tuple[str, State | None] | None:
        """Return how, and where, the property can be violated within the invariant; None if it cannot. Raises OutOfTimeError."""
        if name == FAULTS and any(isinstance(state, FaultyStart) for state in initial_states(self._system)):
            return f"{name}: a start faults", None
        for state in self._states(deadline):
            if self.is_bad_state(name, state):
                return f"{name} is violated (or, as a witness, reached) although the invariant holds", state
        return None

    def _states(self, deadline: float) -> Iterator[State]:
        of = [tuple(values_of(variable.type, self._system.scope)) for variable in self._system.variables]
        for number, state in enumerate(product(*of)):
            if number % 16 == 0 and time.monotonic() > deadline:
                raise OutOfTimeError
            yield state

    # --------------------------------------------------------------------------------- of one state

    def contains(self, state: State) -> bool:
        """Return whether the state is of its types and satisfies the invariant."""
        if not is_state(self._system, state):
            return False
        try:
            if not all(evaluate(self._system, conjunct, state) for conjunct in self._invariant.conjuncts):
                return False
        except Fault:
            return False
        return not any(self._violates(name, state) for name in self._invariant.properties)

    def is_bad_start(self, state: State) -> bool:
        """Return whether the state, an initial one, is outside the invariant."""
        return not self.contains(state)

    def is_bad_source(self, state: State) -> bool:
        """Return whether the state is in the invariant and a step from it leads out."""
        return self.contains(state) and any(
            isinstance(outcome, Taken) and not self.contains(outcome.target) for outcome in steps(self._system, state)
        )

    def is_bad_state(self, name: str, state: State) -> bool:
        """Return whether the state is in the invariant and the property is violated in it, or by a step from it."""
        if not self.contains(state):
            return False
        if name == FAULTS:
            return self._faults(state)
        if name == DEADLOCK:
            try:
                return is_deadlock(self._system, state)
            except Fault:
                return False
        if property_named(self._system, name).kind is PropertyKind.TRANSITION:
            return any(self._violates(name, state, target) for target in self._targets(state))
        return self._violates(name, state)

    def _targets(self, state: State) -> Iterator[State]:
        for outcome in steps(self._system, state):
            if isinstance(outcome, Taken):
                yield outcome.target

    def _violates(self, name: str, state: State, target: State | None = None) -> bool:
        """Return whether a property has a value there, and not the one that is claimed."""
        claim = property_named(self._system, name)
        try:
            return holds(self._system, claim, state, target) == (claim.kind is PropertyKind.WITNESS)
        except Fault:
            return False

    def _faults(self, state: State) -> bool:
        outcomes = list(steps(self._system, state))
        if any(isinstance(outcome, Broken) for outcome in outcomes):
            return True
        try:
            for claim in self._system.properties:
                if claim.kind is not PropertyKind.TRANSITION:
                    holds(self._system, claim, state)
                else:
                    for target in self._targets(state):
                        holds(self._system, claim, state, target)
            if not outcomes:
                is_terminal(self._system, state)
        except Fault:
            return True
        return False
