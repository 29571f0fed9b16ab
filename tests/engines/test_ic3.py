"""IC3 decides what the exhaustive search decides, and what it says in a certificate is inductive and shows the property."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from generate_systems import systems
from pluscheck.base.codes import Code
from pluscheck.base.errors import SpecError
from pluscheck.bits.system import BitSystem
from pluscheck.certify.replay import Replay, replay
from pluscheck.core.evaluator import environment, evaluate
from pluscheck.core.semantics import Taken, initial_states, steps
from pluscheck.core.system import DEADLOCK, FAULTS, PropertyKind, State, TransitionSystem
from pluscheck.engines.exhaustive import exhaustive
from pluscheck.engines.ic3.engine import ic3
from pluscheck.engines.ic3.queries import Queries
from pluscheck.engines.ic3.search import Inductive, Search
from pluscheck.engines.interface import Budget, Findings, ignore
from pluscheck.engines.invariants import Goals, Minimiser
from pluscheck.evidence.verdict import InductiveInvariant, Proved, Reached, Unknown, Violated
from pluscheck.ground.ground import ground
from pluscheck.ground.predicates import symmetries
from systems import abba, counter, mutex, queue

BUDGET = Budget(states=3000)


def reachable(system: TransitionSystem) -> set[State]:
    pending = [state for state in initial_states(system) if isinstance(state, tuple)]
    found = set(pending)
    while pending:
        state = pending.pop()
        for step in steps(system, state):
            if isinstance(step, Taken) and step.target not in found:
                found.add(step.target)
                pending.append(step.target)
    return found


def everything(system: TransitionSystem) -> frozenset[str]:
    return frozenset({DEADLOCK, FAULTS, *(claim.name for claim in system.properties)})


def compare(system: TransitionSystem) -> None:
    wanted = everything(system)
    try:
        expected: Findings | Code = exhaustive(system, wanted, BUDGET, ignore)
    except SpecError as error:
        expected = error.diagnostics[0].code
    try:
        found: Findings | Code = ic3(system, wanted, Budget(seconds=20), ignore)
    except SpecError as error:
        found = error.diagnostics[0].code
    if not isinstance(expected, Findings) or not isinstance(found, Findings):
        assert expected == found or Code.NO_INITIAL_STATE not in (expected, found)
        return
    if not expected.complete:
        return
    for name in wanted:
        one, other = expected.verdicts[name], found.verdicts[name]
        assert not isinstance(other, Unknown), name
        assert isinstance(one, Proved) == isinstance(other, Proved), name
        if isinstance(other, Violated | Reached):
            assert isinstance(one, Violated | Reached)
            assert one.trace.length == other.trace.length, name
            assert isinstance(replay(system, other.trace, name), Replay), name
    setting = environment(system)
    certificates = {v.certificate for v in found.verdicts.values() if isinstance(v, Proved)}
    for certificate in certificates:
        assert isinstance(certificate, InductiveInvariant)
        for state in reachable(system):
            assert all(evaluate(setting, conjunct, state) is True for conjunct in certificate.conjuncts)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(systems())
def test_random_systems_are_decided_as_by_exhaustive_search(system: TransitionSystem) -> None:
    compare(system)


@pytest.mark.parametrize(
    "system",
    [
        counter(guarded=True),
        counter(guarded=False),
        mutex(2, atomic=True),
        mutex(2, atomic=False),
        mutex(3, atomic=True),
        abba(ordered_locking=True),
        abba(ordered_locking=False),
        queue(),
    ],
)
def test_small_protocols_are_decided_as_by_exhaustive_search(system: TransitionSystem) -> None:
    compare(system)


def test_what_is_left_of_an_invariant_is_needed() -> None:
    system = mutex(3, atomic=True)
    bits = BitSystem(ground(system))
    invariants = tuple(p.name for p in system.properties if p.kind is PropertyKind.INVARIANT)
    goals = Goals(invariants, invariants, ())
    queries = Queries(bits, invariants, [], lambda: None)
    search = Search(queries, symmetries(bits.system, bits.predicates), lambda *_: None)
    found = search.run(frozenset(invariants))
    assert isinstance(found, Inductive)
    orbits = [lemma.orbit for lemma in found.lemmas]
    kept = Minimiser(bits, goals, [], lambda: None).orbits(orbits)
    assert set(kept) <= set(orbits)
    # Once more does not make it smaller: nothing in it can be left out alone.
    assert Minimiser(bits, goals, [], lambda: None).orbits(kept) == kept


def test_without_time_nothing_is_claimed() -> None:
    system = mutex(3, atomic=True)
    found = ic3(system, everything(system), Budget(seconds=0.0), ignore)
    assert all(isinstance(verdict, Unknown) for verdict in found.verdicts.values())
