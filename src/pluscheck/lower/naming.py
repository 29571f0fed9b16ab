"""Names for what is used several times, and what needs none."""

from __future__ import annotations

from collections.abc import Callable, Set

from pluscheck.base.source import Span
from pluscheck.core import exprs as e


def unused(name: str, taken: Set[str]) -> str:
    """Return the name, or where it is taken the first of `name~2`, `name~3`, ... that is not."""
    candidate, number = name, 1
    while candidate in taken:
        number += 1
        candidate = f"{name}~{number}"
    return candidate


def is_trivial(expr: e.Expr) -> bool:
    """Return whether an expression can be repeated at no cost: it cannot fault, and is one word."""
    match expr:
        case e.Lit() | e.Var() | e.Const() | e.Local() | e.AllOf():
            return True
        case _:
            return False


def is_short(expr: e.Expr, depth: int) -> bool:
    """Return whether an expression is easier to read twice than with a name for it: `i`, `f[i]`, `<<r.a, i>>`."""
    match expr:
        case e.App(whole, argument):
            return depth > 0 and is_short(whole, depth - 1) and is_short(argument, depth - 1)
        case e.Field(whole, _) | e.Project(whole, _):
            return depth > 0 and is_short(whole, depth - 1)
        case e.MakeTuple(items):
            return depth > 0 and all(is_short(item, depth - 1) for item in items)
        case _:
            return is_trivial(expr)


def at_span(expr: e.Expr, span: Span) -> e.Expr:
    """Return a trivial expression with the span of where it is mentioned; any other as it is."""
    match expr:
        case e.Lit(value):
            return e.Lit(value, span=span)
        case e.Var(name):
            return e.Var(name, span=span)
        case e.Const(name):
            return e.Const(name, span=span)
        case e.Local(name):
            return e.Local(name, span=span)
        case e.AllOf(of):
            return e.AllOf(of, span=span)
        case _:
            return expr


def shared(expr: e.Expr, hint: str, taken: frozenset[str], build: Callable[[e.Expr, frozenset[str]], e.Expr]) -> e.Expr:
    """Return `build(expr, taken)`, where an expression that is not trivial is named first, as it may be used several times."""
    if is_trivial(expr):
        return build(expr, taken)
    name = unused(hint, taken)
    body = build(e.Local(name, span=expr.span), taken | {name})
    return e.Let(name, expr, body, span=body.span)
