"""Sets described by how they are made, so that membership in `SUBSET S` or `[S -> T]` needs no enumeration.

A `SetShape` is either a plain `frozenset` or one of the shapes below. Shapes hold values only: whatever could fault was evaluated when
the shape was made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, product
from math import prod
from typing import assert_never

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Diagnostic, Label
from pluscheck.base.errors import SpecError
from pluscheck.base.source import Span
from pluscheck.core.types import (
    AmongType,
    BoolType,
    EnumType,
    FunctionType,
    OptionType,
    RangeType,
    RecordType,
    Scope,
    SeqType,
    SetType,
    SortType,
    TupleType,
    Type,
    UnionType,
    values_of,
)
from pluscheck.core.values import NOTHING, Function, Nothing, Record, Some, Value, ordered

MAX_ELEMENTS = 1_000_000
"""Sets larger than this are never enumerated."""


class TooLarge(SpecError):  # noqa: N818 - says what it is
    """Evaluating needs more elements, or more work, than pluscheck is willing to spend."""

    def __init__(self, code: Code, message: str, span: Span, remedy: str) -> None:
        super().__init__([Diagnostic(code, message, Label(span, "while evaluating this"), help=remedy)])


@dataclass(frozen=True, slots=True)
class Integers:
    """`low..high`."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Subsets:
    """`SUBSET base`."""

    base: SetShape


@dataclass(frozen=True, slots=True)
class Functions:
    """`[domain -> target]`; the domain is in the fixed order."""

    domain: tuple[Value, ...]
    target: SetShape


@dataclass(frozen=True, slots=True)
class Records:
    """`[a : S, b : T]`."""

    fields: tuple[tuple[str, SetShape], ...]


@dataclass(frozen=True, slots=True)
class Product:
    """`A \\X B`."""

    items: tuple[SetShape, ...]


@dataclass(frozen=True, slots=True)
class Sequences:
    """All sequences of at most `bound` elements."""

    element: SetShape
    bound: int


@dataclass(frozen=True, slots=True)
class Options:
    """`None`, and `Some` of each element."""

    element: SetShape


@dataclass(frozen=True, slots=True)
class Either:
    """`left \\cup right`."""

    left: SetShape
    right: SetShape


@dataclass(frozen=True, slots=True)
class Both:
    """`left \\cap right`."""

    left: SetShape
    right: SetShape


@dataclass(frozen=True, slots=True)
class Without:
    """`left \\ right`."""

    left: SetShape
    right: SetShape


Unenumerated = Integers | Subsets | Functions | Records | Product | Sequences | Options | Either | Both | Without
"""Sets whose elements nobody has asked for yet."""

SetShape = frozenset[Value] | Unenumerated


def shape_of_type(of: Type, scope: Scope, span: Span) -> SetShape:
    """Return the set of all values of a type; raises `TooLarge` where a function's domain is too large."""
    match of:
        case RangeType(low, high):
            return Integers(low, high)
        case BoolType() | EnumType() | SortType() | UnionType() | AmongType():
            return frozenset(values_of(of, scope))
        case RecordType(fields):
            return Records(tuple([(name, shape_of_type(item, scope, span)) for name, item in fields]))
        case TupleType(items):
            return Product(tuple([shape_of_type(item, scope, span) for item in items]))
        case FunctionType(domain, target):
            arguments = elements(shape_of_type(domain, scope, span), span)
            return Functions(tuple(arguments), shape_of_type(target, scope, span))
        case SetType(element):
            return Subsets(shape_of_type(element, scope, span))
        case SeqType(element, bound):
            return Sequences(shape_of_type(element, scope, span), bound)
        case OptionType(element):
            return Options(shape_of_type(element, scope, span))
        case _:
            assert_never(of)


def contains(shape: SetShape, value: Value) -> bool:
    """Return whether the value, which is of the elements' type, is in the set; enumerates nothing."""
    match shape:
        case frozenset():
            return value in shape
        case Integers(low, high):
            return isinstance(value, int) and low <= value <= high
        case Subsets(base):
            return isinstance(value, frozenset) and all(contains(base, item) for item in value)
        case Functions(domain, target):
            return (
                isinstance(value, Function)
                and tuple(argument for argument, _ in value.pairs) == domain
                and all(contains(target, item) for _, item in value.pairs)
            )
        case Records(fields):
            return isinstance(value, Record) and all(contains(item, value[name]) for name, item in fields)
        case Product(items):
            return (
                isinstance(value, tuple)
                and len(value) == len(items)
                and all(contains(item, part) for item, part in zip(items, value, strict=True))
            )
        case Sequences(element, bound):
            return isinstance(value, tuple) and len(value) <= bound and all(contains(element, v) for v in value)
        case Options(element):
            return isinstance(value, Nothing) or (isinstance(value, Some) and contains(element, value.value))
        case Either(left, right):
            return contains(left, value) or contains(right, value)
        case Both(left, right):
            return contains(left, value) and contains(right, value)
        case Without(left, right):
            return contains(left, value) and not contains(right, value)
        case _:
            assert_never(shape)


