"""States have one encoding and are read back; what is too large is refused with its place, and deep terms are no problem."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings

from generate import SYSTEM, numbered, states
from pluscheck.base.codes import Code
from pluscheck.base.errors import SpecError
from pluscheck.core import exprs as e
from pluscheck.core.system import (
    Action,
    Assignment,
    Guard,
    Operator,
    Pick,
    Property,
    PropertyKind,
    State,
    TransitionSystem,
)
from pluscheck.core.types import FunctionType, OptionType, RangeType, SeqType, SetType
from pluscheck.ground.dag import FALSE, TRUE
from pluscheck.ground.ground import GroundSystem, ground
from systems import CASES, built, var

GROUND = ground(SYSTEM)


@given(states())
def test_decoding_is_the_inverse_of_encoding(state: State) -> None:
    assert GROUND.layout.decode(GROUND.layout.encode(state)) == state


@settings(deadline=None)
@given(states())
def test_every_encoded_state_is_canonical_and_within_the_ranges_of_its_leaves(state: State) -> None:
    scalars = GROUND.layout.encode(state)
    leaves = {leaf.node: scalar for leaf, scalar in zip(GROUND.leaves, scalars, strict=True)}
    assert GROUND.dag.values(GROUND.dag.cone([GROUND.canonical]), leaves)[GROUND.canonical]
    for leaf, scalar in zip(GROUND.leaves, scalars, strict=True):
        assert leaf.low <= scalar <= leaf.high
        assert leaf.possible is None or scalar in leaf.possible


def test_leaves_are_called_by_their_paths() -> None:
    names = {leaf.name for leaf in GROUND.leaves}
    assert {
        "b",
        "r.a",
        "held[Page1]",
        "holders[free][Page2]",
        "grid[Page1, excl]",
        "Len(q)",
        "q[2]",
        "Get(owner)",
    } <= names


def invariant(formula: e.Expr, **more: Operator) -> TransitionSystem:
    """A system of one number with one invariant."""
    system = built("One", (var("x", RangeType(0, 200), 0),), ())
    return replace(system, properties=(Property(PropertyKind.INVARIANT, "I", formula),), operators=more)


def formula_of(system: TransitionSystem) -> tuple[GroundSystem, int]:
    made = ground(system)
    return made, made.properties[0].formula


def codes(system: TransitionSystem) -> set[Code]:
    with pytest.raises(SpecError) as error:
        ground(system)
    return {diagnostic.code for diagnostic in error.value.diagnostics}


_NUMBERS = e.Interval(e.Lit(0), e.Lit(60))


def test_membership_in_large_sets_needs_no_enumeration() -> None:
    of = e.FunctionSpace(_NUMBERS, e.Powerset(_NUMBERS))
    element = e.Lambda((e.Binder("i", _NUMBERS),), e.SetLit((e.Local("i"), e.Lit(3))))
    assert formula_of(invariant(e.In(element, of)))[1] == TRUE


def test_going_through_a_large_set_is_refused_where_it_stands() -> None:
    body = e.In(e.Var("x"), e.Local("s"))
    system = invariant(numbered(e.Exists((e.Binder("s", e.Powerset(_NUMBERS)),), body), iter(range(100))))
    with pytest.raises(SpecError) as error:
        ground(system)
    (diagnostic,) = error.value.diagnostics
    assert diagnostic.code == Code.TYPE_TOO_LARGE
    assert diagnostic.primary.span == system.properties[0].formula.span


@pytest.mark.parametrize(
    "of",
    [
        FunctionType(RangeType(0, 10**9), RangeType(0, 1)),
        SetType(SetType(RangeType(0, 63))),
        SeqType(RangeType(0, 1), 10**9),
        FunctionType(RangeType(0, 999), FunctionType(RangeType(0, 999), OptionType(RangeType(0, 1)))),
    ],
)
def test_a_variable_of_a_huge_type_is_refused(of: object) -> None:
    started = time.process_time()
    assert codes(built("Huge", (var("x", of, None),), ())) == {Code.TYPE_TOO_LARGE}
    assert time.process_time() - started < 5


def test_too_many_choices_of_an_action_are_refused() -> None:
    action = Action("A", 0, (), (Pick("a", _NUMBERS), Pick("b", _NUMBERS), Pick("c", _NUMBERS)), ())
    assert codes(built("Many", (var("x", RangeType(0, 1), 0),), (action,))) == {Code.SYSTEM_TOO_LARGE}


def test_deep_terms_are_no_problem() -> None:
    formula: e.Expr = e.Compare(e.Comparison.LE, e.Var("x"), e.Lit(3))
    for number in range(10_000):
        formula = e.Not(formula) if number % 2 else e.And((formula, e.Lit(True)))
    assert formula_of(invariant(formula))[1] not in (TRUE, FALSE)


def test_shared_terms_are_evaluated_once() -> None:
    term: e.Expr = e.Var("x")
    for _ in range(200):
        term = e.Ite(e.Eq(term, e.Lit(0)), e.Lit(1), term)
    assert formula_of(invariant(e.Eq(term, e.Lit(1))))[0]


def test_recursion_ends_where_it_must_or_faults_where_it_would_not() -> None:
    n = e.Local("n")
    smaller = e.Call("Down", (e.Arith(e.Arithmetic.SUB, n, e.Lit(1)),))
    body = numbered(e.Ite(e.Compare(e.Comparison.LE, n, e.Lit(0)), e.Lit(True), smaller), iter(range(500, 600)))
    down = Operator("Down", ("n",), body)
    made, formula = formula_of(invariant(e.Call("Down", (e.Lit(99),)), Down=down))
    assert (formula, dict(made.properties[0].faults)) == (TRUE, {})
    made, _ = formula_of(invariant(e.Call("Down", (e.Var("x"),)), Down=down))
    ((site, condition),) = made.properties[0].faults.items()
    assert site.kind is e.FaultKind.RECURSION_TOO_DEEP
    cone = made.dag.cone([condition])
    for x in (0, 99, 100, 200):
        assert made.dag.values(cone, {made.leaves[0].node: x})[condition] == (x >= 100)


def test_actions_are_instantiated_for_the_choices_that_can_be() -> None:
    p = e.Local("p")
    action = Action(
        "A",
        0,
        ("p",),
        (Pick("p", e.Interval(e.Lit(0), e.Lit(9))), Guard(e.Compare(e.Comparison.LT, p, e.Lit(4)))),
        (Assignment("x", e.Check(p, RangeType(0, 9))),),
    )
    made = ground(built("Some", (var("x", RangeType(0, 9), 0),), (action,)))
    assert [instance.arguments for instance in made.actions] == [(("p", number),) for number in range(4)]
    assert made.faults == ()


def test_a_system_is_grounded_the_same_way_each_time() -> None:
    for case in CASES.values():
        first, second = ground(case.system), ground(case.system)
        assert (first.dag.op, first.dag.args) == (second.dag.op, second.dag.args)
