"""Types of a lowered model: every range has its numbers; sorts stay names until a scope gives them elements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, product
from typing import assert_never

from pluscheck.core.values import NOTHING, Atom, Function, Nothing, Record, Some, Value, ordered


@dataclass(frozen=True, slots=True)
class BoolType:
    """`BOOLEAN`."""


@dataclass(frozen=True, slots=True)
class RangeType:
    """The integers `low` to `high`, both included; never empty."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class EnumType:
    """An enum and its literals in order."""

    name: str
    literals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SortType:
    """A scalarset; its elements are the scope's."""

    name: str


@dataclass(frozen=True, slots=True)
class UnionType:
    """The disjoint union of sorts and enums, flattened."""

    name: str
    parts: tuple[SortType | EnumType, ...]


@dataclass(frozen=True, slots=True)
class AmongType:
    """One of the values listed (in the fixed order, at least one): `{0, 2}`, or a constant set as a domain."""

    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class RecordType:
    """Records; fields sorted by name."""

    fields: tuple[tuple[str, Type], ...]


@dataclass(frozen=True, slots=True)
class TupleType:
    """Tuples."""

    items: tuple[Type, ...]


@dataclass(frozen=True, slots=True)
class FunctionType:
    """Total functions on all values of `domain`; of several arguments if that is a `TupleType`."""

    domain: Type
    range: Type


@dataclass(frozen=True, slots=True)
class SetType:
    """Sets of elements."""

    element: Type


@dataclass(frozen=True, slots=True)
class SeqType:
    """Sequences of at most `bound` elements."""

    element: Type
    bound: int


@dataclass(frozen=True, slots=True)
class OptionType:
    """`None`, or `Some` of an element."""

    element: Type


Type = (
    BoolType
    | RangeType
    | EnumType
    | SortType
    | UnionType
    | AmongType
    | RecordType
    | TupleType
    | FunctionType
    | SetType
    | SeqType
    | OptionType
)

Scope = Mapping[str, tuple[Atom, ...]]
"""The elements of each sort."""


def enum_atoms(enum: EnumType) -> tuple[Atom, ...]:
    """Return the literals of an enum as values."""
    return tuple(Atom(enum.name, i, label) for i, label in enumerate(enum.literals))


def cardinality(of: Type, scope: Scope) -> int:
    """Return how many values the type has; exact, and cheap even where the number is huge.

    `SUBSET` of more than a million elements counts as 2 to the million, so that the number stays small enough to print.
    """
    match of:
        case BoolType():
            return 2
        case RangeType(low, high):
            return high - low + 1
        case EnumType(_, literals):
            return len(literals)
        case SortType(name):
            return len(scope[name])
        case UnionType(_, parts):
            return sum(cardinality(part, scope) for part in parts)
        case AmongType(values):
            return len(values)
        case RecordType(fields):
            count = 1
            for _, item in fields:
                count *= cardinality(item, scope)
            return count
        case TupleType(items):
            count = 1
            for item in items:
                count *= cardinality(item, scope)
            return count
        case FunctionType(domain, target):
            return _power(cardinality(target, scope), cardinality(domain, scope))
        case SetType(element):
            return _power(2, cardinality(element, scope))
        case SeqType(element, bound):
            size = cardinality(element, scope)
            return bound + 1 if size == 1 else sum(_power(size, n) for n in range(min(bound, 100_000) + 1))
        case OptionType(element):
            return 1 + cardinality(element, scope)
        case _:
            assert_never(of)


def _power(base: int, exponent: int) -> int:
    """Return a power, saturated once it has some twenty thousand bits."""
    if base <= 1:
        return 1 if exponent == 0 else base
    return int(base ** min(exponent, 20_000 // base.bit_length() + 1))


def values_of(of: Type, scope: Scope) -> Iterator[Value]:
    """Yield every value of the type once, in the fixed order of `order_key`. The caller has looked at `cardinality` first."""
    match of:
        case BoolType():
            yield from (False, True)
        case RangeType(low, high):
            yield from range(low, high + 1)
        case EnumType():
            yield from enum_atoms(of)
        case SortType(name):
            yield from scope[name]
        case UnionType(_, parts):
            yield from ordered(value for part in parts for value in values_of(part, scope))
        case AmongType(values):
            yield from values
        case RecordType(fields):
            names = tuple(name for name, _ in fields)
            for chosen in product(*(tuple(values_of(item, scope)) for _, item in fields)):
                yield Record(tuple(zip(names, chosen, strict=True)))
        case TupleType(items):
            yield from product(*(tuple(values_of(item, scope)) for item in items))
        case FunctionType(domain, target):
            arguments = tuple(values_of(domain, scope))
            results = tuple(values_of(target, scope))
            for chosen in product(results, repeat=len(arguments)):
                yield Function(tuple(zip(arguments, chosen, strict=True)))
        case SetType(element):
            elements = tuple(values_of(element, scope))
            for size in range(len(elements) + 1):
                for subset in combinations(elements, size):
                    yield frozenset(subset)
        case SeqType(element, bound):
            elements = tuple(values_of(element, scope))
            for length in range(bound + 1):
                yield from product(elements, repeat=length)
        case OptionType(element):
            yield NOTHING
            for value in values_of(element, scope):
                yield Some(value)
        case _:
            assert_never(of)


def is_member(value: Value, of: Type, scope: Scope) -> bool:
    """Return whether the value is of the type, by its definition and without enumerating the type."""
    match of:
        case BoolType():
            return isinstance(value, bool)
        case RangeType(low, high):
            return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
        case EnumType(name, literals):
            return isinstance(value, Atom) and value.family == name and value.index < len(literals)
        case SortType(name):
            return isinstance(value, Atom) and value.family == name and value.index < len(scope[name])
        case UnionType(_, parts):
            return any(is_member(value, part, scope) for part in parts)
        case AmongType(values):
            return any(value == other and type(value) is type(other) for other in values)
        case RecordType(fields):
            return (
                isinstance(value, Record)
                and tuple(name for name, _ in value.fields) == tuple(name for name, _ in fields)
                and all(
                    is_member(item, item_type, scope)
                    for (_, item), (_, item_type) in zip(value.fields, fields, strict=True)
                )
            )
        case TupleType(items):
            return (
                isinstance(value, tuple)
                and len(value) == len(items)
                and all(is_member(v, t, scope) for v, t in zip(value, items, strict=True))
            )
        case FunctionType(domain, target):
            return (
                isinstance(value, Function)
                and len(value.pairs) == cardinality(domain, scope)
                and all(is_member(a, domain, scope) and is_member(v, target, scope) for a, v in value.pairs)
            )
        case SetType(element):
            return isinstance(value, frozenset) and all(is_member(v, element, scope) for v in value)
        case SeqType(element, bound):
            return isinstance(value, tuple) and len(value) <= bound and all(is_member(v, element, scope) for v in value)
        case OptionType(element):
            return isinstance(value, Nothing) or (isinstance(value, Some) and is_member(value.value, element, scope))
        case _:
            assert_never(of)
