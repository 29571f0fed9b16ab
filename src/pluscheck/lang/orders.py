"""`order` statements: what each declares without saying so, as declarations of its own.

An order of parts A, B, C in a process is a switch, a function from the pairs (A, B), (A, C), (B, C) to BOOLEAN: whether the first is run before the second. Its
parts are an enum's literals, so that a model can say `Locks[A, B] = FALSE`. Which parts have been run is a variable of the process.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import replace
from itertools import combinations

from pluscheck.lang import syntax as s
from pluscheck.lang.walk import descend

PART_FAMILY = "part of "
"""The enum of an order's parts is called this followed by the order's name."""


def done_variable(order: str) -> str:
    """Return the name of the variable that says which parts of an order have been run."""
    return f"{order}Done"


def order_of_done_variable(name: str, declared: Container[str]) -> str | None:
    """Return the order of which the variable says what has been run, if it does; `declared` has the names of all enums."""
    order = name.removesuffix("Done")
    return order if order != name and PART_FAMILY + order in declared else None


def orders_in(block: s.Block) -> Iterator[s.Order]:
    """Yield the orders in a body. None is inside another statement, or that is reported elsewhere."""
    for labelled in block:
        for node in descend(labelled):
            if isinstance(node, s.Order):
                yield node


def with_order_switches(module: s.Module) -> s.Module:
    """Return the module with the declarations that its orders stand for."""
    declarations: list[s.Declaration] = []
    for declaration in module.declarations:
        if isinstance(declaration, s.ProcessDecl | s.ProcedureDecl):
            orders = [order for order in orders_in(declaration.body) if len(order.labels) > 1]
            for order in orders:
                declarations += _declared(order)
            if orders:
                further = tuple([_done(order) for order in orders])
                declarations.append(replace(declaration, locals=(*declaration.locals, *further)))
                continue
        declarations.append(declaration)
    return replace(module, declarations=tuple(declarations))


def _declared(order: s.Order) -> tuple[s.Declaration, ...]:
    """Return the enum of the parts, and the switch."""
    span = order.name.span
    literals = tuple({label.name: label for label in order.labels}.values())
    parts = s.EnumDecl(s.Ident(PART_FAMILY + order.name.name, span=span), literals, span=span)

    def pair(first: s.Ident, second: s.Ident) -> s.Expr:
        return s.TupleLiteral((s.Name(first.name, span=span), s.Name(second.name, span=span)), span=span)

    def domain() -> s.Expr:
        return s.SetLiteral(tuple([pair(a, b) for a, b in combinations(literals, 2)]), span=span)

    of = s.FunctionSet((domain(),), s.BooleanSet(span=span), span=span)
    bound = s.Ident("pair of " + order.name.name, span=span)  # which no specification has a name like
    written = s.FunctionLiteral((s.Binder((bound,), domain(), span=span),), s.Truth(True, span=span), span=span)
    # The switch first: if there is another of its name, that is what is said, and not that there is another enum.
    return s.ConstDecl(order.name, of, written, is_switch=True, span=span), parts


def _done(order: s.Order) -> s.VarDecl:
    span = order.name.span
    name = s.Ident(done_variable(order.name.name), span=span)
    parts = s.Name(PART_FAMILY + order.name.name, span=span)
    return s.VarDecl(
        name, s.UnaryOp(s.Unary.POWERSET, parts, span=span), s.SetLiteral((), span=span), any_of=False, span=span
    )
