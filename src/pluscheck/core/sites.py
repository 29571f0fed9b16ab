"""The places of a system at which something may turn out not to be defined: its implicit properties, violated or not."""

from __future__ import annotations

from collections.abc import Iterator

from pluscheck.core.exprs import (
    App,
    Arith,
    Arithmetic,
    Case,
    Check,
    Choose,
    Expr,
    FaultKind,
    Get,
    Head,
    Nth,
    Site,
    SubSeq,
    Tail,
    Update,
    UpdateNth,
)
from pluscheck.core.system import Action, Assertion, Bind, Guard, Pick, TransitionSystem
from pluscheck.core.types import (
    AmongType,
    FunctionType,
    OptionType,
    RangeType,
    RecordType,
    SeqType,
    SetType,
    TupleType,
    Type,
)
from pluscheck.core.walk import subterms


def fault_sites(system: TransitionSystem) -> tuple[Site, ...]:
    """Return each place once, in the order of the text. Whether a value stored is in range is asked only where its type leaves that open."""
    found = {site: None for expr in subterms(evaluated(system)) for site in _sites_of(expr)}
    found.update(
        (Site(FaultKind.ASSERTION_FAILED, clause.span), None)
        for action in system.actions
        for clause in action.clauses
        if isinstance(clause, Assertion)
    )
    return tuple(sorted(found, key=lambda site: (site.span.source.name, site.span.start, site.kind)))


def evaluated(system: TransitionSystem) -> Iterator[Expr]:
    """Yield every expression that may be evaluated."""
    yield from (variable.initial for variable in system.variables if variable.initial is not None)
    yield from system.init
    for action in system.actions:
        yield from expressions_of(action)
    yield from (claim.formula for claim in system.properties)
    if system.terminal is not None:
        yield system.terminal
    yield from (operator.body for operator in system.operators.values())


def expressions_of(action: Action) -> Iterator[Expr]:
    """Yield the expressions of an action."""
    for clause in action.clauses:
        match clause:
            case Guard(condition) | Assertion(condition):
                yield condition
            case Pick(_, expr) | Bind(_, expr):
                yield expr
    yield from (update.value for update in action.updates)


def _sites_of(expr: Expr) -> Iterator[Site]:
    """Yield the ways in which this expression itself, its parts left aside, may be undefined."""
    match expr:
        case App() | Update():
            yield Site(FaultKind.OUTSIDE_DOMAIN, expr.span)
        case Nth() | UpdateNth() | Head() | Tail() | SubSeq():
            yield Site(FaultKind.BEYOND_SEQUENCE, expr.span)
        case Get():
            yield Site(FaultKind.GET_OF_NONE, expr.span)
        case Choose():
            yield Site(FaultKind.CHOOSE_FROM_NOTHING, expr.span)
        case Case(_, None):
            yield Site(FaultKind.CASE_FELL_THROUGH, expr.span)
        case Arith(Arithmetic.DIV | Arithmetic.MOD):
            yield Site(FaultKind.DIVISION_BY_ZERO, expr.span)
        case Check(_, of):
            if _has(of, (RangeType, AmongType)):
                yield Site(FaultKind.OUT_OF_RANGE, expr.span)
            if _has(of, (SeqType,)):
                yield Site(FaultKind.SEQUENCE_OVERFLOW, expr.span)
        case _:
            return


def _has(of: Type, wanted: tuple[type[Type], ...]) -> bool:
    """Return whether a type is, or has inside it, one of these."""
    if isinstance(of, wanted):
        return True
    match of:
        case FunctionType(_, inner) | SetType(inner) | SeqType(inner, _) | OptionType(inner):
            return _has(inner, wanted)
        case RecordType(fields):
            return any(_has(item, wanted) for _, item in fields)
        case TupleType(items):
            return any(_has(item, wanted) for item in items)
        case _:
            return False
