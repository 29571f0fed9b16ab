"""What each conjunct of an invariant is for: a state that only it excludes, and what would go wrong from there."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import partial

from pluscheck.base.errors import SpecError
from pluscheck.certify.discharging import discharged
from pluscheck.certify.formulas import OutgrownError
from pluscheck.certify.obligations import Obligations
from pluscheck.certify.opinions import Opinion, Refuted, Shown
from pluscheck.certify.reference import Reference, described
from pluscheck.core.evaluator import Fault, deep_recursion
from pluscheck.core.semantics import Taken, holds, steps
from pluscheck.core.system import PropertyKind, State, TransitionSystem
from pluscheck.evidence.verdict import InductiveInvariant


@dataclass(frozen=True, slots=True)
class Excluded:
    """A state that satisfies all other conjuncts (a counterexample to induction without this one: Bradley, VMCAI 2011).

    `step` leads from it out of what the others say, or, of a property of steps, violates that; without one, the property is violated there.
    """

    state: State
    step: Taken | None


@dataclass(frozen=True, slots=True)
class NotNeeded:
    """The others do without it."""


class Necessity:
    """Looks at the conjuncts of one invariant, which was judged to be one, one after another; `seconds` for each."""

    def __init__(self, system: TransitionSystem, invariant: InductiveInvariant, *, seconds: float) -> None:
        self._system = system
        self._invariant = invariant
        self._seconds = seconds
        self._obligations = Obligations(system, deadline=time.monotonic() + seconds)
        self._known: dict[int, Excluded | NotNeeded | None] = {}
        """Whether the others are inductive without this one, for each conjunct that was asked about: `NotNeeded` if so."""

    def of(self, number: int, name: str) -> Excluded | NotNeeded | None:
        """Return what the conjunct of this number, from 0, is for in a proof of the property; None if that was too hard to find out."""
        try:
            with deep_recursion(self._system.span):
                if number not in self._known:
                    self._known[number] = self._excluded(number, name, safety=False)
                found = self._known[number]
                return self._excluded(number, name, safety=True) if isinstance(found, NotNeeded) else found
        except (OutgrownError, SpecError):
            return None

    def _excluded(self, number: int, name: str, *, safety: bool) -> Excluded | NotNeeded | None:
        conjuncts = self._invariant.conjuncts
        others = replace(self._invariant, conjuncts=conjuncts[:number] + conjuncts[number + 1 :])
        made = self._obligations
        inside = made.satisfying(others)
        contains = described(self._system, others)
        ask = partial(discharged, made, name=name, reference=Reference(self._system, contains))
        wanted = made.of_safety(inside, name) if safety else made.of_invariant(inside)
        opinion: Opinion = ask(wanted, deadline=time.monotonic() + self._seconds)
        match opinion:
            case Refuted(_, state) if state is not None:
                taken = [step for step in steps(self._system, state) if isinstance(step, Taken)]
                wrong = (
                    step
                    for step in taken
                    if not contains(step.target) or (safety and self._violates(name, state, step))
                )
                return Excluded(state, next(wrong, None))
            case Shown():
                return NotNeeded()
            case _:
                return None

    def _violates(self, name: str, state: State, step: Taken) -> bool:
        """Return whether a step violates the property of this name, if it is one of steps. Where it is not defined, that is another property's."""
        claim = next((p for p in self._system.properties if p.name == name), None)
        if claim is None or claim.kind is not PropertyKind.TRANSITION:
            return False
        try:
            return not holds(self._system, claim, state, step.target)
        except Fault:
            return False
