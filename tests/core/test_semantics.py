"""What a transition system does: clauses in order, updates that read the state before, faults in place of a next state."""

from __future__ import annotations

from itertools import product

import pytest

from pluscheck.core.exprs import (
    Append,
    Arith,
    Arithmetic,
    Check,
    Compare,
    Comparison,
    Eq,
    Expr,
    FaultKind,
    Get,
    Head,
    Interval,
    Lit,
    Local,
    SetLit,
    Var,
)
from pluscheck.core.semantics import (
    Broken,
    FaultyStart,
    Outcome,
    Taken,
    enabled,
    initial_states,
    is_deadlock,
    is_initial,
    is_state,
    outcomes,
    steps,
)
from pluscheck.core.system import (
    Action,
    Assertion,
    Assignment,
    Bind,
    Clause,
    Guard,
    Pick,
    TransitionSystem,
    Variable,
)
from pluscheck.core.types import RangeType, values_of
from pluscheck.core.values import NOTHING
from systems import CASES, Case, built, var

DIGIT = RangeType(0, 9)
TRUE, FALSE = Lit(True), Lit(False)
FAULTY: Expr = Eq(Get(Lit(NOTHING)), Lit(1))
X, Y = Var("x"), Var("y")


def plus(left: Expr, right: Expr) -> Expr:
    return Arith(Arithmetic.ADD, left, right)


def one_action(*clauses: Clause, updates: tuple[Assignment, ...] = ()) -> TransitionSystem:
    """Return a system with two digits and one action."""
    action = Action("Act", 0, (), clauses, updates)
    return built("One", (var("x", DIGIT, 1), var("y", DIGIT, 2)), (action,))


def results(system: TransitionSystem, *state: int) -> list[Outcome]:
    return outcomes(system, system.actions[0], state)


def only(system: TransitionSystem, *state: int) -> Outcome:
    (outcome,) = results(system, *state)
    return outcome


def test_updates_all_read_the_state_before_and_the_rest_stays() -> None:
    swap = one_action(updates=(Assignment("x", Y), Assignment("y", X)))
    outcome = only(swap, 1, 2)
    assert isinstance(outcome, Taken)
    assert outcome.target == (2, 1)
    alone = only(one_action(updates=(Assignment("y", X),)), 1, 2)
    assert isinstance(alone, Taken)
    assert alone.target == (1, 1)


def test_nothing_after_a_false_guard_is_evaluated() -> None:
    assert results(one_action(Guard(FALSE), Guard(FAULTY)), 1, 2) == []
    assert results(one_action(Guard(FALSE), Bind("z", FAULTY)), 1, 2) == []
    assert results(one_action(Guard(FALSE), Pick("z", SetLit((FAULTY,)))), 1, 2) == []
    assert results(one_action(Guard(FALSE), Assertion(FALSE)), 1, 2) == []
    assert results(one_action(Guard(FALSE), updates=(Assignment("x", Get(Lit(NOTHING))),)), 1, 2) == []


@pytest.mark.parametrize("clause", [Guard(FAULTY), Bind("z", FAULTY), Pick("z", SetLit((FAULTY,))), Assertion(FAULTY)])
def test_a_fault_before_a_false_guard_counts(clause: Clause) -> None:
    outcome = only(one_action(clause, Guard(FALSE)), 1, 2)
    assert isinstance(outcome, Broken)
    assert outcome.site.kind is FaultKind.GET_OF_NONE


def test_a_false_assertion_faults_at_its_own_place() -> None:
    system = one_action(Assertion(FALSE))
    outcome = only(system, 1, 2)
    assert isinstance(outcome, Broken)
    assert (outcome.site.kind, outcome.site.span) == (FaultKind.ASSERTION_FAILED, system.actions[0].clauses[0].span)


def test_a_binding_is_evaluated_once_and_seen_by_what_follows() -> None:
    system = one_action(
        Bind("z", plus(X, Y)),
        Bind("z", plus(Local("z"), Lit(1))),
        Guard(Eq(Local("z"), Lit(4))),
        updates=(Assignment("x", Local("z")),),
    )
    outcome = only(system, 1, 2)
    assert isinstance(outcome, Taken)
    assert outcome.target == (4, 2)


def test_every_choice_is_taken_in_the_fixed_order_and_named() -> None:
    system = one_action(
        Pick("a", SetLit((Lit(2), Lit(1)))),
        Pick("b", Interval(Local("a"), Lit(2))),
        updates=(Assignment("x", Local("a")), Assignment("y", Local("b"))),
    )
    found = [(o.arguments, o.target) for o in results(system, 0, 0) if isinstance(o, Taken)]
    assert found == [
        ((("a", 1), ("b", 1)), (1, 1)),
        ((("a", 1), ("b", 2)), (1, 2)),
        ((("a", 2), ("b", 2)), (2, 2)),
    ]


