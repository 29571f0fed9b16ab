"""What a certificate must satisfy, each as formulas that must have no solution.

Initiation: an initial state satisfies the invariant. Consecution: a step from a state that satisfies it leads to one that does. Safety: no
state that satisfies it, and no step from one, is what the property excludes. Initial states and the ends of steps must also have values of
the variables' types, for the states of which all this is shown are those. Induction over several steps follows Sheeran, Singh, Stalmarck,
FMCAD 2000.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from typing import assert_never

from pluscheck.base.errors import InternalError
from pluscheck.certify.behaviour import Behaviour, Leading
from pluscheck.certify.encoding import Encoding, SymbolicState
from pluscheck.certify.formulas import FALSE, Formulas
from pluscheck.certify.membership import membership
from pluscheck.certify.symbols import Symbols
from pluscheck.core.system import DEADLOCK, FAULTS, Property, PropertyKind, State, TransitionSystem
from pluscheck.evidence.verdict import InductiveInvariant, KInduction

STATE_KINDS = frozenset({PropertyKind.INVARIANT, PropertyKind.LEMMA})
"""Kinds of property that hold of a state, or not, and can be part of an invariant."""


class Part(Enum):
    """What an obligation is about."""

    INITIATION = "initiation"
    CONSECUTION = "consecution"
    START = "safety of the start"
    STATE = "safety of each state"
    STEP = "safety of each step"
    BASE = "base"
    INDUCTION = "step"


@dataclass(frozen=True, slots=True)
class Obligation:
    """Formulas that must not be true together. `failure` says what a solution is; `run` are the states, each a step from the last, that it tells of."""

    part: Part
    meaning: str
    failure: str
    assertions: tuple[int, ...]
    run: tuple[SymbolicState, ...] = ()

    @property
    def name(self) -> str:
        """What it is called."""
        return self.part.value


Inside = Callable[[SymbolicState], int]
"""The formula of "this state is one of those that the certificate describes"."""


class Obligations:
    """Writes obligations of one system. Raises OutgrownError, and SpecError where something is too large."""

    def __init__(self, system: TransitionSystem, *, deadline: float | None = None) -> None:
        self.system = system
        self.formulas = Formulas(deadline)
        self.symbols = Symbols(self.formulas, system.scope)
        self._behaviour = Behaviour(Encoding(system, self.symbols))
        self._state, self._typed = self._behaviour.any_state()
        self._start: Leading | None = None
        self._step: Leading | None = None

    # ------------------------------------------------------------------------------------- invariants

    def of_invariant(self, inside: Inside) -> list[Obligation]:
        """Return initiation and consecution."""
        formulas, behaviour = self.formulas, self._behaviour
        start, step = self._first(), self._next()
        outside = formulas.not_(formulas.and_(inside(start.target), behaviour.typed(start.target)))
        typed, landed, arrival = self._landed(step.target)
        outside_next = formulas.not_(formulas.and_(inside(landed), typed))
        return [
            Obligation(
                Part.INITIATION,
                "a state is initial, and the invariant does not hold in it",
                "an initial state does not satisfy the invariant",
                (start.possible, outside),
                (start.target,),
            ),
            Obligation(
                Part.CONSECUTION,
                "the invariant holds in a state, and does not where a step from there leads",
                "a step leads from where the invariant holds to where it does not",
                (*self._in(inside), step.possible, arrival, outside_next),
                (self._state,),
            ),
        ]

    def _landed(self, target: SymbolicState) -> tuple[int, SymbolicState, int]:
        """Return whether the end of a step is of its types, and if so the same state by unknowns of its own, of which little need be said."""
        formulas, symbols = self.formulas, self.symbols
        typed = self._behaviour.typed(target)
        state, within = self._behaviour.any_state()
        same = [symbols.equal(a, b) for a, b in zip(state, target, strict=True)]
        return typed, state, formulas.implies(typed, formulas.all_((within, *same)))

    def of_safety(self, inside: Inside, name: str) -> list[Obligation]:
        """Return that nothing within the invariant violates the property of this name (reaches it, for a witness)."""
        found = []
        at_start = self._bad_start(name, self._first())
        if at_start != FALSE:
            found.append(
                Obligation(Part.START, "what an initial state is faults", f"{name}: a start faults", (at_start,))
            )
        bad = self._bad_state(name, self._state)
        if bad != FALSE:
            found.append(self._safety(inside, name, Part.STATE, (bad,)))
        step = self._next()
        bad_step = self._bad_step(name, self._state, step.target)
        if bad_step != FALSE:
            found.append(self._safety(inside, name, Part.STEP, (step.possible, bad_step)))
        if not found:  # a file for it all the same, that anyone can ask about
            found.append(self._safety(inside, name, Part.STATE, (FALSE,)))
        return found

    def _safety(self, inside: Inside, name: str, part: Part, bad: tuple[int, ...]) -> Obligation:
        excluded = "reached" if self._is_witness(name) else "violated"
        where = "in a state" if part is Part.STATE else "by a step"
        return Obligation(
            part,
            f"the invariant holds, and {name} is {excluded} {where}",
            f"{name} is {excluded} {where} although the invariant holds",
            (*self._in(inside), *bad),
            (self._state,),
        )

    def _in(self, inside: Inside) -> tuple[int, ...]:
        return (self._typed, inside(self._state))

    def satisfying(self, invariant: InductiveInvariant) -> Inside:
        """Return what describes the states in which all conjuncts are true and none of the properties is violated."""

        def inside(state: SymbolicState) -> int:
            formulas = self.formulas
            parts = []
            for conjunct in invariant.conjuncts:
                truth, fault = self._behaviour.truth(conjunct, state)
                parts += [truth, formulas.not_(fault)]
            for name in invariant.properties:
                truth, fault = self._behaviour.truth(self._property(name).formula, state)
                parts.append(formulas.or_(truth, fault))
            return formulas.all_(parts)

        return self._remembered(inside)

    def listed(self, states: frozenset[State]) -> Inside:
        """Return what describes these states and no others."""
        return self._remembered(lambda state: membership(self.symbols, state, states))

    def _remembered(self, inside: Inside) -> Inside:
        """Return what says the same, of one state once."""
        known: dict[int, tuple[SymbolicState, int]] = {}

        def looked_up(state: SymbolicState) -> int:
            if id(state) not in known:
                known[id(state)] = (state, inside(state))
            return known[id(state)][1]

        return looked_up

    # --------------------------------------------------------------------------------------- induction

    def of_induction(self, certificate: KInduction) -> list[Obligation]:
        """Return base and step of an induction over `k` steps, without what its invariant must satisfy."""
        formulas, name = self.formulas, certificate.property
        start = self._first()
        run, on_the_way = self._run(start.target, certificate.k - 1)
        base = [self._bad_start(name, start)]
        for number, state in enumerate(run):
            there = formulas.all_((start.possible, *on_the_way[:number]))
            bad = [self._bad_state(name, state)]
            if number:
                bad.append(self._bad_step(name, run[number - 1], state))
            base.append(formulas.and_(there, formulas.any_(bad)))
        path, steps = self._run(self._state, certificate.k)
        # Of a step that faults there is one if there are values of its unknowns; that there is none cannot be said with the same unknowns.
        good = [formulas.not_(self._bad_state(name, state, self._behaviour.faulty)) for state in path[:-1]]
        good += [formulas.not_(self._bad_step(name, a, b)) for a, b in pairwise(path[:-1])]
        bad_end = formulas.or_(self._bad_state(name, path[-1]), self._bad_step(name, path[-2], path[-1]))
        inside = [self.satisfying(certificate.invariant)(state) for state in path]
        k = certificate.k
        return [
            Obligation(
                Part.BASE,
                f"a run of fewer than {k} steps violates {name}",
                f"{name} is violated by a run of fewer than {k} steps",
                (formulas.any_(base),),
                tuple(run),
            ),
            Obligation(
                Part.INDUCTION,
                f"{k} steps in a row on which {name} is not violated lead to where it is, within the invariant",
                f"{name} may be violated after {k} steps on which it is not",
                (self._typed, *inside, *steps, *good, bad_end),
                tuple(path),
            ),
        ]

    def _run(self, state: SymbolicState, length: int) -> tuple[list[SymbolicState], list[int]]:
        """Return the states of a run from a state, and the condition of each of its steps."""
        run, possible = [state], []
        for _ in range(length):
            step = self._behaviour.step(run[-1])
            run.append(step.target)
            possible.append(step.possible)
        return run, possible

    # -------------------------------------------------------------------------------------- properties

    def _bad_start(self, name: str, start: Leading) -> int:
        return start.broken if name == FAULTS else FALSE

    def _bad_state(self, name: str, state: SymbolicState, faulty: Inside | None = None) -> int:
        """Return the formula of "the property is violated in the state", as far as that is about states; `faulty` is that of "a step faults"."""
        formulas, behaviour = self.formulas, self._behaviour
        if name == FAULTS:
            return self._faults_in(state, faulty or self._broken)
        if name == DEADLOCK:
            truth, fault = self._terminal(state)
            return formulas.all_((behaviour.stuck(state), formulas.not_(truth), formulas.not_(fault)))
        claim = self._property(name)
        if claim.kind is PropertyKind.TRANSITION:
            return FALSE
        truth, fault = behaviour.truth(claim.formula, state)
        bad = truth if claim.kind is PropertyKind.WITNESS else formulas.not_(truth)
        return formulas.and_(bad, formulas.not_(fault))

    def _broken(self, state: SymbolicState) -> int:
        return (self._next() if state is self._state else self._behaviour.step(state)).broken

    def _faults_in(self, state: SymbolicState, faulty: Inside) -> int:
        """Return the formula of "in this state a step faults, or a property of states, or, where nothing can happen, `terminal`"."""
        formulas, behaviour = self.formulas, self._behaviour
        faults = [faulty(state)]
        of_states = [claim for claim in self.system.properties if claim.kind is not PropertyKind.TRANSITION]
        faults += [behaviour.truth(claim.formula, state)[1] for claim in of_states]
        _, at_end = self._terminal(state)
        if at_end != FALSE:
            faults.append(formulas.and_(behaviour.stuck(state), at_end))
        return formulas.any_(faults)

    def _bad_step(self, name: str, state: SymbolicState, target: SymbolicState) -> int:
        """Return the formula of "the property is violated by the step", as far as that is about steps."""
        formulas, behaviour = self.formulas, self._behaviour
        bad = []
        for claim in self.system.properties:
            if claim.kind is PropertyKind.TRANSITION and name in (FAULTS, claim.name):
                truth, fault = behaviour.truth(claim.formula, state, target)
                violated = formulas.and_(formulas.not_(truth), formulas.not_(fault))
                bad.append(fault if name == FAULTS else violated)
        return formulas.any_(bad)

    def _terminal(self, state: SymbolicState) -> tuple[int, int]:
        if self.system.terminal is None:
            return FALSE, FALSE
        return self._behaviour.truth(self.system.terminal, state)

    def _property(self, name: str) -> Property:
        for claim in self.system.properties:
            if claim.name == name:
                return claim
        raise InternalError(f"no property is called {name}")

    def _is_witness(self, name: str) -> bool:
        return name not in (DEADLOCK, FAULTS) and self._property(name).kind is PropertyKind.WITNESS

    def _first(self) -> Leading:
        if self._start is None:
            self._start = self._behaviour.start()
        return self._start

    def _next(self) -> Leading:
        """Return any step out of any state."""
        if self._step is None:
            self._step = self._behaviour.step(self._state)
        return self._step

    # ------------------------------------------------------------------------------------------- texts

    def script(self, obligation: Obligation) -> str:
        """Return the obligation as a script to which `unsat` is the right answer."""
        comments = (
            f"{self.system.name}, model {self.system.model}: {obligation.name}",
            f"Is there a solution in which {obligation.meaning}? It is discharged by the answer unsat.",
        )
        return self.formulas.script(obligation.assertions, comments)

    def run_of(self, obligation: Obligation, values: Mapping[str, int]) -> tuple[State, ...]:
        """Return the states that a solution tells of, if it tells of some."""
        terms = [term for state in obligation.run for value in state for term in self.symbols.terms(value)]
        found = self.formulas.values(terms, values)
        return tuple([tuple([self.symbols.concrete(value, found) for value in state]) for state in obligation.run])


def obligations_of(
    system: TransitionSystem, certificate: InductiveInvariant | KInduction, name: str
) -> tuple[Obligations, list[Obligation]]:
    """Return all that must be discharged for the certificate to show the property of this name."""
    made = Obligations(system)
    match certificate:
        case InductiveInvariant():
            inside = made.satisfying(certificate)
            return made, [*made.of_invariant(inside), *made.of_safety(inside, name)]
        case KInduction(_, _, invariant):
            return made, [*made.of_invariant(made.satisfying(invariant)), *made.of_induction(certificate)]
        case _:
            assert_never(certificate)
