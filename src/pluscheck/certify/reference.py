"""What the definition says of single states and runs about a certificate: by the reference semantics, and by nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from pluscheck.core.evaluator import Fault, evaluate
from pluscheck.core.semantics import (
    Broken,
    FaultyStart,
    Taken,
    holds,
    initial_states,
    is_deadlock,
    is_initial,
    is_state,
    is_terminal,
    property_named,
    steps,
)
from pluscheck.core.system import DEADLOCK, FAULTS, PropertyKind, State, TransitionSystem
from pluscheck.evidence.verdict import InductiveInvariant, ReachableSet

Contains = Callable[[State], bool]
"""Whether a state is one of those that a certificate describes."""


class Reference:
    """What is wrong, and where, with a set of states that is said to be closed and safe."""

    def __init__(self, system: TransitionSystem, contains: Contains) -> None:
        self._system = system
        self.contains = contains

    def is_bad_start(self, state: State) -> bool:
        """Return whether the state is an initial one, and is outside the set."""
        return self._is_initial(state) and not self.contains(state)

    def is_bad_source(self, state: State) -> bool:
        """Return whether the state is in the set and a step from it leads out."""
        return self.contains(state) and not all(map(self.contains, self._targets(state)))

    def is_bad_state(self, name: str, state: State) -> bool:
        """Return whether the state is in the set and the property is violated in it, or by a step from it."""
        if not self.contains(state):
            return False
        return self._is_bad(name, state) or any(
            self._is_bad_step(name, state, target) for target in self._targets(state)
        )

    def has_faulty_start(self) -> bool:
        """Return whether an initial value or an initial condition cannot be evaluated. Raises TooLarge."""
        return any(isinstance(state, FaultyStart) for state in initial_states(self._system))

    def is_bad_beginning(self, name: str, run: Sequence[State]) -> bool:
        """Return whether the run, or its beginning, starts in an initial state and violates the property."""
        if not self._is_initial(run[0]):
            return False
        for number, state in enumerate(run):
            if number and state not in self._targets(run[number - 1]):
                return False
            if self._is_bad(name, state) or (number and self._is_bad_step(name, run[number - 1], state)):
                return True
        return False

    def is_bad_end(self, name: str, run: Sequence[State]) -> bool:
        """Return whether the run stays in the set and violates the property at its end, by its last state or its last step, and not before."""
        if not all(map(self.contains, run)) or not all(b in self._targets(a) for a, b in pairwise(run)):
            return False
        if any(self._is_bad(name, state) for state in run[:-1]):
            return False
        if any(self._is_bad_step(name, a, b) for a, b in pairwise(run[:-1])):
            return False
        return self._is_bad(name, run[-1]) or self._is_bad_step(name, run[-2], run[-1])

    # ---------------------------------------------------------------------------------------- parts

    def _is_initial(self, state: State) -> bool:
        try:
            return is_initial(self._system, state)
        except Fault:
            return False

    def _targets(self, state: State) -> Iterator[State]:
        for outcome in steps(self._system, state):
            if isinstance(outcome, Taken):
                yield outcome.target

    def _is_bad(self, name: str, state: State) -> bool:
        """Return whether the property is violated in the state, as far as that is about states."""
        if name == FAULTS:
            return self._faults(state)
        if name == DEADLOCK:
            try:
                return is_deadlock(self._system, state)
            except Fault:
                return False
        return property_named(self._system, name).kind is not PropertyKind.TRANSITION and violates(
            self._system, name, state
        )

    def _is_bad_step(self, name: str, state: State, target: State) -> bool:
        """Return whether the property is violated by the step, as far as that is about steps."""
        if name == DEADLOCK:
            return False
        if name != FAULTS:
            is_of_steps = property_named(self._system, name).kind is PropertyKind.TRANSITION
            return is_of_steps and violates(self._system, name, state, target)
        try:
            for claim in self._system.properties:
                if claim.kind is PropertyKind.TRANSITION:
                    holds(self._system, claim, state, target)
        except Fault:
            return True
        return False

    def _faults(self, state: State) -> bool:
        """Return whether something cannot be evaluated in the state, or on the way of a step from it."""
        outcomes = list(steps(self._system, state))
        if any(isinstance(outcome, Broken) for outcome in outcomes):
            return True
        try:
            for claim in self._system.properties:
                if claim.kind is not PropertyKind.TRANSITION:
                    holds(self._system, claim, state)
            if not outcomes:
                is_terminal(self._system, state)
        except Fault:
            return True
        return False


def violates(system: TransitionSystem, name: str, state: State, target: State | None = None) -> bool:
    """Return whether a property has a value there, and not the one that is claimed."""
    claim = property_named(system, name)
    try:
        return holds(system, claim, state, target) == (claim.kind is PropertyKind.WITNESS)
    except Fault:
        return False


def described(system: TransitionSystem, certificate: InductiveInvariant | ReachableSet) -> Contains:
    """Return what tells the states that a certificate describes, all of which have values of their variables' types."""
    if isinstance(certificate, ReachableSet):
        return lambda state: state in certificate.states and is_state(system, state)

    def satisfies(state: State) -> bool:
        if not is_state(system, state):
            return False
        try:
            if not all(evaluate(system, conjunct, state) for conjunct in certificate.conjuncts):
                return False
        except Fault:
            return False
        return not any(violates(system, name, state) for name in certificate.properties)

    return satisfies
