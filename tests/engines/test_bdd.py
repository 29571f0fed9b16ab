"""The engine of decision diagrams against the reference: verdicts, lengths, counts, and what its certificates are true of."""

from __future__ import annotations

from itertools import product
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings

from generate_systems import systems
from pluscheck.base.codes import Code
from pluscheck.base.errors import SpecError
from pluscheck.core.evaluator import Fault, evaluate
from pluscheck.core.exprs import Expr, Lit, Site
from pluscheck.core.semantics import Broken, Taken, holds, initial_states, steps
from pluscheck.core.system import DEADLOCK, FAULTS, Property, PropertyKind, State, TransitionSystem
from pluscheck.core.types import RangeType, values_of
from pluscheck.core.values import Atom
from pluscheck.core.walk import subterms
from pluscheck.engines.exhaustive import exhaustive
from pluscheck.engines.interface import Budget, Findings, Progress, ignore
from pluscheck.evidence.verdict import (
    InductiveInvariant,
    Proved,
    ReachableSet,
    Reached,
    Reason,
    Unknown,
    Verdict,
    Violated,
)
from pluscheck.ground.ground import ground
from systems import CASES, Case, built, invariant, mutex, var

pytest.importorskip("dd.cudd")

from pluscheck.engines.bdd.certificate import reached_formula
from pluscheck.engines.bdd.encoding import Encoding
from pluscheck.engines.bdd.order import leaf_order
from pluscheck.engines.bdd.search import UNKNOWN_DEPTH, bdd
from pluscheck.engines.bdd.steps import image, relation

UNLIMITED = Budget()

QUIET = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@pytest.fixture(params=list(CASES))
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


def _after(verdict: Verdict) -> int | None:
    return verdict.trace.length if isinstance(verdict, (Violated, Reached)) else None


def _found(findings: Findings) -> object:
    return (
        {name: (type(verdict), _after(verdict)) for name, verdict in findings.verdicts.items()},
        {site: _after(verdict) for site, verdict in findings.faults.items()},
        findings.first_taken.keys(),
        findings.labels.keys(),
        findings.states,
        findings.complete,
    )


def _invariant(findings: Findings) -> InductiveInvariant | None:
    certificates = [verdict.certificate for verdict in findings.verdicts.values() if isinstance(verdict, Proved)]
    return next((found for found in certificates if isinstance(found, InductiveInvariant)), None)


def _reached(findings: Findings) -> frozenset[State]:
    certificates = [verdict.certificate for verdict in findings.verdicts.values() if isinstance(verdict, Proved)]
    return next(found.states for found in certificates if isinstance(found, ReachableSet))


def _is_true(system: TransitionSystem, certificate: InductiveInvariant, state: State) -> bool:
    claims = [claim for claim in system.properties if claim.name in certificate.properties]
    if any(_outcome(system, claim, state) is False for claim in claims):
        return False
    return all(evaluate(system, conjunct, state) is True for conjunct in certificate.conjuncts)


def test_it_finds_in_all_states_what_the_search_finds(case: Case) -> None:
    expected = exhaustive(case.system, case.wanted, UNLIMITED, ignore)
    assert _found(bdd(case.system, case.wanted, UNLIMITED, ignore)) == _found(expected)


def test_within_a_depth_it_finds_what_the_search_finds(case: Case) -> None:
    for depth in range(4):
        expected = exhaustive(case.system, case.wanted, Budget(depth=depth), ignore)
        found = bdd(case.system, case.wanted, Budget(depth=depth), ignore)
        assert (found.first_taken, found.labels) == (expected.first_taken, expected.labels)
        assert [_after(found.verdicts[name]) for name in expected.verdicts] == [
            _after(verdict) for verdict in expected.verdicts.values()
        ]


def test_the_invariant_holds_initially_and_no_step_leads_out_of_it(case: Case) -> None:
    certificate = _invariant(bdd(case.system, case.wanted, UNLIMITED, ignore))
    assert certificate is not None
    kept = {state for state in _states(case.system) if _is_true(case.system, certificate, state)}
    assert kept >= {state for state in initial_states(case.system) if isinstance(state, tuple)}
    assert kept >= {outcome.target for s in kept for outcome in steps(case.system, s) if isinstance(outcome, Taken)}


def test_the_reached_set_as_a_formula_is_true_of_the_reachable_states_alone(case: Case) -> None:
    reached = _reached(exhaustive(case.system, case.wanted, UNLIMITED, ignore))
    formula = _reached_formula(case.system)
    assert reached == {state for state in _states(case.system) if evaluate(case.system, formula, state)}


def test_the_invariant_of_a_system_that_names_no_element_names_none() -> None:
    system = mutex(3, atomic=False)
    certificate = _invariant(bdd(system, frozenset({FAULTS}), UNLIMITED, ignore))
    assert certificate is not None
    literals = [term.value for term in subterms(certificate.conjuncts) if isinstance(term, Lit)]
    assert not [value for value in literals if isinstance(value, Atom) and value.family in system.scope]


