"""Proofs are confirmed by the solver, or become weaker; false ones are rejected."""

from __future__ import annotations

import pytest

from pluscheck.certify import reachable
from pluscheck.certify.judge import Accepted, Judge
from pluscheck.certify.replay import Rejection
from pluscheck.core.semantics import FaultyStart, initial_states
from pluscheck.core.system import DEADLOCK, FAULTS, PropertyKind
from pluscheck.engines.exhaustive import exhaustive
from pluscheck.engines.interface import Budget, Findings, ignore
from pluscheck.evidence.trace import Trace
from pluscheck.evidence.verdict import Bounded, Proved, ReachableSet, Reached, Reason, Unknown, Violated
from systems import CASES, Broken, Case, Kept


@pytest.fixture(params=list(CASES))
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


def _findings(case: Case) -> Findings:
    return exhaustive(case.system, case.wanted, Budget(), ignore)


def _certificate(case: Case) -> ReachableSet:
    """Return the set of all reachable states."""
    verdict = next(v for v in _findings(case).verdicts.values() if isinstance(v, Proved))
    return verdict.certificate


def test_what_the_search_finds_is_accepted_as_it_is(case: Case) -> None:
    judge = Judge(case.system)
    for name, verdict in _findings(case).verdicts.items():
        judgement = judge.judgement(name, verdict)
        assert isinstance(judgement, Accepted)
        assert judgement.verdict == verdict
        assert (judgement.replay is not None) == isinstance(verdict, Violated | Reached)


def test_the_true_set_proves_nothing_that_is_violated(case: Case) -> None:
    judge = Judge(case.system)
    certificate = _certificate(case)
    for name, expected in case.expected.items():
        judgement = judge.judgement(name, Proved(certificate))
        assert isinstance(judgement, Rejection if isinstance(expected, Broken) else Accepted)


def test_a_set_with_any_state_missing_proves_nothing(case: Case) -> None:
    """A set is inductive or not: that of all reachable states is the least that is."""
    certificate = _certificate(case)
    holding = next(name for name, expected in case.expected.items() if isinstance(expected, Kept))
    for state in certificate.states:
        smaller = ReachableSet(certificate.states - {state}, certificate.diameter)
        assert isinstance(Judge(case.system).judgement(holding, Proved(smaller)), Rejection)


def test_an_empty_set_proves_nothing(case: Case) -> None:
    for name in case.wanted:
        assert isinstance(Judge(case.system).judgement(name, Proved(ReachableSet(frozenset(), 0))), Rejection)


def test_a_set_of_what_is_no_state_proves_nothing(case: Case) -> None:
    certificate = _certificate(case)
    for forged in [(), ("forged",) * len(case.system.variables)]:
        larger = ReachableSet(certificate.states | {forged}, certificate.diameter)
        for name in case.wanted:
            assert isinstance(Judge(case.system).judgement(name, Proved(larger)), Rejection)


def test_the_initial_states_alone_are_no_proof_where_there_are_steps() -> None:
    case = CASES["one order"]
    starts = frozenset(s for s in initial_states(case.system) if not isinstance(s, FaultyStart))
    assert isinstance(Judge(case.system).judgement(DEADLOCK, Proved(ReachableSet(starts, 0))), Rejection)


def test_a_set_too_large_to_judge_makes_the_verdict_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reachable, "MAX_STATES", 3)
    case = CASES["one order"]
    judgement = Judge(case.system).judgement(DEADLOCK, Proved(_certificate(case)))
    assert isinstance(judgement, Accepted)
    assert judgement.verdict == Bounded(case.diameter)


def test_no_time_to_judge_makes_the_verdict_bounded() -> None:
    case = CASES["one order"]
    judgement = Judge(case.system, seconds=0).judgement(DEADLOCK, Proved(_certificate(case)))
    assert isinstance(judgement, Accepted)
    assert judgement.verdict == Bounded(case.diameter)


@pytest.mark.parametrize("verdict", [Bounded(1), Bounded(1000), Unknown(Reason.TIME, 7), Unknown(Reason.SOLVER, -1)])
def test_a_weak_verdict_never_becomes_stronger(case: Case, verdict: Bounded | Unknown) -> None:
    for name in case.wanted:
        judgement = Judge(case.system).judgement(name, verdict)
        assert isinstance(judgement, Accepted)
        assert judgement.verdict == verdict


def test_a_witness_is_not_violated_and_an_invariant_not_reached(case: Case) -> None:
    witnesses = {p.name for p in case.system.properties if p.kind is PropertyKind.WITNESS}
    for name, verdict in _findings(case).verdicts.items():
        if isinstance(verdict, Violated | Reached):
            swapped = Violated(verdict.trace) if name in witnesses else Reached(verdict.trace)
            assert isinstance(Judge(case.system).judgement(name, swapped), Rejection)


def test_a_false_trace_is_rejected(case: Case) -> None:
    for name in case.wanted - {FAULTS}:
        assert isinstance(Judge(case.system).judgement(name, Violated(Trace((), ()))), Rejection)
