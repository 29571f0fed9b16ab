"""Inference variables, and when a value of one type may stand where another type is expected.

An inference variable is an `Unknown`; what is known of it is kept here. Types are otherwise compared by structure, with one
kind of subtyping: an element of a sort or enum is an element of each union that has it as a part, and so are sets, options,
sequences, records and tuples of such elements, and the values of functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import assert_never

from pluscheck.lang.types import (
    BoolType,
    EnumType,
    FunctionType,
    IntType,
    LabelType,
    OptionType,
    RecordType,
    SeqType,
    SetType,
    SortType,
    TupleType,
    Type,
    UnionType,
    Unknown,
)

ERROR = Unknown(-1)
"""The type of what has been reported already: fits everywhere, silently."""

LARGEST_TYPE = 20_000
"""How many nodes a type may have, counted as a tree."""

DEEPEST_TYPE = 300
"""How deep a type may nest. Python compares and hashes nested values on the C stack, which is not to overflow."""

_MOST_STEPS = 200_000


class TypeTooLargeError(Exception):
    """A type grew beyond `LARGEST_TYPE`: only hostile specifications do that."""


@dataclass(frozen=True, slots=True)
class LabelShape:
    """The unknown is some process's label: a string literal."""


@dataclass(frozen=True, slots=True)
class BracketShape:
    """The unknown is `<<...>>` of these items, not yet known to be a tuple or a sequence."""

    items: tuple[Type, ...]


Shape = LabelShape | BracketShape

Part = SortType | EnumType


