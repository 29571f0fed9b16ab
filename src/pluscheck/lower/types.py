"""Type expressions to core types: bounds become numbers, abbreviations and generic types are expanded, unions flattened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, cast

from pluscheck.base.codes import Code
from pluscheck.base.errors import InternalError
from pluscheck.base.source import Span
from pluscheck.core import types as t
from pluscheck.core.values import NOTHING, Function, Record, Value, ordered
from pluscheck.lang import syntax as s
from pluscheck.lang import types as lt
from pluscheck.lang.elaborated import Annotations, BuiltinMeaning, TypeMeaning
from pluscheck.lower.problems import Problems

MAX_TYPE_NODES = 20_000
"""A type with all abbreviations expanded has at most so many nodes."""

Arguments = Mapping[str, t.Type | int]
"""What the parameters of a generic type stand for: types or numbers."""


class Evaluate(Protocol):
    """Evaluates constant expressions; raises Abandoned."""

    def __call__(self, expr: s.Expr, annotations: Annotations, params: Arguments, /) -> Value:
        """Return the expression's value; `params` for the body of a generic type."""


@dataclass(slots=True)
class TypeReader:
    """Reads type expressions in one model. `declarations` are the sorts, enums and abbreviations that parts of unions name."""

    declarations: Mapping[str, s.SortDecl | s.EnumDecl | s.TypeDecl]
    annotations: Annotations
    evaluate: Evaluate
    problems: Problems
    _known: dict[int, t.Type] = field(default_factory=dict)

    def read(self, expr: s.Expr, annotations: Annotations) -> t.Type:
        """Return the type that the expression stands for. Raises Abandoned."""
        if id(expr) not in self._known:
            self._known[id(expr)] = _Reading(self, expr.span).of(expr, annotations, {})
        return self._known[id(expr)]


def is_type(expr: s.Expr, annotations: Annotations) -> bool:
    """Return whether the expression is a type for its form alone: a name of a type, `BOOLEAN`, `Seq(…)` or `Option(…)`."""
    match expr:
        case s.BooleanSet():
            return True
        case s.Name() | s.Apply():
            match annotations.meanings.get(id(expr)):
                case TypeMeaning():
                    return True
                case BuiltinMeaning(name):
                    return name in ("Seq", "Option")
    return False