def size(shape: SetShape, span: Span) -> int:
    """Return the number of elements; exact up to `MAX_ELEMENTS`, and larger than that for all larger sets.

    Raises `TooLarge` only for `Either`, `Both` and `Without` of sets too large to enumerate.
    """
    match shape:
        case frozenset():
            return len(shape)
        case Integers(low, high):
            return max(0, high - low + 1)
        case Subsets(base):
            return _power(2, size(base, span))
        case Functions(domain, target):
            return _power(size(target, span), len(domain))
        case Records(fields):
            return prod(size(item, span) for _, item in fields)
        case Product(items):
            return prod(size(item, span) for item in items)
        case Sequences(element, bound):
            count = size(element, span)
            if count <= 1:
                return 1 + bound * count
            total = 0
            for length in range(bound + 1):
                total += _power(count, length)
                if total > MAX_ELEMENTS:
                    break
            return total
        case Options(element):
            return 1 + size(element, span)
        case Either() | Both() | Without():
            return len(plain(shape, span))
        case _:
            assert_never(shape)


def _power(base: int, exponent: int) -> int:
    """Return a power; once it is larger than `MAX_ELEMENTS`, something that is larger too."""
    if base <= 1:
        return 1 if exponent == 0 else base
    return int(min(base, MAX_ELEMENTS + 1) ** min(exponent, MAX_ELEMENTS.bit_length()))


def plain(shape: SetShape, span: Span) -> frozenset[Value]:
    """Return the set with its elements; raises `TooLarge` beyond `MAX_ELEMENTS`."""
    match shape:
        case frozenset():
            return shape
        case Either(left, right):
            return plain(left, span) | plain(right, span)
        case Both(left, right):
            # One side may be too large to enumerate: the other then decides.
            if _is_enumerable(left, span):
                return frozenset([value for value in plain(left, span) if contains(right, value)])
            return frozenset([value for value in plain(right, span) if contains(left, value)])
        case Without(left, right):
            return frozenset([value for value in plain(left, span) if not contains(right, value)])
        case _:
            return frozenset(elements(shape, span))


def _is_enumerable(shape: SetShape, span: Span) -> bool:
    try:
        return size(shape, span) <= MAX_ELEMENTS
    except TooLarge:
        return False


def elements(shape: SetShape, span: Span) -> list[Value]:
    """Return the elements in the fixed order; raises `TooLarge`, at `span`, beyond `MAX_ELEMENTS`."""
    count = size(shape, span)
    if count > MAX_ELEMENTS or (isinstance(shape, Sequences) and count * shape.bound > 10 * MAX_ELEMENTS):
        raise TooLarge(
            Code.TYPE_TOO_LARGE,
            f"this needs all elements of a set that has more than {MAX_ELEMENTS:,}",
            span,
            "test membership with \\in instead, or make the types smaller",
        )
    return ordered(_enumerated(shape, span))


def _enumerated(shape: SetShape, span: Span) -> Sequence[Value] | frozenset[Value] | range:
    """Return the elements in any order; the caller has looked at `size`."""
    match shape:
        case frozenset():
            return shape
        case Integers(low, high):
            return range(low, high + 1)
        case Subsets(base):
            items = elements(base, span)
            return [frozenset(chosen) for n in range(len(items) + 1) for chosen in combinations(items, n)]
        case Functions(domain, target):
            results = elements(target, span) if domain else []
            return [
                Function(tuple(zip(domain, chosen, strict=True))) for chosen in product(results, repeat=len(domain))
            ]
        case Records(fields):
            if any(size(item, span) == 0 for _, item in fields):
                return []
            names = [name for name, _ in fields]
            return [
                Record(tuple(zip(names, chosen, strict=True)))
                for chosen in product(*[elements(item, span) for _, item in fields])
            ]
        case Product(parts):
            if any(size(item, span) == 0 for item in parts):
                return []
            return list(product(*[elements(item, span) for item in parts]))
        case Sequences(element, bound):
            items = elements(element, span) if bound else []
            return [chosen for n in range(bound + 1 if items else 1) for chosen in product(items, repeat=n)]
        case Options(element):
            return [NOTHING, *[Some(value) for value in elements(element, span)]]
        case Either() | Both() | Without():
            return plain(shape, span)
        case _:
            assert_never(shape)


def included(left: SetShape, right: SetShape, span: Span) -> bool:
    """Return whether `left \\subseteq right`. Sets of one shape are compared part by part; otherwise `left` is enumerated."""
    match left, right:
        case Integers(low, high), Integers(other_low, other_high):
            return low > high or (other_low <= low and high <= other_high)
        case Subsets(base), Subsets(other_base):
            return included(base, other_base, span)
        case Functions(domain, target), Functions(other_domain, other_target) if domain == other_domain:
            return not domain or included(target, other_target, span)
        case Options(element), Options(other_element):
            return included(element, other_element, span)
        case Either(first, second), _:
            return included(first, right, span) and included(second, right, span)
        case _:
            return all(contains(right, value) for value in plain(left, span))
