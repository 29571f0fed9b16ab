"""What values an expression may have, as far as its text tells: enough to leave out a check that cannot fail, and to know an order of the values.

A type is a superset: the expression's values, where it has one, are of it. The type without values is `NO_VALUES`; integers of unknown size are `INTEGERS`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import assert_never

from pluscheck.base.errors import InternalError
from pluscheck.core.evaluator import MAX_BITS
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
    is_member,
)
from pluscheck.core.values import Atom, Function, Nothing, Record, Some, Value, ordered

NO_VALUES = AmongType(())
INTEGERS = RangeType(-(2**MAX_BITS), 2**MAX_BITS)
ANY_LENGTH = 2**MAX_BITS
MOST_LISTED = 16
"""More values than these are not told apart."""


@dataclass(frozen=True, slots=True)
class PartialType(FunctionType):
    """Functions on some of the values of `domain`."""


Families = Mapping[str, SortType | EnumType]


@dataclass(frozen=True, slots=True)
class Types:
    """Types in a system: of its sorts and enums, by name, and with the sizes of sorts."""

    scope: Scope
    families: Families

    def of_value(self, value: Value) -> Type:
        """Return a type of the value that says how it is made, not which it is."""
        match value:
            case bool():
                return BoolType()
            case int():
                return RangeType(value, value)
            case Atom(family):
                return self.families[family]
            case Nothing():
                return OptionType(NO_VALUES)
            case Some(inner):
                return OptionType(self.of_value(inner))
            case Record(fields):
                return RecordType(tuple([(name, self.of_value(item)) for name, item in fields]))
            case tuple():
                return TupleType(tuple([self.of_value(item) for item in value]))
            case frozenset():
                return SetType(self.joined(map(self.of_value, value)))
            case Function(pairs):
                arguments = AmongType(tuple(ordered(argument for argument, _ in pairs)))
                return FunctionType(arguments, self.joined(self.of_value(item) for _, item in pairs))

    def structure(self, of: Type) -> Type:
        """Return the type as one that says how its values are made."""
        if isinstance(of, AmongType) and of.values:
            return self.joined(map(self.of_value, of.values))
        return of

    def joined(self, types: Iterable[Type]) -> Type:
        """Return a type of the values of all of these."""
        found: Type = NO_VALUES
        for of in types:
            found = self.join(found, of)
        return found

    def join(self, left: Type, right: Type) -> Type:
        """Return a type of the values of both."""
        if left == right or right == NO_VALUES:
            return left
        if left == NO_VALUES:
            return right
        if isinstance(left, AmongType) and isinstance(right, AmongType):
            values = frozenset((*left.values, *right.values))
            if len(values) <= MOST_LISTED:
                return AmongType(tuple(ordered(values)))
        left, right = self.structure(left), self.structure(right)
        match left, right:
            case RangeType(), RangeType():
                return RangeType(min(left.low, right.low), max(left.high, right.high))
            case BoolType(), BoolType():
                return left
            case RecordType(), RecordType():
                pairs = zip(left.fields, right.fields, strict=True)
                return RecordType(tuple([(name, self.join(a, b)) for (name, a), (_, b) in pairs]))
            case (TupleType(items), TupleType(others)) if len(items) == len(others):
                return TupleType(tuple([self.join(a, b) for a, b in zip(items, others, strict=True)]))
            case ((TupleType() | SeqType()), (TupleType() | SeqType())):
                first, second = self.sequence(left), self.sequence(right)
                return SeqType(self.join(first.element, second.element), max(first.bound, second.bound))
            case FunctionType(), FunctionType():
                targets = self.join(left.range, right.range)
                same = left.domain == right.domain and PartialType not in (type(left), type(right))
                return (
                    FunctionType(left.domain, targets)
                    if same
                    else PartialType(self.join(left.domain, right.domain), targets)
                )
            case SetType(), SetType():
                return SetType(self.join(left.element, right.element))
            case OptionType(), OptionType():
                return OptionType(self.join(left.element, right.element))
            case ((SortType() | EnumType() | UnionType()), (SortType() | EnumType() | UnionType())):
                parts = sorted({*parts_of(left), *parts_of(right)}, key=lambda part: part.name)
                return UnionType("", tuple(parts))
            case _:
                raise InternalError(f"no type has the values of {left} and of {right}")

    def sequence(self, of: Type) -> SeqType:
        """Return a type of tuples, or of sequences, as one of sequences."""
        match self.structure(of):
            case SeqType() as sequence:
                return sequence
            case TupleType(items):
                return SeqType(self.joined(items), len(items))
            case _:
                return SeqType(NO_VALUES, 0)

    def element(self, of: Type) -> Type:
        """Return the type of the elements of sets."""
        structure = self.structure(of)
        return structure.element if isinstance(structure, SetType) else NO_VALUES

    def function(self, of: Type) -> FunctionType:
        """Return a type of functions."""
        structure = self.structure(of)
        return structure if isinstance(structure, FunctionType) else PartialType(NO_VALUES, NO_VALUES)

    def integers(self, of: Type) -> RangeType:
        """Return a type of integers as a range."""
        structure = self.structure(of)
        return structure if isinstance(structure, RangeType) else RangeType(0, 0)

    def includes(self, whole: Type, part: Type) -> bool:
        """Return whether all values of `part` are certainly of `whole`."""
        if whole == part or part == NO_VALUES:
            return True
        if isinstance(part, AmongType):
            return all(is_member(value, whole, self.scope) for value in part.values)
        match whole, part:
            case AmongType(values), RangeType(low, high):
                return high - low < len(values) and all(number in values for number in range(low, high + 1))
            case RangeType(), RangeType():
                return whole.low <= part.low and part.high <= whole.high
            case ((SortType() | EnumType() | UnionType()), (SortType() | EnumType() | UnionType())):
                return set(parts_of(part)) <= set(parts_of(whole))
            case RecordType(), RecordType():
                return all(self.includes(a, b) for (_, a), (_, b) in zip(whole.fields, part.fields, strict=True))
            case (TupleType(items), TupleType(others)):
                return len(items) == len(others) and all(map(self.includes, items, others))
            case SeqType(element, bound), (TupleType() | SeqType()):
                other = self.sequence(part)
                return other.bound <= bound and self.includes(element, other.element)
            case (SetType(element), SetType(other)) | (OptionType(element), OptionType(other)):
                return self.includes(element, other)
            case FunctionType(), FunctionType():
                total = PartialType not in (type(whole), type(part))
                return total and whole.domain == part.domain and self.includes(whole.range, part.range)
            case _:
                return False


def parts_of(of: SortType | EnumType | UnionType) -> tuple[SortType | EnumType, ...]:
    """Return the sorts and enums that a type of atoms has the elements of."""
    match of:
        case SortType() | EnumType():
            return (of,)
        case UnionType(_, parts):
            return parts
        case _:
            assert_never(of)
