"""What only the exhaustive search can say: sizes, proofs, and how it ends when a budget does."""

from __future__ import annotations

import pytest

from pluscheck.base.codes import Code
from pluscheck.base.errors import SpecError
from pluscheck.core.exprs import Arith, Arithmetic, Check, Compare, Comparison, Eq, Lit, Var
from pluscheck.core.semantics import FaultyStart, Taken, initial_states, steps
from pluscheck.core.system import DEADLOCK, FAULTS, Action, Assignment, Guard
from pluscheck.core.types import RangeType
from pluscheck.engines.exhaustive import exhaustive
from pluscheck.engines.interface import Budget, Progress, ignore
from pluscheck.evidence.verdict import Bounded, Proved, ReachableSet, Reason, Unknown, Violated
from systems import CASES, Case, built, invariant, var


@pytest.fixture(params=list(CASES))
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


def test_distinct_states_and_diameter_are_those_counted_by_hand(case: Case) -> None:
    findings = exhaustive(case.system, case.wanted, Budget(), ignore)
    assert findings.complete
    assert (findings.states, findings.diameter) == (case.states, case.diameter)


def test_a_proof_carries_a_set_that_is_initial_closed_and_no_larger_than_needed(case: Case) -> None:
    findings = exhaustive(case.system, case.wanted, Budget(), ignore)
    for verdict in findings.verdicts.values():
        if isinstance(verdict, Proved):
            reachable = verdict.certificate.states
            starts = {s for s in initial_states(case.system) if not isinstance(s, FaultyStart)}
            targets = {o.target for s in reachable for o in steps(case.system, s) if isinstance(o, Taken)}
            assert starts <= reachable
            assert targets <= reachable
            assert reachable == starts | targets


def test_one_step_more_than_the_diameter_is_complete_and_one_less_is_not(case: Case) -> None:
    wanted = frozenset({FAULTS})
    assert exhaustive(case.system, wanted, Budget(depth=case.diameter + 1), ignore).complete
    assert not exhaustive(case.system, wanted, Budget(depth=case.diameter - 1), ignore).complete


def _long_counter(limit: int = 100_000) -> Case:
    x = RangeType(0, limit)
    inc = Action(
        "Inc",
        0,
        (),
        (Guard(Compare(Comparison.LT, Var("x"), Lit(limit))),),
        (Assignment("x", Check(Arith(Arithmetic.ADD, Var("x"), Lit(1)), x)),),
    )
    system = built("Long", (var("x", x, 0),), (inc,), (invariant("Fine", Compare(Comparison.LE, Lit(0), Var("x"))),))
    return Case(system, {}, frozenset(), states=limit + 1, diameter=limit)


def test_out_of_time_is_unknown_with_the_depth_finished() -> None:
    findings = exhaustive(_long_counter().system, frozenset({"Fine"}), Budget(seconds=0.05), ignore)
    verdict = findings.verdicts["Fine"]
    assert verdict == Unknown(Reason.TIME, findings.depth)
    assert not findings.complete


def test_too_many_states_is_unknown() -> None:
    findings = exhaustive(_long_counter().system, frozenset({"Fine"}), Budget(states=50), ignore)
    assert findings.verdicts["Fine"] == Unknown(Reason.STATES, 49)


def test_out_of_memory_is_unknown() -> None:
    findings = exhaustive(_long_counter().system, frozenset({"Fine"}), Budget(memory=1), ignore)
    assert findings.verdicts["Fine"] == Unknown(Reason.MEMORY, -1)


def test_bounded_at_a_depth_is_never_proved() -> None:
    findings = exhaustive(_long_counter(10).system, frozenset({"Fine"}), Budget(depth=9), ignore)
    assert findings.verdicts["Fine"] == Bounded(9)
    findings = exhaustive(_long_counter(10).system, frozenset({"Fine"}), Budget(depth=10), ignore)
    assert isinstance(findings.verdicts["Fine"], Proved)


def test_the_listener_hears_of_each_level_and_what_is_open() -> None:
    heard: list[Progress] = []
    case = CASES["overflowing counter"]
    exhaustive(case.system, frozenset({"Two", "InRange"}), Budget(), heard.append)
    assert [p.depth for p in heard] == [0, 1, 2, 3]
    assert [p.open for p in heard] == [("InRange", "Two")] * 3 + [("InRange",)]


def test_no_initial_state_is_the_users_mistake() -> None:
    system = built("None", (var("x", RangeType(0, 3), 0),), (), init=(Eq(Var("x"), Lit(1)),))
    with pytest.raises(SpecError) as raised:
        exhaustive(system, frozenset({DEADLOCK}), Budget(), ignore)
    assert [d.code for d in raised.value.diagnostics] == [Code.NO_INITIAL_STATE]


def test_a_fault_in_the_initial_condition_has_a_trace_without_states() -> None:
    divided = Eq(Arith(Arithmetic.DIV, Lit(1), Var("x")), Lit(1))
    system = built("Faulty", (var("x", RangeType(0, 1), None),), (), init=(divided,))
    findings = exhaustive(system, frozenset({FAULTS, DEADLOCK}), Budget(), ignore)
    faults = findings.verdicts[FAULTS]
    assert isinstance(faults, Violated)
    assert faults.trace.states == ()
    assert isinstance(findings.verdicts[DEADLOCK], Violated)


def test_all_that_is_proved_shares_one_certificate() -> None:
    case = CASES["atomic mutex"]
    verdict = exhaustive(case.system, case.wanted, Budget(), ignore).verdicts["Exclusion"]
    assert isinstance(verdict, Proved)
    assert verdict.certificate == ReachableSet(verdict.certificate.states, 1)
