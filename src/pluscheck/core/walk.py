"""Going through the parts of an expression."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pluscheck.core.exprs import Binder, Expr, Lit, Node


def children(expr: Expr) -> Iterator[Expr]:
    """Yield the expression's direct parts, in the order in which they are written."""
    if not isinstance(expr, Lit):
        for name in expr.__match_args__:  # all fields but the span, which is given by keyword only
            yield from _expressions_in(getattr(expr, name))


def subterms(roots: Iterable[Expr]) -> Iterator[Expr]:
    """Yield every term below the roots, and the roots, once each: shared terms are not gone through again."""
    stack = list(roots)
    seen: set[int] = set()
    while stack:
        expr = stack.pop()
        if id(expr) not in seen:
            seen.add(id(expr))
            yield expr
            stack.extend(children(expr))


def _expressions_in(part: object) -> Iterator[Expr]:
    match part:
        case Binder(_, domain):
            yield domain
        case Node():
            yield part  # type: ignore[misc]  # every other Node is one of Expr
        case tuple():
            for item in part:
                yield from _expressions_in(item)
        case _:  # a name, a type, an operator's kind, a missing OTHER
            pass
