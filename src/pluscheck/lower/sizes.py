"""What is too large: types that no engine could represent, sets that would be gone through element by element.

Nothing here enumerates anything; the work is in proportion to the types as written.
"""

from __future__ import annotations

from typing import assert_never

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
    cardinality,
)

MAX_ENUMERATED = 100_000
"""A set that is gone through (a function's domain, what a quantifier ranges over) has at most so many elements."""

MAX_SCALARS = 100_000
"""A variable has at most so many cells: numbers, truth values and the like."""

MAX_SEQUENCE = 10_000
"""The largest bound of a sequence."""

MAX_INTEGER = 2**63
"""Ranges lie between this and its negative."""


def too_large(of: Type, scope: Scope) -> str | None:
    """Return what is too large about the type of a variable, or None."""
    trouble = _too_large_inside(of, scope)
    if trouble is None and (cells := scalars(of, scope)) > MAX_SCALARS:
        return f"a value has {count_text(cells)} cells, more than {MAX_SCALARS:,}"
    return trouble


def too_many(of: Type, scope: Scope) -> str | None:
    """Return why the values of the type cannot be gone through one by one, or None."""
    trouble = _too_large_inside(of, scope)
    if trouble is None and (count := cardinality(of, scope)) > MAX_ENUMERATED:
        return f"it has {count_text(count)} values, more than {MAX_ENUMERATED:,}"
    return trouble


def count_text(count: int) -> str:
    """Return a number as people read it, however large."""
    return f"{count:,}" if count < 10**15 else f"about 2^{count.bit_length() - 1}"


def _too_large_inside(of: Type, scope: Scope) -> str | None:
    match of:
        case BoolType() | EnumType() | SortType() | UnionType() | AmongType():
            return None
        case RangeType(low, high):
            if low < -MAX_INTEGER or high > MAX_INTEGER:
                return "its numbers have more than 63 bits"
            return None
        case RecordType(fields):
            return _first(tuple(item for _, item in fields), scope)
        case TupleType(items):
            return _first(items, scope)
        case FunctionType(domain, target):
            trouble = _first((domain, target), scope)
            if trouble is None and (count := cardinality(domain, scope)) > MAX_ENUMERATED:
                return f"the domain has {count_text(count)} elements, more than {MAX_ENUMERATED:,}"
            return trouble
        case SetType(element):
            trouble = _too_large_inside(element, scope)
            if trouble is None and (count := cardinality(element, scope)) > MAX_ENUMERATED:
                return f"a set may have {count_text(count)} elements, more than {MAX_ENUMERATED:,}"
            return trouble
        case SeqType(element, bound):
            if bound > MAX_SEQUENCE:
                return f"a sequence may have {count_text(bound)} elements, more than {MAX_SEQUENCE:,}"
            return _too_large_inside(element, scope)
        case OptionType(element):
            return _too_large_inside(element, scope)
        case _:
            assert_never(of)


def _first(types: tuple[Type, ...], scope: Scope) -> str | None:
    return next((trouble for of in types if (trouble := _too_large_inside(of, scope)) is not None), None)


def scalars(of: Type, scope: Scope) -> int:
    """Return how many cells a value of the type has when it is laid out flat. `too_large` has looked inside first."""
    match of:
        case BoolType() | RangeType() | EnumType() | SortType() | UnionType():
            return 1
        case AmongType(values):
            return len(values)
        case RecordType(fields):
            return sum(scalars(item, scope) for _, item in fields)
        case TupleType(items):
            return sum(scalars(item, scope) for item in items)
        case FunctionType(domain, target):
            return cardinality(domain, scope) * scalars(target, scope)
        case SetType(element):
            return cardinality(element, scope)
        case SeqType(element, bound):
            return 1 + bound * scalars(element, scope)
        case OptionType(element):
            return 1 + scalars(element, scope)
        case _:
            assert_never(of)
