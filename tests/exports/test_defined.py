"""Where an expression is said to be defined, and only there, the reference semantics gives it a value."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from generate import POOL, SYSTEM, states, typed_expressions
from pluscheck.core.evaluator import Fault, evaluate
from pluscheck.core.exprs import Expr
from pluscheck.core.system import State
from pluscheck.exports.defined import Definedness
from pluscheck.exports.inference import Inference
from pluscheck.exports.tla_parts import families_of

INFERENCE = Inference(SYSTEM, families_of(SYSTEM).atoms)


def has_value(expr: Expr, state: State) -> bool:
    try:
        evaluate(SYSTEM, expr, state)
    except Fault:
        return False
    return True


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(POOL).flatmap(lambda of: typed_expressions(of, 3)), states())
def test_defined_says_where_there_is_a_value(expr: Expr, state: State) -> None:
    defined = Definedness(SYSTEM, INFERENCE)
    condition = defined.of(expr)
    whole = replace(SYSTEM, operators={**SYSTEM.operators, **defined.operators})
    assert evaluate(whole, condition, state) == has_value(expr, state)
