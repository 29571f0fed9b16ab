"""Explanations lead to the smallest parts that decide a formula, and show the values that decide them."""

from __future__ import annotations

import pytest
from hypothesis import given

from generate import BOOL, SYSTEM, states, typed_expressions
from pluscheck.core.changes import changes
from pluscheck.core.evaluator import Environment, Fault, evaluate
from pluscheck.core.explain import MOST_PARTS, Explanation, explain
from pluscheck.core.exprs import (
    And,
    App,
    Binder,
    Call,
    Compare,
    Comparison,
    Eq,
    Exists,
    Expr,
    Field,
    Forall,
    Implies,
    In,
    Interval,
    Let,
    Lit,
    Local,
    Not,
    Or,
    Prime,
    Var,
)
from pluscheck.core.semantics import Taken, initial_states, property_named, steps
from pluscheck.core.system import Operator, State, TransitionSystem, Variable
from pluscheck.core.types import FunctionType, RangeType, RecordType, SetType, TupleType
from pluscheck.core.values import Function, Record
from pluscheck.core.waiting import waiting
from systems import CASES

DIGIT = RangeType(0, 9)
SLOT = RecordType((("busy", SetType(DIGIT)), ("next", DIGIT)))
TABLE = FunctionType(DIGIT, SLOT)

OPERATORS = {"Small": Operator("Small", ("a",), Compare(Comparison.LT, Local("a"), Lit(3)))}
SMALL = TransitionSystem(
    "Small",
    "default",
    {},
    (),
    (Variable("x", DIGIT, None, any_of=False), Variable("f", TABLE, None, any_of=False)),
    (),
    (),
    (),
    None,
    OPERATORS,
    (),
)
X = Var("x")


def slot(number: int) -> Record:
    return Record.of({"busy": frozenset({number}), "next": number})


STATE: State = (5, Function.of({number: slot(9 - number) for number in range(10)}))


def shown(why: Explanation) -> list[tuple[str, object]]:
    return [(value.text, value.value) for atom in why.atoms() for value in atom.values]


def less(left: Expr, right: int) -> Expr:
    return Compare(Comparison.LT, left, Lit(right))


@given(typed_expressions(BOOL), states())
def test_an_explanation_agrees_with_the_evaluator_and_ends_in_atoms(expr: Expr, state: State) -> None:
    try:
        truth = evaluate(SYSTEM, expr, state)
    except Fault:
        with pytest.raises(Fault):
            explain(SYSTEM, expr, state)
        return
    why = explain(SYSTEM, expr, state)
    assert why.truth == truth
    assert all(not atom.parts for atom in why.atoms())


def test_the_first_false_conjunct_is_explained_and_the_others_are_told() -> None:
    formula = And((less(X, 9), less(X, 2), less(X, 1), Eq(Field(App(Var("f"), Lit(77)), "next"), Lit(1))))
    why = explain(SMALL, formula, STATE)
    assert [part.truth for part in why.parts] == [False]
    assert [sibling.truth for sibling in why.siblings] == [True, False, None]
    assert shown(why) == [("x", 5)]


def test_all_disjuncts_of_a_false_disjunction_are_explained() -> None:
    why = explain(SMALL, Or((less(X, 2), less(X, 3))), STATE)
    assert len(list(why.atoms())) == 2


def test_a_quantifier_is_explained_by_its_first_witness() -> None:
    next_of = Field(App(Var("f"), Local("i")), "next")
    formula = Forall((Binder("i", Interval(Lit(0), Lit(9))),), Implies(less(Local("i"), 8), Not(less(next_of, 4))))
    why = explain(SMALL, formula, STATE)
    (atom,) = [atom for atom in why.atoms() if atom.values]
    assert atom.bindings == (("i", 6),)
    assert shown(why) == [("f[6].next", 3)]
    true = explain(SMALL, Exists((Binder("i", Interval(Lit(0), Lit(9))),), less(next_of, 4)), STATE)
    assert shown(true) == [("f[6].next", 3)]


def test_a_false_existence_is_explained_by_every_choice_up_to_a_number() -> None:
    why = explain(SMALL, Exists((Binder("i", Interval(Lit(1), Lit(100))),), less(X, 2)), STATE)
    assert len(why.parts) == MOST_PARTS
    assert why.omitted == 100 - MOST_PARTS


def test_operators_and_definitions_are_looked_into_with_the_terms_that_they_stand_for() -> None:
    called = Call("Small", (Field(App(Var("f"), X), "next"),))
    assert shown(explain(SMALL, called, STATE)) == [("f[5].next", 4)]
    named = Let("y", less(X, 2), Let("z", Local("y"), Local("z")))
    assert shown(explain(SMALL, named, STATE)) == [("x", 5)]


