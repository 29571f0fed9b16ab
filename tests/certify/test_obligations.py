"""An obligation has exactly the solutions that it should: a state is one if, by the reference semantics, it breaks what the obligation is about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generate import BOOL, VARIABLES, states, typed_expressions
from generate_systems import systems
from pluscheck.base.answers import Answer
from pluscheck.base.errors import SpecError
from pluscheck.certify.encoding import SymbolicState
from pluscheck.certify.formulas import OutgrownError
from pluscheck.certify.obligations import STATE_KINDS, Obligation, Obligations
from pluscheck.certify.reference import Reference, described
from pluscheck.core.evaluator import Fault, deep_recursion, evaluate
from pluscheck.core.exprs import Eq, Expr, Lit, Not, Var
from pluscheck.core.semantics import (
    Broken,
    FaultyStart,
    Taken,
    holds,
    initial_states,
    is_deadlock,
    is_terminal,
    property_named,
    steps,
)
from pluscheck.core.system import DEADLOCK, FAULTS, PropertyKind, State, TransitionSystem
from pluscheck.evidence.verdict import InductiveInvariant, KInduction
from pluscheck.smt.text import answer_of


def _has_solution(made: Obligations, obligation: Obligation, *more: int) -> bool:
    answer = answer_of(made.formulas.script((*obligation.assertions, *more)), seconds=20).answer
    assert answer is not Answer.UNKNOWN
    return answer is Answer.SAT


def _being(made: Obligations, symbolic: SymbolicState, state: State) -> int:
    """The formula that a symbolic state is this one."""
    parts = zip(symbolic, state, strict=True)
    return made.formulas.all_([made.symbols.equal(value, made.symbols.lifted(known)) for value, known in parts])


@st.composite
def invariants(draw: st.DrawFn) -> InductiveInvariant:
    """Sets of states that some formulas, and some of a generated system's properties, describe. Few are inductive."""
    conjuncts: list[Expr] = draw(st.lists(typed_expressions(BOOL), max_size=2))
    claims = draw(st.sets(st.sampled_from(sorted(kind.value.capitalize() for kind in STATE_KINDS))))
    return InductiveInvariant(tuple(conjuncts), tuple(sorted(claims)))


@st.composite
def free_systems(draw: st.DrawFn) -> TransitionSystem:
    """Systems, some with initial conditions, which may fault, and with variables that may be anything at first."""
    system = draw(systems())
    if draw(st.booleans()):
        return system
    free = draw(st.sets(st.sampled_from(("b", "n", "page", "owner"))))
    variables = tuple(replace(v, initial=None, any_of=False) if v.name in free else v for v in system.variables)
    return replace(system, variables=variables, init=tuple(draw(st.lists(typed_expressions(BOOL), max_size=2))))


def around(system: TransitionSystem, invariant: InductiveInvariant, state: State, *, left: bool) -> InductiveInvariant:
    """Return an invariant like this one in which the state is: what is false there is negated, what is violated or faults is left out.

    With `left`, some step from the state leads out of it, if there is one that changes anything.
    """
    conjuncts: list[Expr] = []
    for outcome in steps(system, state) if left else ():
        if isinstance(outcome, Taken) and outcome.target != state:
            changed = [v.name for v, a, b in zip(system.variables, state, outcome.target, strict=True) if a != b]
            conjuncts.append(Eq(Var(changed[0]), Lit(state[VARIABLE_NAMES.index(changed[0])])))
            break
    for conjunct in invariant.conjuncts:
        with suppress(Fault):
            conjuncts.append(conjunct if evaluate(system, conjunct, state) else Not(conjunct))
    claims = [n for n in invariant.properties if described(system, InductiveInvariant((), (n,)))(state)]
    return InductiveInvariant(tuple(conjuncts), tuple(claims))


VARIABLE_NAMES = tuple(VARIABLES)


def _names(system: TransitionSystem) -> tuple[str, ...]:
    return (*(claim.name for claim in system.properties), DEADLOCK, FAULTS)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(free_systems(), invariants(), states(), st.sampled_from((None, False, True)))
def test_a_state_solves_an_obligation_if_it_breaks_it(
    system: TransitionSystem, invariant: InductiveInvariant, anywhere: State, left: bool | None
) -> None:
    if left is not None:
        try:
            invariant = around(system, invariant, anywhere, left=left)
        except SpecError:
            return
    reference = Reference(system, described(system, invariant))
    made = Obligations(system)
    try:
        with deep_recursion(system.span):
            starts = list(initial_states(system))
            inside = made.satisfying(invariant)
            initiation, consecution = made.of_invariant(inside)
            safety = {name: made.of_safety(inside, name) for name in _names(system)}
            honest = [start for start in starts if not isinstance(start, FaultyStart)]
            for state in {anywhere, *honest[:1], *_after(system, honest[:1])}:
                at_first = _being(made, initiation.run[0], state)
                expected = state in honest and reference.is_bad_start(state)
                assert _has_solution(made, initiation, at_first) == expected

                here = _being(made, consecution.run[0], state)
                assert _has_solution(made, consecution, here) == reference.is_bad_source(state)
                for name, obligations in safety.items():
                    of_states = [each for each in obligations if each.run]
                    found = any(_has_solution(made, each, here) for each in of_states)
                    assert found == reference.is_bad_state(name, state)
            for name, obligations in safety.items():
                of_start = [each for each in obligations if not each.run]
                found = any(_has_solution(made, each) for each in of_start)
                assert found == (name == FAULTS and len(honest) < len(starts))
    except (OutgrownError, SpecError):
        return


