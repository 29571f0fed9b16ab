"""Names and types in what a model says it needs. Which protections an index stands for is for `pluscheck.lower`, since that depends on the model."""

from __future__ import annotations

from typing import assert_never

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Label
from pluscheck.base.source import Span
from pluscheck.lang import syntax as s
from pluscheck.lang.infer import Inference
from pluscheck.lang.orders import PART_FAMILY
from pluscheck.lang.scopes import Scope
from pluscheck.lang.symbols import ConstSymbol, EnumSymbol, SortSymbol, Symbol
from pluscheck.lang.types import FunctionType, SortType, TupleType, Type, UnionType
from pluscheck.lang.wording import did_you_mean


def check_needs(inference: Inference, entry: s.NeedsEntry, seen: dict[str | None, Span]) -> None:
    """Check one `needs`; `seen` are those of the same model before it, by the order that they are about."""
    about = None if entry.order is None else entry.order.name
    if about in seen:
        inference.report(
            Code.DUPLICATE_EXPECTATION,
            f"a model says once {'what it needs' if about is None else f'what it needs of `{about}`'}",
            entry.span,
            "said again here",
            secondary=[Label(seen[about], "first here")],
        )
    seen.setdefault(about, entry.span)
    parts = None if entry.order is None else _parts(inference, entry.order)
    for one in entry.sets:
        for need in one:
            match need:
                case s.Constraint():
                    if parts is not None:
                        _check_constraint(inference, need, parts)
                case s.Protection(name, path):
                    if entry.order is not None or (
                        not path and name.name in s.ALL_OR_NONE and name.name not in _switches(inference)
                    ):
                        _check_word(inference, entry, need)
                    else:
                        _check_protection(inference, need)
                case _:
                    assert_never(need)


def _symbol(inference: Inference, name: str) -> Symbol | None:
    return inference.table.look_up(name, inference.at.home)


def _is_switch(symbol: Symbol) -> bool:
    return isinstance(symbol.what, ConstSymbol) and symbol.what.decl.is_switch


def _parts_called(inference: Inference, order: str) -> tuple[s.Ident, ...]:
    """Return the parts of the order of this name; none if there is none."""
    symbol = _symbol(inference, PART_FAMILY + order)
    return symbol.what.decl.literals if symbol is not None and isinstance(symbol.what, EnumSymbol) else ()


def _switches(inference: Inference) -> list[str]:
    """Return the names of the switches that are not about orders."""
    found = inference.table.symbols.items()
    return [n for n, symbol in found if _is_switch(symbol) and not _parts_called(inference, n)]


def _parts(inference: Inference, order: s.Ident) -> tuple[s.Ident, ...] | None:
    """Return the parts of an order, as they are written; None if there is no such order, which is reported."""
    parts = _parts_called(inference, order.name)
    if parts:
        return parts
    symbol = _symbol(inference, order.name)
    orders = [n for n in inference.table.symbols if _parts_called(inference, n)]
    if symbol is None:
        inference.report(
            Code.UNKNOWN_NAME,
            f"there is no order `{order.name}`",
            order.span,
            "unknown order",
            help_line=did_you_mean(order.name, orders),
        )
    else:
        inference.report(
            Code.NO_PROTECTION,
            f"`{order.name}` is {symbol.noun}, not an order",
            order.span,
            "not an order",
            secondary=[Label(symbol.span, "declared here")],
            help_line="what is needed of switches is said without a name: `needs A, B;`"
            if _is_switch(symbol)
            else None,
        )
    return None


def _check_constraint(inference: Inference, need: s.Constraint, parts: tuple[s.Ident, ...]) -> None:
    at = {part.name: number for number, part in enumerate(parts)}
    unknown = [name for name in (need.first, need.second) if name.name not in at]
    for name in unknown:
        inference.report(
            Code.UNKNOWN_NAME,
            f"the order has no part `{name.name}`",
            name.span,
            "unknown part",
            help_line=did_you_mean(name.name, at) or "its parts are " + ", ".join(f"`{each}`" for each in at),
        )
    if not unknown and at[need.first.name] >= at[need.second.name]:
        inference.report(
            Code.NO_PROTECTION,
            f"`{need.first.name}` is never asked to come before `{need.second.name}`",
            need.span,
            "no constraint",
            secondary=[Label(parts[0].span, "the written order begins here")],
            help_line="a constraint is about two parts, the first one as written first",
        )


def _check_word(inference: Inference, entry: s.NeedsEntry, need: s.Protection) -> None:
    if len(entry.sets) > 1 or len(entry.sets[0]) > 1:
        inference.report(
            Code.NO_PROTECTION,
            f"`{need.name.name}` stands alone",
            need.span,
            "beside something else here",
            help_line="name the protections of each set, or say `all` or `none` and nothing else",
        )
    if entry.order is None and not _switches(inference):
        inference.report(Code.NO_PROTECTION, "there is no switch: nothing can be needed or not", need.span, "of what?")


def _check_protection(inference: Inference, need: s.Protection) -> None:
    name = need.name
    symbol = _symbol(inference, name.name)
    if symbol is None:
        inference.report(
            Code.UNKNOWN_NAME,
            f"there is no switch `{name.name}`",
            name.span,
            "unknown switch",
            help_line=did_you_mean(name.name, [*_switches(inference), *s.ALL_OR_NONE]),
        )
        return
    is_order = bool(_parts_called(inference, name.name))
    if is_order or not isinstance(symbol.what, ConstSymbol) or not symbol.what.decl.is_switch:
        inference.report(
            Code.NO_PROTECTION,
            f"`{name.name}` is {'an order' if is_order else symbol.noun}, not a protection",
            name.span,
            "not a switch",
            secondary=[Label(symbol.span, "declared here")],
            help_line=f"`needs {name.name}: First before Second;` is about an order" if is_order else None,
        )
        return
    at = inference.declared_type(symbol.what.decl.type, symbol.module)
    target: s.Node = name
    for step in need.path:
        at = _element(inference, at, step, target)
        target = step


def _element(inference: Inference, of: Type, step: s.IndexStep | s.FieldStep, target: s.Node) -> Type:
    """Return the type of an element of a switch; where an index is the name of a sort, all of its elements are meant."""
    scope = Scope()
    if isinstance(step, s.FieldStep) or not isinstance(of, FunctionType):
        return inference.path_type(of, (step,), target, scope)
    domains = of.domain.items if isinstance(of.domain, TupleType) else (of.domain,)
    if len(domains) != len(step.args) or not any(_sort(inference, arg) for arg in step.args):
        return inference.path_type(of, (step,), target, scope)
    for arg, domain in zip(step.args, domains, strict=True):
        sort = _sort(inference, arg)
        parts = domain.parts if isinstance(domain, UnionType) else frozenset({domain})
        if sort is None:
            inference.expect(arg, inference.type_of(arg, scope), domain)
        elif SortType(sort) not in parts:
            inference.report(
                Code.NO_PROTECTION, f"the switch has no elements for `{sort}`", arg.span, "not of its domain"
            )
    return of.range


def _sort(inference: Inference, arg: s.Expr) -> str | None:
    """Return the sort that an index names, if it is one."""
    symbol = _symbol(inference, arg.name) if isinstance(arg, s.Name) else None
    return symbol.name if symbol is not None and isinstance(symbol.what, SortSymbol) else None