def test_a_parameter_that_is_passed_a_bound_value_is_shown_by_its_own_name() -> None:
    small = Forall((Binder("i", Interval(Lit(1), Lit(9))),), Call("Small", (Local("i"),)))
    assert shown(explain(SMALL, small, STATE)) == [("a", 3)]


def test_a_step_shows_both_values() -> None:
    after = (6, STATE[1])
    why = explain(SMALL, Eq(Prime(X), X), STATE, after)
    assert shown(why) == [("x'", 6), ("x", 5)]


def test_membership_shows_the_element_and_the_set() -> None:
    why = explain(SMALL, In(X, Field(App(Var("f"), Lit(0)), "busy")), STATE)
    assert shown(why) == [("x", 5), ("f[0].busy", frozenset({9}))]


def test_a_set_that_nobody_enumerates_is_not_shown() -> None:
    why = explain(SMALL, In(X, Interval(X, Lit(10**30))), STATE)
    assert shown(why) == [("x", 5)]


def test_the_mutual_exclusion_that_fails_tells_who_and_where() -> None:
    system = CASES["racy mutex"].system
    where = Function.of(dict.fromkeys(system.scope["Proc"], CRITICAL))
    why = explain(system, property_named(system, "Exclusion").formula, (where, True))
    assert shown(why) == [("where[Proc1]", CRITICAL), ("where[Proc2]", CRITICAL)]


CRITICAL = next(
    value
    for start in initial_states(CASES["atomic mutex"].system)
    for step in steps(CASES["atomic mutex"].system, start)  # type: ignore[arg-type]  # no start is faulty
    if isinstance(step, Taken)
    for value in step.target[0].mapping.values()
    if value.label == "critical"
)


# ---------------------------------------------------------------------------------------------- changes


def test_a_change_is_told_of_the_smallest_part_with_a_name() -> None:
    table = STATE[1]
    assert isinstance(table, Function)
    after = (5, Function.of({**table.mapping, 3: slot(0).with_field("next", 6)}))
    (change,) = changes(SMALL, STATE, after)
    assert (change.path, change.old, change.new) == ("f[3].busy", frozenset({6}), frozenset({0}))
    assert changes(SMALL, STATE, STATE) == ()


def test_several_arguments_stand_together_between_the_brackets() -> None:
    of = FunctionType(TupleType((DIGIT, DIGIT)), TupleType((DIGIT, DIGIT)))
    system = TransitionSystem(
        "Grid", "default", {}, (), (Variable("g", of, None, any_of=False),), (), (), (), None, {}, ()
    )
    before = (Function.of({(1, 2): (3, 4), (1, 3): (0, 0)}),)
    after = (Function.of({(1, 2): (3, 5), (1, 3): (0, 0)}),)
    assert [change.path for change in changes(system, before, after)] == ["g[1, 2][2]"]


# ---------------------------------------------------------------------------------------------- waiting


def test_in_a_deadlock_each_process_tells_what_it_waits_for() -> None:
    system = CASES["opposite orders"].system
    start = next(iter(initial_states(system)))
    state: State = start  # type: ignore[assignment]  # it is not faulty
    for name in ("Left.First", "Right.First"):
        state = next(s.target for s in steps(system, state) if isinstance(s, Taken) and s.action.name == name)
    left, right = waiting(system, state)
    assert [(w.process, w.label) for w in (left, right)] == [("Left", "Second"), ("Right", "Second")]
    for one, text in ((left, "owner[b]"), (right, "owner[a]")):
        (blocked,) = one.blocked
        assert blocked.explanation is not None
        assert blocked.explanation.span == blocked.clause.condition.span  # type: ignore[union-attr]  # a Guard
        assert [value.text for atom in blocked.explanation.atoms() for value in atom.values] == [text]


def test_an_action_outside_of_processes_tells_for_each_choice_what_stops_it() -> None:
    system = CASES["gatherers"].system
    proc = system.scope["Proc"][0]
    (one,) = waiting(system, (False, frozenset({proc})))
    assert one.process is None
    assert [blocked.arguments for blocked in one.blocked] == [(("p", p),) for p in system.scope["Proc"][1:]]


def test_an_empty_choice_stops_without_a_formula() -> None:
    system = CASES["gatherers"].system
    (one,) = waiting(system, (True, frozenset(system.scope["Proc"])))
    (blocked,) = one.blocked
    assert blocked.explanation is None


def test_an_environment_is_enough_to_evaluate_a_constant() -> None:
    assert evaluate(Environment({}, {}, OPERATORS, {}), Call("Small", (Lit(2),)), ()) is True
