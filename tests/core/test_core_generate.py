"""The generators of `generate` reach what they promise."""

from __future__ import annotations

from random import Random
from typing import get_args

from hypothesis import HealthCheck, given, seed, settings

from generate import SYSTEM, expressions, states
from pluscheck.core import exprs as e
from pluscheck.core.evaluator import Fault, evaluate
from pluscheck.core.types import is_member, values_of

_KINDS_TO_MEET = set(e.FaultKind) - {e.FaultKind.ASSERTION_FAILED, e.FaultKind.RECURSION_TOO_DEEP}
"""All that an expression over `SYSTEM` can fault with."""


def _classes(node: object) -> set[type]:
    if isinstance(node, tuple):
        return set().union(*map(_classes, node))
    if isinstance(node, e.Lit):
        return {e.Lit}
    if isinstance(node, e.Node):
        return {type(node)}.union(*(_classes(getattr(node, name)) for name in node.__match_args__))
    return set()


def _met(first: int) -> tuple[set[type], set[e.FaultKind]]:
    """Return the classes and the faults met in some hundred expressions."""
    classes: set[type] = set()
    kinds: set[e.FaultKind] = set()
    # Drawn without hypothesis, for which a state is ten times the work of an expression.
    choose = Random(first)
    domains = [list(values_of(v.type, SYSTEM.scope)) for v in SYSTEM.variables]
    some = [tuple(choose.choice(domain) for domain in domains) for _ in range(50)]

    @seed(first)
    @settings(max_examples=200, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(expressions(primes=True))
    def collect(expr: e.Expr) -> None:
        classes.update(_classes(expr))
        try:
            evaluate(SYSTEM, expr, choose.choice(some), choose.choice(some))
        except Fault as fault:
            kinds.add(fault.site.kind)

    collect()
    return classes, kinds


def test_every_class_of_expression_and_every_kind_of_fault_is_generated() -> None:
    missing: set[object] = set(get_args(e.Expr)) | _KINDS_TO_MEET
    for first in range(20):
        classes, kinds = _met(first)
        missing -= classes | kinds
        if not missing:
            break
    assert missing == set()


@given(states())
def test_states_are_of_the_types_of_the_variables(state: tuple) -> None:
    assert all(is_member(v, x.type, SYSTEM.scope) for v, x in zip(state, SYSTEM.variables, strict=True))