@dataclass(slots=True)
class _Reading:
    """The reading of one type expression, which counts how much it expands to."""

    reader: TypeReader
    span: Span
    nodes: int = 0

    def of(self, expr: s.Expr, annotations: Annotations, params: Arguments) -> t.Type:
        """Return the type; `params` are the arguments of the generic type in whose body the expression stands."""
        self.nodes += 1
        if self.nodes > MAX_TYPE_NODES:
            raise self.reader.problems.abandon(
                Code.TYPE_TOO_LARGE,
                "this type is too large",
                self.span,
                f"with every abbreviation written out it has more than {MAX_TYPE_NODES:,} parts",
            )
        match expr:
            case s.BooleanSet():
                return t.BoolType()
            case s.BinaryOp(s.Binary.RANGE, low, high):
                return self._range(expr, low, high, annotations, params)
            case s.Name(name) if name in params:
                match params[name]:
                    case int():
                        raise InternalError(f"the number {name} is used as a type at {expr.span.place}")
                    case argument:
                        return argument
            case s.Name() | s.Apply() if is_type(expr, annotations):
                return self._named(expr, annotations, params)
            case s.UnaryOp(s.Unary.POWERSET, element):
                return t.SetType(self.of(element, annotations, params))
            case s.Product(items):
                return t.TupleType(tuple(self.of(item, annotations, params) for item in items))
            case s.RecordSet(fields):
                of_fields = ((item.name.name, self.of(item.value, annotations, params)) for item in fields)
                return t.RecordType(tuple(sorted(of_fields, key=lambda item: item[0])))
            case s.FunctionSet(domains, target):
                of_domains = tuple(self.of(domain, annotations, params) for domain in domains)
                domain = of_domains[0] if len(of_domains) == 1 else t.TupleType(of_domains)
                return t.FunctionType(domain, self.of(target, annotations, params))
            case _:
                return self._among(expr, annotations, params)

    def _range(self, expr: s.Expr, low: s.Expr, high: s.Expr, annotations: Annotations, params: Arguments) -> t.Type:
        least = self._number(low, annotations, params)
        greatest = self._number(high, annotations, params)
        if least > greatest:
            raise self.reader.problems.abandon(
                Code.EMPTY_RANGE,
                "this type has no values",
                expr.span,
                f"the range is {least}..{greatest}",
                remedy="a type needs at least one value: look at the constants in the bounds",
            )
        return t.RangeType(least, greatest)

    def _number(self, expr: s.Expr, annotations: Annotations, params: Arguments) -> int:
        return cast("int", self.reader.evaluate(expr, annotations, params))

    def _among(self, expr: s.Expr, annotations: Annotations, params: Arguments) -> t.Type:
        values = cast("frozenset[Value]", self.reader.evaluate(expr, annotations, params))
        if not values:
            raise self.reader.problems.abandon(
                Code.EMPTY_RANGE, "this type has no values", expr.span, "the set is empty in this model"
            )
        return t.AmongType(tuple(ordered(values)))

    def _named(self, expr: s.Name | s.Apply, annotations: Annotations, params: Arguments) -> t.Type:
        args = expr.args if isinstance(expr, s.Apply) else ()
        match annotations.meanings[id(expr)]:
            case TypeMeaning(decl):
                return self._declared(decl, tuple(self._argument(arg, annotations, params) for arg in args))
            case BuiltinMeaning("Option"):
                return t.OptionType(self.of(args[0], annotations, params))
            case BuiltinMeaning("Seq"):
                bound = self._number(args[1], annotations, params)
                if bound < 0:
                    raise self.reader.problems.abandon(
                        Code.EMPTY_RANGE, "this type has no values", args[1].span, f"a sequence of at most {bound}"
                    )
                return t.SeqType(self.of(args[0], annotations, params), bound)
            case meaning:
                raise InternalError(f"{expr} is not a type but {meaning}")

    def _argument(self, expr: s.Expr, annotations: Annotations, params: Arguments) -> t.Type | int:
        """Return what an argument of a generic type stands for: a number if it is an integer, else a type."""
        match expr:
            case s.Name(name) if name in params:
                return params[name]
            case _ if annotations.types.get(id(expr)) == lt.IntType():
                return self._number(expr, annotations, params)
            case _:
                return self.of(expr, annotations, params)

    def _declared(self, decl: s.SortDecl | s.EnumDecl | s.TypeDecl, args: tuple[t.Type | int, ...]) -> t.Type:
        match decl:
            case s.SortDecl(name):
                return t.SortType(name.name)
            case s.EnumDecl(name, literals):
                return t.EnumType(name.name, tuple(literal.name for literal in literals))
            case s.TypeDecl(name, params, value, parts):
                if value is None:
                    return t.UnionType(name.name, self._parts(parts))
                return self.of(value, self.reader.annotations, {p.name: a for p, a in zip(params, args, strict=True)})

    def _parts(self, names: tuple[s.Ident, ...]) -> tuple[t.SortType | t.EnumType, ...]:
        """Return the sorts and enums of a union, in the order in which they are first named."""
        found: dict[str, t.SortType | t.EnumType] = {}
        for name in names:
            match self._declared(self.reader.declarations[name.name], ()):
                case t.UnionType(_, parts):
                    found.update((part.name, part) for part in parts)
                case (t.SortType() | t.EnumType()) as part:
                    found[part.name] = part
                case other:
                    raise InternalError(f"{other} is part of a union")
        return tuple(found.values())


def least_value(of: t.Type, scope: t.Scope) -> Value:
    """Return the first value of the type in the fixed order, without going through the others."""
    match of:
        case t.BoolType():
            return False
        case t.RangeType(low, _):
            return low
        case t.EnumType():
            return t.enum_atoms(of)[0]
        case t.SortType(name):
            return scope[name][0]
        case t.UnionType(_, parts):
            return ordered(least_value(part, scope) for part in parts)[0]
        case t.AmongType(values):
            return values[0]
        case t.RecordType(fields):
            return Record(tuple((name, least_value(item, scope)) for name, item in fields))
        case t.TupleType(items):
            return tuple(least_value(item, scope) for item in items)
        case t.FunctionType(domain, target):
            result = least_value(target, scope)
            return Function(tuple((argument, result) for argument in t.values_of(domain, scope)))
        case t.SetType():
            return frozenset()
        case t.SeqType():
            return ()
        case t.OptionType():
            return NOTHING
