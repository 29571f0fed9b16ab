"""Symbolic evaluation says what the reference evaluator says, faults and all."""

from __future__ import annotations

from typing import get_args

from hypothesis import given, settings

from generate import expressions, states
from grounding import Encoded, concrete, outcome
from pluscheck.base.errors import SpecError
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


def test_every_class_of_expression_has_a_rule() -> None:
    assert set(_RULES) == set(get_args(Expr))
