"""Where a stored value must be checked to be of its variable's type, and where it cannot fail to be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from pluscheck.base.source import Span
from pluscheck.core import exprs as e
from pluscheck.core import types as t
from pluscheck.core.values import Value
from pluscheck.core.walk import subterms
from pluscheck.lower.sizes import MAX_ENUMERATED


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the values that expressions mention.

    `variables` and `local_names` are those that certainly are of these types; `constant` returns the value of a constant expression, None of any other.
    """

    variables: Mapping[str, t.Type]
    local_names: Mapping[str, t.Type]
    scope: t.Scope
    constant: Callable[[e.Expr], Value | None]


def checked(expr: e.Expr, of: t.Type, span: Span, known: Known) -> e.Expr:
    """Return the expression with a `Check` around each part of it that might not be of its type.

    Equal in meaning to one `Check` around all of it, but it tells more exactly what is wrong, and leaves less to check: values in the
    current state are of their types, so of an updated function only the new element is in question.
    """

    def part(inner: e.Expr, inner_type: t.Type) -> e.Expr:
        return checked(inner, inner_type, span, known)

    if _known_type(expr, known) == of:
        return expr
    match expr, of:
        case e.Lit(value), _ if t.is_member(value, of, known.scope):
            return expr
        case e.Ite(condition, yes, no), _:
            return e.Ite(condition, part(yes, of), part(no, of), span=expr.span)
        case e.Let(name, value, body), _:
            if is_sure(value, of, known):
                known = replace(known, local_names={**known.local_names, name: of})
            return e.Let(name, value, checked(body, of, span, known), span=expr.span)
        case e.Update(function, argument, value), t.FunctionType(_, target) if is_sure(function, of, known):
            return e.Update(function, argument, part(value, target), span=expr.span)
        case e.UpdateNth(sequence, index, value), t.SeqType(element, _) if is_sure(sequence, of, known):
            return e.UpdateNth(sequence, index, part(value, element), span=expr.span)
        case e.UpdateProject(whole, index, value), t.TupleType(items) if is_sure(whole, of, known):
            return e.UpdateProject(whole, index, part(value, items[index - 1]), span=expr.span)
        case e.WithField(record, name, value), t.RecordType(fields) if is_sure(record, of, known):
            return e.WithField(record, name, part(value, dict(fields)[name]), span=expr.span)
        # What a LET names may be of another type altogether, though of the same kind.
        case e.MakeRecord(values), t.RecordType(fields) if [name for name, _ in values] == [name for name, _ in fields]:
            types = dict(fields)
            return e.MakeRecord(tuple([(name, part(value, types[name])) for name, value in values]), span=expr.span)
        case e.MakeTuple(values), t.TupleType(items) if len(values) == len(items):
            return e.MakeTuple(tuple([part(v, i) for v, i in zip(values, items, strict=True)]), span=expr.span)
        case e.MakeTuple(values), t.SeqType(element, bound) if len(values) <= bound:
            return e.MakeTuple(tuple([part(value, element) for value in values]), span=expr.span)
        case e.SomeOf(operand), t.OptionType(element):
            return e.SomeOf(part(operand, element), span=expr.span)
        case e.SetLit(items), t.SetType(element):
            return e.SetLit(tuple([part(item, element) for item in items]), span=expr.span)
        case e.SetBinary(e.SetOp.UNION, left, right), t.SetType():
            return e.SetBinary(e.SetOp.UNION, part(left, of), part(right, of), span=expr.span)
        case e.SetBinary(e.SetOp.MINUS, left, _), t.SetType() if _known_type(left, known) == of:
            return expr
        case ((e.Tail(sequence) | e.SubSeq(sequence)), t.SeqType()) if _known_type(sequence, known) == of:
            return expr
        case e.Lambda(binders, value), t.FunctionType(domain, target) if _goes_through(binders, domain, known):
            return e.Lambda(binders, part(value, target), span=expr.span)
        case _:
            return expr if cannot_fail(of) else e.Check(expr, of, span=span)