def test_a_fault_tells_what_was_picked_before_it() -> None:
    in_time = Compare(Comparison.LE, Local("a"), Lit(1))
    system = one_action(Pick("a", Interval(Lit(1), Lit(2))), Assertion(in_time), Pick("b", SetLit((Lit(5),))))
    good, bad = results(system, 0, 0)
    assert isinstance(good, Taken)
    assert isinstance(bad, Broken)
    assert bad.arguments == (("a", 2),)


def test_an_empty_choice_is_not_possible() -> None:
    assert results(one_action(Pick("a", SetLit(()))), 1, 2) == []


# ---------------------------------------------------------------------------------------------- deadlock


def test_where_only_a_fault_can_happen_is_no_deadlock() -> None:
    system = one_action(updates=(Assignment("x", Check(plus(X, Lit(1)), DIGIT)),))
    assert not is_deadlock(system, (9, 0))
    assert enabled(system, system.actions[0], (9, 0))
    assert isinstance(only(system, 9, 0), Broken)


def test_where_nothing_can_happen_is_a_deadlock_unless_terminal() -> None:
    stuck = one_action(Guard(FALSE))
    assert is_deadlock(stuck, (1, 2))
    ended = built("End", stuck.variables, stuck.actions, terminal=Eq(X, Lit(1)))
    assert not is_deadlock(ended, (1, 2))
    assert is_deadlock(ended, (2, 2))


def test_terminal_is_not_evaluated_where_something_can_happen() -> None:
    busy = built("Busy", one_action().variables, one_action().actions, terminal=FAULTY)
    assert not is_deadlock(busy, (1, 2))


# ---------------------------------------------------------------------------------------- initial states


def _starts(system: TransitionSystem) -> list[tuple]:
    return [start for start in initial_states(system) if not isinstance(start, FaultyStart)]


def test_initial_values_may_mention_variables_before_them() -> None:
    system = built(
        "Init",
        (
            Variable("x", DIGIT, Interval(Lit(1), Lit(3)), any_of=True),
            Variable("y", DIGIT, plus(X, Lit(1)), any_of=False),
            Variable("z", RangeType(0, 1), None, any_of=False),
        ),
        (),
        init=(Compare(Comparison.LT, Lit(1), X), Eq(Var("z"), Lit(0))),
    )
    assert _starts(system) == [(2, 3, 0), (3, 4, 0)]


def test_an_initial_condition_is_evaluated_up_to_the_first_that_is_false() -> None:
    system = built("Init", (Variable("x", RangeType(0, 1), None, any_of=False),), (), init=(Eq(X, Lit(1)), FAULTY))
    (only_one,) = list(initial_states(system))
    assert isinstance(only_one, FaultyStart)


def test_an_initial_value_that_faults_is_told() -> None:
    system = built("Init", (Variable("x", DIGIT, Head(Lit(())), any_of=False),), ())
    (only_one,) = list(initial_states(system))
    assert isinstance(only_one, FaultyStart)
    assert only_one.site.kind is FaultKind.BEYOND_SEQUENCE


@pytest.fixture(params=list(CASES))
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


def test_a_state_is_initial_exactly_if_it_is_among_the_initial_states(case: Case) -> None:
    starts = _starts(case.system)
    assert len(starts) == len(set(starts))
    every = product(*(values_of(v.type, case.system.scope) for v in case.system.variables))
    assert {state for state in every if is_initial(case.system, state)} == set(starts)


def test_steps_lead_from_states_to_states_in_one_order(case: Case) -> None:
    for start in _starts(case.system):
        found = list(steps(case.system, start))
        assert found == list(steps(case.system, start))
        assert all(is_state(case.system, o.target) for o in found if isinstance(o, Taken))
        positions = [case.system.actions.index(o.action) for o in found]
        assert positions == sorted(positions)


def test_what_has_a_wrong_number_or_type_of_values_is_no_state() -> None:
    system = one_action()
    assert is_state(system, (1, 2))
    for wrong in [(1,), (1, 2, 3), (1, 10), (1, True), ("1", 2)]:
        assert not is_state(system, wrong)


def test_a_sequence_that_grows_too_long_has_no_next_state() -> None:
    system = CASES["queue"].system
    put = system.actions[0]
    assert isinstance(put.updates[0].value, Check)
    assert isinstance(put.updates[0].value.operand, Append)
    full = ((1, 1), NOTHING)
    assert all(isinstance(o, Broken) for o in outcomes(system, put, full))
