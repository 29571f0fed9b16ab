"""Where a stored value must be checked to be of its variable's type, and where it cannot fail to be."""

from __future__ import annotations

from collections.abc import Mapping

from pluscheck.base.source import Span
from pluscheck.core import exprs as e
from pluscheck.core import types as t


def checked(expr: e.Expr, of: t.Type, span: Span, variables: Mapping[str, t.Type], scope: t.Scope) -> e.Expr:
    """Return the expression with a `Check` around each part of it that might not be of its type.

    Equal in meaning to one `Check` around all of it, but it tells more exactly what is wrong, and leaves less to check: values in the
    current state are of their types (`variables`), so of an updated function only the new element is in question.
    """

    def part(inner: e.Expr, inner_type: t.Type) -> e.Expr:
        return checked(inner, inner_type, span, variables, scope)

    if _state_type(expr, variables) == of:
        return expr
    match expr, of:
        case e.Lit(value), _ if t.is_member(value, of, scope):
            return expr
        case e.Ite(condition, yes, no), _:
            return e.Ite(condition, part(yes, of), part(no, of), span=expr.span)
        case e.Let(name, value, body), _:
            return e.Let(name, value, part(body, of), span=expr.span)
        case e.Update(function, argument, value), t.FunctionType(_, target) if _state_type(function, variables) == of:
            return e.Update(function, argument, part(value, target), span=expr.span)
        case e.UpdateNth(sequence, index, value), t.SeqType(element, _) if _state_type(sequence, variables) == of:
            return e.UpdateNth(sequence, index, part(value, element), span=expr.span)
        case e.UpdateProject(whole, index, value), t.TupleType(items) if _state_type(whole, variables) == of:
            return e.UpdateProject(whole, index, part(value, items[index - 1]), span=expr.span)
        case e.WithField(record, name, value), t.RecordType(fields) if _state_type(record, variables) == of:
            return e.WithField(record, name, part(value, dict(fields)[name]), span=expr.span)
        case e.MakeRecord(values), t.RecordType(fields):
            types = dict(fields)
            return e.MakeRecord(tuple([(name, part(value, types[name])) for name, value in values]), span=expr.span)
        case e.MakeTuple(values), t.TupleType(items):
            return e.MakeTuple(tuple([part(v, i) for v, i in zip(values, items, strict=True)]), span=expr.span)
        case e.MakeTuple(values), t.SeqType(element, bound) if len(values) <= bound:
            return e.MakeTuple(tuple([part(value, element) for value in values]), span=expr.span)
        case e.SomeOf(operand), t.OptionType(element):
            return e.SomeOf(part(operand, element), span=expr.span)
        case e.SetLit(items), t.SetType(element):
            return e.SetLit(tuple([part(item, element) for item in items]), span=expr.span)
        case e.SetBinary(e.SetOp.UNION, left, right), t.SetType():
            return e.SetBinary(e.SetOp.UNION, part(left, of), part(right, of), span=expr.span)
        case e.SetBinary(e.SetOp.MINUS, left, _), t.SetType() if _state_type(left, variables) == of:
            return expr
        case ((e.Tail(sequence) | e.SubSeq(sequence)), t.SeqType()) if _state_type(sequence, variables) == of:
            return expr
        case e.Lambda(binders, value), t.FunctionType(domain, target) if _goes_through(binders, domain):
            return e.Lambda(binders, part(value, target), span=expr.span)
        case _:
            return expr if cannot_fail(of) else e.Check(expr, of, span=span)


def _state_type(expr: e.Expr, variables: Mapping[str, t.Type]) -> t.Type | None:
    """Return the type of a part of a variable's current value; None of anything else. Whatever the state holds is of its type."""
    match expr:
        case e.Var(name):
            return variables.get(name)
        case e.App(whole, _) | e.Nth(whole, _) | e.Project(whole, _) | e.Field(whole, _) | e.Head(whole) | e.Get(whole):
            of_whole = _state_type(whole, variables)
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


def _goes_through(binders: tuple[e.Binder, ...], domain: t.Type) -> bool:
    """Return whether binders range over exactly the values of a function's domain, as far as their form tells."""
    match domain:
        case t.TupleType(items) if len(binders) > 1:
            return len(items) == len(binders) and all(
                _is_all_of(binder.domain, item) for binder, item in zip(binders, items, strict=True)
            )
        case _:
            return len(binders) == 1 and _is_all_of(binders[0].domain, domain)


def _is_all_of(expr: e.Expr, of: t.Type) -> bool:
    match expr, of:
        case e.AllOf(same), _:
            return same == of
        case e.Interval(e.Lit(low), e.Lit(high)), t.RangeType(least, greatest):
            return low == least and high == greatest
        case _:
            return False


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


def within(expr: e.Expr, of: t.Type, scope: t.Scope) -> bool:
    """Return whether every element of the set is of the type, as far as the set's form alone tells."""
    match expr, of:
        case e.AllOf(of_set), _:
            return of_set == of or cannot_fail(of)
        case e.SetLit(items), _:
            return all(isinstance(item, e.Lit) and t.is_member(item.value, of, scope) for item in items)
        case e.Interval(e.Lit(int(low)), e.Lit(int(high))), t.RangeType(least, greatest):
            return low > high or (least <= low and high <= greatest)
        case e.Powerset(operand), t.SetType(element):
            return within(operand, element, scope)
        case e.FunctionSpace(e.AllOf(domain), target), t.FunctionType(arguments, results):
            return domain == arguments and within(target, results, scope)
        case e.RecordSpace(spaces), t.RecordType(fields):
            return all(within(space, item, scope) for (_, space), (_, item) in zip(spaces, fields, strict=True))
        case e.Cross(spaces), t.TupleType(items):
            return all(within(space, item, scope) for space, item in zip(spaces, items, strict=True))
        case _:
            return cannot_fail(of)