def _after(system: TransitionSystem, starts: list[State]) -> list[State]:
    found = [outcome.target for state in starts for outcome in steps(system, state) if isinstance(outcome, Taken)]
    return found[:1]


# ---------------------------------------------------------------------------------------- more steps than one


@dataclass(frozen=True, slots=True)
class Runs:
    """What runs of a system do, by definition. What a fault is told of is said in each place anew, for this is what is tested."""

    system: TransitionSystem
    name: str

    def of(self, state: State, length: int) -> Iterator[tuple[State, ...]]:
        """Yield the runs of so many steps from a state."""
        if length == 0:
            yield (state,)
            return
        for outcome in steps(self.system, state):
            if isinstance(outcome, Taken):
                for rest in self.of(outcome.target, length - 1):
                    yield (state, *rest)

    def is_bad_state(self, state: State) -> bool:
        """Return whether the property is violated in the state, so far as that is about states."""
        if self.name == FAULTS:
            return self._faults(state)
        if self.name == DEADLOCK:
            try:
                return is_deadlock(self.system, state)
            except Fault:
                return False
        if property_named(self.system, self.name).kind is PropertyKind.TRANSITION:
            return False
        return self._violates(state, None)

    def is_bad_step(self, state: State, target: State) -> bool:
        """Return whether the property is violated by the step."""
        if self.name == FAULTS:
            claims = [claim for claim in self.system.properties if claim.kind is PropertyKind.TRANSITION]
            return any(_is_faulty(self.system, claim.name, state, target) for claim in claims)
        if self.name == DEADLOCK or property_named(self.system, self.name).kind is not PropertyKind.TRANSITION:
            return False
        return self._violates(state, target)

    def _violates(self, state: State, target: State | None) -> bool:
        claim = property_named(self.system, self.name)
        if _is_faulty(self.system, self.name, state, target):
            return False
        return holds(self.system, claim, state, target) == (claim.kind is PropertyKind.WITNESS)

    def _faults(self, state: State) -> bool:
        outcomes = list(steps(self.system, state))
        claims = [claim for claim in self.system.properties if claim.kind is not PropertyKind.TRANSITION]
        if any(isinstance(outcome, Broken) for outcome in outcomes):
            return True
        if any(_is_faulty(self.system, claim.name, state, None) for claim in claims):
            return True
        if outcomes:
            return False
        try:
            is_terminal(self.system, state)
        except Fault:
            return True
        return False


def _is_faulty(system: TransitionSystem, name: str, state: State, target: State | None) -> bool:
    try:
        holds(system, property_named(system, name), state, target)
    except Fault:
        return True
    return False


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(free_systems(), invariants(), states(), st.integers(1, 3), st.data())
def test_a_state_solves_the_obligations_of_induction_if_runs_from_it_do(
    system: TransitionSystem, invariant: InductiveInvariant, anywhere: State, k: int, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(_names(system)))
    invariant = around(system, invariant, anywhere, left=False)
    runs, reference = Runs(system, name), Reference(system, described(system, invariant))
    made = Obligations(system)
    try:
        with deep_recursion(system.span):
            starts = list(initial_states(system))
            base, step = made.of_induction(KInduction(k, name, invariant))
            honest = [start for start in starts if not isinstance(start, FaultyStart)]
            faulty = name == FAULTS and len(honest) < len(starts)
            if len(honest) <= 16:
                early = [run for start in honest for length in range(k) for run in runs.of(start, length)]
                bad = any(runs.is_bad_state(run[-1]) or _last(runs, run) for run in early)
                assert _has_solution(made, base) == (faulty or bad)
            for state in {anywhere, *honest[:1]}:
                here = _being(made, step.run[0], state)
                expected = any(_refutes(runs, reference, run) for run in runs.of(state, k))
                assert _has_solution(made, step, here) == expected
    except (OutgrownError, SpecError):
        return


def _last(runs: Runs, run: tuple[State, ...]) -> bool:
    return len(run) > 1 and runs.is_bad_step(run[-2], run[-1])


def _refutes(runs: Runs, reference: Reference, run: tuple[State, ...]) -> bool:
    """Return whether nothing is wrong on the run but at its end, and all of it lies within the invariant."""
    if not all(reference.contains(state) for state in run) or any(map(runs.is_bad_state, run[:-1])):
        return False
    if any(_last(runs, run[: n + 1]) for n in range(1, len(run) - 1)):
        return False
    return runs.is_bad_state(run[-1]) or _last(runs, run)
