"""Checks put around parts of a value must find exactly what one check around the whole finds."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from generate import POOL, SCOPE, SYSTEM, VARIABLES, states, typed_expressions
from pluscheck.base.source import NOWHERE
from pluscheck.core import exprs as e
from pluscheck.core import types as t
from pluscheck.core.evaluator import Fault, evaluate
from pluscheck.core.walk import subterms
from pluscheck.lower.checks import Known, checked, is_sure, within

KNOWN = Known(VARIABLES, {}, SCOPE, lambda expr: expr.value if isinstance(expr, e.Lit) else None)


def outcome(expr: e.Expr, state: object) -> object:
    """Return the expression's value, or None if it faults (no value is None)."""
    try:
        return evaluate(SYSTEM, expr, state)
    except Fault:
        return None


@settings(max_examples=300, deadline=None)
@given(st.data(), st.sampled_from(POOL), states())
def test_checking_the_parts_is_checking_the_whole(data, of, state):
    expr = data.draw(typed_expressions(of))
    whole = outcome(e.Check(expr, of), state)
    assert outcome(checked(expr, of, NOWHERE, KNOWN), state) == whole
    if is_sure(expr, of, KNOWN):
        assert whole == outcome(expr, state)


@settings(max_examples=100, deadline=None)
@given(st.data(), st.sampled_from([of for of in POOL if isinstance(of, t.SetType)]), states())
def test_elements_of_a_set_that_is_within_a_type_are_of_it(data, of, state):
    expr = data.draw(typed_expressions(of))
    value = outcome(expr, state)
    if value is not None and within(expr, of.element, KNOWN):
        assert all(t.is_member(element, of.element, SCOPE) for element in value)


def checks_in(expr: e.Expr, of: t.Type) -> list[e.Expr]:
    return [part.operand for part in subterms([checked(expr, of, NOWHERE, KNOWN)]) if isinstance(part, e.Check)]


def test_only_what_is_new_is_checked():
    f, page, more = e.Var("f"), e.Var("page"), e.Arith(e.Arithmetic.ADD, e.Var("n"), e.Lit(1))
    of = VARIABLES["f"]
    assert checks_in(f, of) == []
    assert checks_in(e.Update(f, page, e.Lit(2)), of) == []
    assert checks_in(e.Update(f, page, e.App(f, page)), of) == []
    assert checks_in(e.Update(f, page, more), of) == [more]
    assert checks_in(e.Ite(e.Var("b"), e.Update(f, page, more), f), of) == [more]
    assert checks_in(e.Update(f, page, e.Lit(9)), of) == [e.Lit(9)]


def test_what_is_overwritten_is_not_checked_by_itself():
    f, page = e.Var("f"), e.Var("page")
    twice = e.Update(e.Update(f, page, e.Lit(9)), page, e.Lit(1))
    assert checks_in(twice, VARIABLES["f"]) == [twice]


def test_what_a_let_names_may_be_a_tuple_or_record_of_another_type():
    pair = t.TupleType((t.RangeType(0, 3), t.RangeType(0, 3)))
    longer = e.MakeTuple((e.Lit(1), e.Lit(2), e.Lit(9)))
    own = e.MakeTuple((e.Project(e.Local("x"), 1), e.Project(e.Local("x"), 3)))
    assert set(checks_in(e.Let("x", longer, own), pair)) == {*own.items}
    record = t.RecordType((("a", t.RangeType(0, 3)),))
    more = e.MakeRecord((("a", e.Lit(1)), ("b", e.Lit(2))))
    taken = e.MakeRecord((("a", e.Field(e.Local("y"), "b")),))
    assert checks_in(e.Let("y", more, taken), record) == [e.Field(e.Local("y"), "b")]