def is_sure(expr: e.Expr, of: t.Type, known: Known) -> bool:
    """Return whether the value certainly is of the type."""
    return _known_type(expr, known) == of or not any(
        isinstance(part, e.Check) for part in subterms([checked(expr, of, expr.span, known)])
    )


def _known_type(expr: e.Expr, known: Known) -> t.Type | None:
    """Return the type that a value has because it is a part of something known; None of anything else."""
    match expr:
        case e.Var(name):
            return known.variables.get(name)
        case e.Local(name):
            return known.local_names.get(name)
        case e.App(whole, _) | e.Nth(whole, _) | e.Project(whole, _) | e.Field(whole, _) | e.Head(whole) | e.Get(whole):
            of_whole = _known_type(whole, known)
        case _:
            return None
    match expr, of_whole:
        case e.App(), t.FunctionType(_, target):
            return target
        case ((e.Nth() | e.Head()), t.SeqType(element, _)):
            return element
        case e.Project(_, index), t.TupleType(items):
            return items[index - 1]
        case e.Field(_, name), t.RecordType(fields):
            return dict(fields)[name]
        case e.Get(), t.OptionType(element):
            return element
        case _:
            return None


def _goes_through(binders: tuple[e.Binder, ...], domain: t.Type, known: Known) -> bool:
    """Return whether binders range over exactly the values of a function's domain."""
    match domain:
        case t.TupleType(items) if len(binders) > 1:
            return len(items) == len(binders) and all(
                _is_all_of(binder.domain, item, known) for binder, item in zip(binders, items, strict=True)
            )
        case _:
            return len(binders) == 1 and _is_all_of(binders[0].domain, domain, known)


def _is_all_of(expr: e.Expr, of: t.Type, known: Known) -> bool:
    """Return whether the expression is the set of all values of the type."""
    match expr, of:
        case e.AllOf(same), _ if same == of:
            return True
        case e.Cross(sets), t.TupleType(items):
            return len(sets) == len(items) and all(
                _is_all_of(inner, item, known) for inner, item in zip(sets, items, strict=True)
            )
        case e.Interval(low, high), t.RangeType(least, greatest):
            return known.constant(low) == least and known.constant(high) == greatest
        case _:
            if t.cardinality(of, known.scope) > MAX_ENUMERATED:
                return False
            return known.constant(expr) == frozenset(t.values_of(of, known.scope))


def cannot_fail(of: t.Type) -> bool:
    """Return whether the language's typing alone makes sure that a value is of this type.

    It knows nothing of ranges, bounds of sequences, and domains of functions.
    """
    match of:
        case t.BoolType() | t.EnumType() | t.SortType() | t.UnionType():
            return True
        case t.RangeType() | t.AmongType() | t.FunctionType() | t.SeqType():
            return False
        case t.RecordType(fields):
            return all(cannot_fail(item) for _, item in fields)
        case t.TupleType(items):
            return all(cannot_fail(item) for item in items)
        case t.SetType(element) | t.OptionType(element):
            return cannot_fail(element)


def within(expr: e.Expr, of: t.Type, known: Known) -> bool:
    """Return whether every element of the set certainly is of the type."""
    match expr, of:
        case e.AllOf(same), _ if same == of:
            return True
        case e.Interval(low, high), t.RangeType(least, greatest):
            first, last = known.constant(low), known.constant(high)
            if not isinstance(first, int) or not isinstance(last, int):
                return False
            return first > last or (least <= first and last <= greatest)
        case e.Powerset(operand), t.SetType(element):
            return within(operand, element, known)
        case e.FunctionSpace(domain, target), t.FunctionType(arguments, results):
            return _is_all_of(domain, arguments, known) and within(target, results, known)
        case e.RecordSpace(spaces), t.RecordType(fields):
            return all(within(space, item, known) for (_, space), (_, item) in zip(spaces, fields, strict=True))
        case e.Cross(spaces), t.TupleType(items):
            return all(within(space, item, known) for space, item in zip(spaces, items, strict=True))
        case _ if cannot_fail(of):
            return True
        case _:
            value = known.constant(expr)
            return isinstance(value, frozenset) and all(t.is_member(element, of, known.scope) for element in value)