class Unifier:
    """What is known of the inference variables of one specification.

    `unions` are the declared ones: two sorts have a common type only if some declared union has both.
    """

    def __init__(self, unions: Iterable[UnionType] = ()) -> None:
        self._bound: dict[int, Type] = {}
        self._shapes: dict[int, Shape] = {}
        self._next = 0
        self._steps = 0
        self._unions: list[UnionType] = list(unions)
        self.lenient = False
        """Whether an element of a union may stand for an element of its part: set where argument types are not known."""

    def declare_union(self, union: UnionType) -> None:
        """Make the union known."""
        self._unions.append(union)

    # ------------------------------------------------------------------------------------- variables

    def fresh(self) -> Unknown:
        """Return a new unknown."""
        self._next += 1
        return Unknown(self._next)

    def fresh_label(self) -> Unknown:
        """Return a new unknown that can only become a label."""
        unknown = self.fresh()
        self._shapes[unknown.number] = LabelShape()
        return unknown

    def fresh_bracket(self, items: tuple[Type, ...]) -> Unknown:
        """Return the type of `<<...>>` with these items (at least one): a tuple or a sequence, as its use will tell."""
        unknown = self.fresh()
        self._shapes[unknown.number] = BracketShape(items)
        return unknown

    def resolve(self, of: Type) -> Type:
        """Return the type with what is known of it at the top; below it there may be bound unknowns."""
        while isinstance(of, Unknown):
            known = self._bound.get(of.number)
            if known is None:
                return of
            of = known
        return of

    def shape(self, of: Unknown) -> Shape | None:
        """Return what is known of an unknown that is not bound."""
        return self._shapes.get(of.number)

    def settle_as_tuple(self, unknown: Unknown) -> Type:
        """Decide that an undecided `<<...>>` is a tuple."""
        shape = self._shapes[unknown.number]
        assert isinstance(shape, BracketShape)
        settled = TupleType(shape.items)
        self._bound[unknown.number] = settled
        return settled

    def settle_as_sequence(self, unknown: Unknown) -> Type | None:
        """Decide that an undecided `<<...>>` is a sequence; None if its items have no common type."""
        shape = self._shapes[unknown.number]
        assert isinstance(shape, BracketShape)
        element: Type | None = shape.items[0]
        for item in shape.items[1:]:
            element = None if element is None else self.join(element, item)
        if element is None:
            return None
        settled = SeqType(element)
        self._bound[unknown.number] = settled
        return settled

    def zonk(self, of: Type) -> Type:
        """Return the type with everything filled in that is known; an undecided `<<...>>` is a tuple. Raises TypeTooLargeError."""
        budget = [LARGEST_TYPE]
        return self._zonk(of, budget)

    def _zonk(self, of: Type, budget: list[int]) -> Type:
        of = self.resolve(of)
        budget[0] -= 1
        if budget[0] < 0:
            raise TypeTooLargeError
        if isinstance(of, Unknown):
            shape = self._shapes.get(of.number)
            if not isinstance(shape, BracketShape):
                return of
            of = TupleType(shape.items)
        match of:
            case BoolType() | IntType() | EnumType() | SortType() | UnionType() | LabelType():
                return of
            case RecordType(fields):
                return RecordType(tuple([(name, self._zonk(t, budget)) for name, t in fields]))
            case TupleType(items):
                return TupleType(tuple([self._zonk(t, budget) for t in items]))
            case FunctionType(domain, target):
                return FunctionType(self._zonk(domain, budget), self._zonk(target, budget))
            case SetType(element):
                return SetType(self._zonk(element, budget))
            case SeqType(element):
                return SeqType(self._zonk(element, budget))
            case OptionType(element):
                return OptionType(self._zonk(element, budget))
            case _:
                assert_never(of)

    def unknowns(self, of: Type) -> list[Unknown]:
        """Return the unbound unknowns in the type, also those of undecided brackets. Raises TypeTooLargeError."""
        found: list[Unknown] = []
        pending = [(of, 0)]
        for _ in range(LARGEST_TYPE):
            if not pending:
                return found
            top, depth = pending.pop()
            top = self.resolve(top)
            below = components(top)
            if isinstance(top, Unknown):
                found.append(top)
                shape = self._shapes.get(top.number)
                if isinstance(shape, BracketShape):
                    below = shape.items
            if below and depth == DEEPEST_TYPE:
                break
            pending.extend([(item, depth + 1) for item in below])
        raise TypeTooLargeError

    # -------------------------------------------------------------------------------------- relations

    def fits(self, actual: Type, expected: Type) -> bool:
        """Tell whether a value of type `actual` may stand where `expected` is, and bind unknowns so that it does.

        Raises TypeTooLargeError.
        """
        self._steps = 0
        return self._fits(actual, expected)

    def join(self, left: Type, right: Type) -> Type | None:
        """Return the least type that has the values of both; None if there is none. Binds unknowns. Raises TypeTooLargeError."""
        self._steps = 0
        return self._join(left, right)

    def could_fit(self, actual: Type, expected: Type) -> bool:
        """Tell whether `fits` would hold, and bind nothing."""
        return self._tentatively(lambda: self._fits(actual, expected))

    def could_join(self, left: Type, right: Type) -> bool:
        """Tell whether there is a join, and bind nothing."""
        return self._tentatively(lambda: self._join(left, right) is not None)

    def _tentatively(self, question: Callable[[], bool]) -> bool:
        kept = dict(self._bound)
        self._steps = 0
        answer = question()
        self._bound = kept
        return answer

    def _step(self) -> None:
        self._steps += 1
        if self._steps > _MOST_STEPS:
            raise TypeTooLargeError

    def _fits(self, actual: Type, expected: Type) -> bool:
        self._step()
        actual, expected = self.resolve(actual), self.resolve(expected)
        if actual is expected or actual == ERROR or expected == ERROR:
            return True
        if isinstance(actual, Unknown):
            return self._bind(actual, expected)
        if isinstance(expected, Unknown):
            return self._bind(expected, actual)
        match actual, expected:
            case (SortType() | EnumType() | UnionType(), SortType() | EnumType() | UnionType()):
                if parts_of(actual) <= parts_of(expected):
                    return True
                return self.lenient and self._join(actual, expected) is not None
            case RecordType(fields), RecordType(others):
                return [n for n, _ in fields] == [n for n, _ in others] and all(
                    self._fits(a, b) for (_, a), (_, b) in zip(fields, others, strict=True)
                )
            case TupleType(items), TupleType(others_items):
                return len(items) == len(others_items) and all(
                    self._fits(a, b) for a, b in zip(items, others_items, strict=True)
                )
            case FunctionType(domain, target), FunctionType(other_domain, other_target):
                # A function on fewer arguments is never one of the larger type, so domains must agree.
                return (
                    self._fits(domain, other_domain)
                    and self._fits(other_domain, domain)
                    and self._fits(target, other_target)
                )
            case (SetType(a), SetType(b)) | (SeqType(a), SeqType(b)) | (OptionType(a), OptionType(b)):
                return self._fits(a, b)
            case _:
                return actual == expected

    def _join(self, left: Type, right: Type) -> Type | None:
        self._step()
        left, right = self.resolve(left), self.resolve(right)
        if left is right or right == ERROR:
            return left
        if left == ERROR:
            return right
        if isinstance(left, Unknown):
            return self._joined_unknown(left, right)
        if isinstance(right, Unknown):
            return self._joined_unknown(right, left)
        match left, right:
            case (SortType() | EnumType() | UnionType(), SortType() | EnumType() | UnionType()):
                return self.union_of(parts_of(left) | parts_of(right))
            case RecordType(fields), RecordType(others):
                if [n for n, _ in fields] != [n for n, _ in others]:
                    return None
                joined = self._join_all([(a, b) for (_, a), (_, b) in zip(fields, others, strict=True)])
                if joined is None:
                    return None
                return RecordType(tuple((n, t) for (n, _), t in zip(fields, joined, strict=True)))
            case TupleType(items), TupleType(other_items):
                if len(items) != len(other_items):
                    return None
                joined = self._join_all(list(zip(items, other_items, strict=True)))
                return None if joined is None else TupleType(tuple(joined))
            case FunctionType(domain, target), FunctionType(other_domain, other_target):
                joined = self._join_all([(domain, other_domain), (target, other_target)])
                return None if joined is None else FunctionType(joined[0], joined[1])
            case SetType(a), SetType(b):
                element = self._join(a, b)
                return None if element is None else SetType(element)
            case SeqType(a), SeqType(b):
                element = self._join(a, b)
                return None if element is None else SeqType(element)
            case OptionType(a), OptionType(b):
                element = self._join(a, b)
                return None if element is None else OptionType(element)
            case _:
                return left if left == right else None

    def _join_all(self, pairs: list[tuple[Type, Type]]) -> list[Type] | None:
        joined: list[Type] = []
        for a, b in pairs:
            both = self._join(a, b)
            if both is None:
                return None
            joined.append(both)
        return joined

    def _joined_unknown(self, unknown: Unknown, other: Type) -> Type | None:
        mine, theirs = self._shapes.get(unknown.number), None
        if isinstance(other, Unknown):
            theirs = self._shapes.get(other.number)
        if isinstance(mine, BracketShape) and isinstance(theirs, BracketShape):
            return self._join_brackets(unknown, mine, other, theirs)
        if isinstance(mine, BracketShape) and isinstance(other, TupleType | SeqType):
            settled: Type | None = (
                self.settle_as_tuple(unknown) if isinstance(other, TupleType) else self.settle_as_sequence(unknown)
            )
            return None if settled is None else self._join(settled, other)
        return other if self._bind(unknown, other) else None

    def _join_brackets(self, left: Unknown, mine: BracketShape, right: Type, theirs: BracketShape) -> Type | None:
        assert isinstance(right, Unknown)
        if len(mine.items) == len(theirs.items):
            joined = self._join_all(list(zip(mine.items, theirs.items, strict=True)))
            if joined is None:
                return None
            both = self.fresh_bracket(tuple(joined))
            self._bound[left.number] = both
            self._bound[right.number] = both
            return both
        # Brackets of different lengths have one type only if they are sequences.
        a, b = self.settle_as_sequence(left), self.settle_as_sequence(right)
        return None if a is None or b is None else self._join(a, b)

    def _bind(self, unknown: Unknown, to: Type) -> bool:
        """Make the unknown this type, if its shape allows it and it is not a part of itself."""
        shape = self._shapes.get(unknown.number)
        if isinstance(to, Unknown):
            theirs = self._shapes.get(to.number)
            if shape is not None and theirs is None:
                unknown, to = to, unknown
            elif isinstance(shape, BracketShape) and isinstance(theirs, BracketShape):
                return self._join_brackets(unknown, shape, to, theirs) is not None
            elif shape is not None and type(shape) is not type(theirs):
                return False
        elif isinstance(shape, LabelShape):
            if not isinstance(to, LabelType):
                return False
        elif isinstance(shape, BracketShape):
            if isinstance(to, TupleType) and len(to.items) == len(shape.items):
                settled: Type | None = self.settle_as_tuple(unknown)
            elif isinstance(to, SeqType):
                settled = self.settle_as_sequence(unknown)
            else:
                settled = None
            return settled is not None and self._fits(settled, to)
        if any(part == unknown for part in self.unknowns(to)):
            return False
        self._bound[unknown.number] = to
        return True

    # ----------------------------------------------------------------------------------------- unions

    def union_of(self, parts: frozenset[Part]) -> Type | None:
        """Return the type whose elements are those of the parts; None if no declared union has all of them.

        If none has exactly these, it is a union that is written `A | B`.
        """
        if len(parts) == 1:
            return next(iter(parts))
        if not any(parts <= union.parts for union in self._unions):
            return None
        for union in self._unions:
            if union.parts == parts:
                return union
        return UnionType(" | ".join(sorted(part.name for part in parts)), parts)

    def meet(self, left: Type, right: Type) -> Type:
        """Return the type of what is in both: for unions their common parts; otherwise, and if there are none, `left`."""
        left, right = self.resolve(left), self.resolve(right)
        if isinstance(left, SortType | EnumType | UnionType) and isinstance(right, SortType | EnumType | UnionType):
            common = parts_of(left) & parts_of(right)
            if common:
                return self.union_of(common) or left
        return left


def parts_of(of: SortType | EnumType | UnionType) -> frozenset[Part]:
    """Return the sorts and enums whose elements are the type's."""
    match of:
        case SortType() | EnumType():
            return frozenset({of})
        case UnionType(_, parts):
            return parts
        case _:
            assert_never(of)


def components(of: Type) -> tuple[Type, ...]:
    """Return the types that the type is directly made of."""
    match of:
        case BoolType() | IntType() | EnumType() | SortType() | UnionType() | LabelType() | Unknown():
            return ()
        case RecordType(fields):
            return tuple(t for _, t in fields)
        case TupleType(items):
            return items
        case FunctionType(domain, target):
            return (domain, target)
        case SetType(element) | SeqType(element) | OptionType(element):
            return (element,)
        case _:
            assert_never(of)
