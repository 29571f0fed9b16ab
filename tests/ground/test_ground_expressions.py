"""Symbolic evaluation says what the reference evaluator says, faults and all."""

from __future__ import annotations

from itertools import count
from typing import get_args

import pytest
from hypothesis import given, settings

from generate import PAGE, expressions, numbered, states
from grounding import Encoded, concrete, outcome
from pluscheck.base.errors import SpecError
from pluscheck.core import exprs as e
from pluscheck.core.exprs import Expr
from pluscheck.core.system import State
from pluscheck.ground.expressions import _RULES


@settings(max_examples=150, deadline=None)
@given(expressions(primes=True), states(), states())
def test_symbolic_values_and_faults_agree_with_the_evaluator(expr: Expr, state: State, next_state: State) -> None:
    try:
        encoded = Encoded(expr)
    except SpecError:
        return
    read = encoded.reader(state, next_state)
    site, expected = outcome(expr, state, next_state)
    assert encoded.faulting(read) == ({site} if site else set())
    if site is None:
        assert concrete(encoded.algebra, encoded.value, read) == expected


def _agrees(expr: Expr, state: State) -> None:
    encoded = Encoded(expr)
    read = encoded.reader(state, state)
    site, expected = outcome(expr, state, state)
    assert encoded.faulting(read) == ({site} if site else set())
    if site is None:
        assert concrete(encoded.algebra, encoded.value, read) == expected


_N, _M, _V, _ZERO = e.Var("n"), e.Var("m"), e.Local("v"), e.Lit(0)
_EVEN = e.Eq(e.Arith(e.Arithmetic.MOD, _V, e.Lit(2)), _ZERO)
_FAULTY = e.Ite(
    _EVEN,
    e.Eq(e.Arith(e.Arithmetic.DIV, e.Lit(1), _ZERO), _ZERO),
    e.Eq(e.Head(e.MakeTuple(())), _ZERO),
)
"""Faults at one site for even numbers, at another for odd ones."""

_UNORDERED: dict[str, Expr] = {
    "literal": e.SetLit((_N, _M)),
    "union": e.SetBinary(e.SetOp.UNION, e.Ite(e.Var("b"), e.SetLit((_N,)), e.SetLit(())), e.SetLit((_M,))),
    "union of sets": e.BigUnion(e.SetLit((e.SetLit((_N,)), e.SetLit((_M,))))),
    "map": e.Map(e.Neg(e.Local("w")), (e.Binder("w", e.SetLit((_N, _M))),)),
}


@pytest.mark.parametrize("of", _UNORDERED)
@pytest.mark.parametrize("quantifier", ["forall", "exists", "filter", "map", "two binders"])
@settings(max_examples=30, deadline=None)
@given(state=states())
def test_elements_are_gone_through_in_the_fixed_order_for_the_first_fault(
    of: str, quantifier: str, state: State
) -> None:
    binder = e.Binder("v", _UNORDERED[of])
    expr: Expr
    match quantifier:
        case "forall":
            expr = e.Forall((binder,), _FAULTY)
        case "exists":
            expr = e.Exists((binder,), _FAULTY)
        case "filter":
            expr = e.Filter(binder, _FAULTY)
        case "map":
            expr = e.Map(_FAULTY, (binder,))
        case _:
            expr = e.Exists((e.Binder("u", e.SetLit((_M, _N))), binder), _FAULTY)
    _agrees(numbered(expr, count()), state)


@settings(max_examples=30, deadline=None)
@given(states())
def test_all_functions_without_arguments_are_the_same(state: State) -> None:
    held = e.Var("held")
    pages = e.SetBinary(e.SetOp.MINUS, e.AllOf(PAGE), held)
    for domain in (held, pages, e.SetLit(())):
        one, other = (e.FunctionSpace(domain, e.SetLit((e.Lit(number),))) for number in (0, 1))
        _agrees(numbered(e.Subset(one, other), count()), state)
        _agrees(numbered(e.Eq(one, other), count()), state)


def test_every_class_of_expression_has_a_rule() -> None:
    assert set(_RULES) == set(get_args(Expr))