def _states(system: TransitionSystem) -> list[State]:
    """Return all states, reachable or not, of a system that has few."""
    return list(product(*(tuple(values_of(variable.type, system.scope)) for variable in system.variables)))


def _reached_formula(system: TransitionSystem) -> Expr:
    """Return all reachable states as a formula."""
    grounded = ground(system)
    encoding = Encoding(grounded, leaf_order(grounded), memory=None)
    relations = [made for action in grounded.actions if (made := relation(encoding, action)) is not None]
    reached, before = encoding.current.boolean(grounded.init) & encoding.valid, encoding.diagrams.false
    while reached != before:
        before = reached
        for step in relations:
            reached |= image(encoding, step, reached)
    return reached_formula(encoding, reached)


@QUIET
@given(systems())
def test_on_random_systems_it_finds_what_the_search_finds(system: TransitionSystem) -> None:
    wanted = frozenset({DEADLOCK, FAULTS, *(claim.name for claim in system.properties)})
    try:
        expected = exhaustive(system, wanted, Budget(states=500), ignore)
    except SpecError:
        with pytest.raises(SpecError) as raised:
            bdd(system, wanted, UNLIMITED, ignore)
        assert raised.value.diagnostics[0].code is Code.NO_INITIAL_STATE
        return
    if not expected.complete:
        return
    found = bdd(system, wanted, UNLIMITED, ignore)
    assert _found(found) == _found(expected)
    certificate = _invariant(found)
    if certificate is None:
        return
    reached = _reached(expected)
    assert all(_is_true(system, certificate, state) for state in list(reached)[:20])
    formula = _reached_formula(system)
    for state in list(reached)[:10]:
        for near in _near(system, state):
            assert evaluate(system, formula, near) == (near in reached)
            if _is_true(system, certificate, near):
                _assert_nothing_bad_comes_next(system, certificate, expected, near)


def _assert_nothing_bad_comes_next(
    system: TransitionSystem, certificate: InductiveInvariant, expected: Findings, state: State
) -> None:
    """Check that a state of the invariant, reachable or not, leads to states of it alone, and violates nothing that was proved."""
    for outcome in steps(system, state):
        match outcome:
            case Taken(_, _, target):
                assert _is_true(system, certificate, target)
            case Broken():
                assert expected.faults  # where nothing faults that is reached, nothing does that the invariant allows
    for claim in system.properties:
        if claim.kind is PropertyKind.INVARIANT and isinstance(expected.verdicts[claim.name], Proved):
            assert _outcome(system, claim, state) is not False


def _outcome(system: TransitionSystem, claim: Property, state: State) -> bool | Site:
    """Return whether a property holds in a state, or where it faults."""
    try:
        return holds(system, claim, state)
    except Fault as fault:
        return fault.site


def _near(system: TransitionSystem, state: State) -> list[State]:
    """Return some states that differ from one in one variable."""
    random = Random(len(system.actions))
    changed: list[State] = []
    for position, variable in enumerate(system.variables):
        value = random.choice(list(values_of(variable.type, system.scope)))
        changed.append((*state[:position], value, *state[position + 1 :]))
    return changed


def test_the_same_system_has_the_same_certificate() -> None:
    system, wanted = mutex(3, atomic=True), frozenset({"Exclusion"})
    assert bdd(system, wanted, UNLIMITED, ignore).verdicts == bdd(system, wanted, UNLIMITED, ignore).verdicts


def test_it_goes_on_where_states_are_too_many_to_list() -> None:
    system, wanted = mutex(40, atomic=True), frozenset({"Exclusion"})
    findings = bdd(system, wanted, Budget(seconds=30), ignore)
    assert findings.states == 41
    assert findings.complete


def test_without_a_depth_it_is_not_known_from_which_depth_an_action_is_possible() -> None:
    case = CASES["guarded counter"]
    findings = bdd(case.system, frozenset({"InRange"}), UNLIMITED, ignore)
    assert findings.first_taken == {"Inc": UNKNOWN_DEPTH, "Reset": UNKNOWN_DEPTH}


def test_no_time_is_no_verdict() -> None:
    findings = bdd(mutex(3, atomic=True), frozenset({"Exclusion"}), Budget(seconds=0.0), ignore)
    assert findings.verdicts == {"Exclusion": Unknown(Reason.TIME, -1)}


def test_integers_that_are_too_large_are_refused() -> None:
    huge = built("Huge", (var("x", RangeType(0, 1_000_000), 0),), (), (invariant("Any", Lit(value=True)),))
    findings = bdd(huge, frozenset({"Any"}), UNLIMITED, ignore)
    assert findings.verdicts == {"Any": Unknown(Reason.SIZE, -1)}


def test_who_listens_may_interrupt() -> None:
    def interrupt(_: Progress) -> None:
        raise KeyboardInterrupt

    findings = bdd(mutex(3, atomic=True), frozenset({"Exclusion"}), UNLIMITED, interrupt)
    assert findings.verdicts == {"Exclusion": Unknown(Reason.INTERRUPTED, -1)}
