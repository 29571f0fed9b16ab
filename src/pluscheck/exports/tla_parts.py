"""What a system's formulas say of steps that change nothing, and which sets of atoms it names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pluscheck.core import exprs as e
from pluscheck.core.sites import evaluated
from pluscheck.core.system import Operator, TransitionSystem
from pluscheck.core.types import (
    AmongType,
    BoolType,
    EnumType,
    FunctionType,
    OptionType,
    RangeType,
    RecordType,
    SeqType,
    SetType,
    SortType,
    TupleType,
    Type,
    UnionType,
)
from pluscheck.core.walk import subterms
from pluscheck.exports.defined import FALSE, TRUE, both, is_false, is_true


@dataclass(frozen=True, slots=True)
class Families:
    """The enums and unions of a system, in order; its sorts and enums by the name of their atoms' family."""

    named: tuple[EnumType | UnionType, ...]
    atoms: Mapping[str, SortType | EnumType]


def families_of(system: TransitionSystem) -> Families:
    """Return the sets of atoms that types mention."""
    pending: list[Type] = [variable.type for variable in system.variables]
    pending += [constant.type for constant in system.constants]
    for term in subterms(evaluated(system)):
        if isinstance(term, e.AllOf | e.Check):
            pending.append(term.type)
    named: dict[EnumType | UnionType, None] = {}
    atoms: dict[str, SortType | EnumType] = {name: SortType(name) for name in system.scope}
    seen: set[Type] = set()
    while pending:
        of = pending.pop()
        if of in seen:
            continue
        seen.add(of)
        match of:
            case EnumType(name):
                named[of] = None
                atoms[name] = of
            case UnionType(_, parts):
                named[of] = None
                pending += parts
            case RecordType(fields):
                pending += [item for _, item in fields]
            case TupleType(items):
                pending += items
            case FunctionType(domain, target):
                pending += [domain, target]
            case SetType(element) | SeqType(element) | OptionType(element):
                pending.append(element)
            case BoolType() | RangeType() | SortType() | AmongType():
                pass
    # A union is defined by its parts, so they come first.
    return Families(tuple(sorted(named, key=lambda of: (isinstance(of, UnionType), of.name))), atoms)


def unprimed(formula: e.Expr, operators: Mapping[str, Operator]) -> tuple[e.Expr, dict[str, Operator]]:
    """Return the formula read in one state for both, and the operators, read so, that it then takes."""
    primed = _mentioning_primes(operators)
    made: dict[str, Operator] = {}

    def same(expr: e.Expr) -> e.Expr:
        match expr:
            case e.Prime(operand):
                return same(operand)
            case e.Call(name, args) if name in primed:
                new = f"{name} in one state"
                if new not in made:
                    old = operators[name]
                    made[new] = old
                    made[new] = Operator(new, old.params, same(old.body))
                return e.Call(new, tuple(map(same, args)), span=expr.span)
            case _:
                return _simpler(rebuilt(expr, same))

    return same(formula), made


def _simpler(expr: e.Expr) -> e.Expr:
    match expr:
        case e.Eq(left, right) | e.Compare(e.Comparison.LE, left, right) if left == right:
            return TRUE
        case e.And(args):
            return both(args)
        case e.Or(args):
            possible = tuple([arg for arg in args if not is_false(arg)])
            return TRUE if any(map(is_true, possible)) else e.Or(possible) if possible else FALSE
        case e.Not(operand):
            return FALSE if is_true(operand) else TRUE if is_false(operand) else expr
        case e.Implies(left, right):
            return TRUE if is_true(right) or is_false(left) else expr
        case e.Forall(_, body):
            return TRUE if is_true(body) else expr
        case e.Let(_, _, body):
            return body if is_true(body) or is_false(body) else expr
        case _:
            return expr


def rebuilt(expr: e.Expr, change: Callable[[e.Expr], e.Expr]) -> e.Expr:
    """Return the expression with `change` made to each of its parts."""
    if isinstance(expr, e.Lit):
        return expr
    return replace(expr, **{name: _rebuilt(getattr(expr, name), change) for name in expr.__match_args__})


def _rebuilt(part: Any, change: Callable[[e.Expr], e.Expr]) -> Any:
    match part:
        case e.Binder(name, domain):
            return e.Binder(name, change(domain))
        case e.Node():
            return change(part)  # type: ignore[arg-type]  # every other Node is one of Expr
        case tuple():
            return tuple([_rebuilt(item, change) for item in part])
        case _:
            return part


def _mentioning_primes(operators: Mapping[str, Operator]) -> set[str]:
    """Return the operators that read the next state, by themselves or by what they call."""
    terms = {name: list(subterms([operator.body])) for name, operator in operators.items()}
    found = {name for name, parts in terms.items() if any(isinstance(part, e.Prime) for part in parts)}
    while True:
        more = {
            name
            for name, parts in terms.items()
            if name not in found and any(isinstance(part, e.Call) and part.operator in found for part in parts)
        }
        if not more:
            return found
        found |= more
