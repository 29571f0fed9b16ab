"""The checker's types: like declared ones, but with no ranges and no bounds, which are checked as properties.

A declared `0..3` is an `IntType` here, a declared `Seq(T, 4)` a `SeqType`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BoolType:
    """`BOOLEAN`."""


@dataclass(frozen=True, slots=True)
class IntType:
    """Integers."""


@dataclass(frozen=True, slots=True)
class EnumType:
    """An enum, by name."""

    name: str


@dataclass(frozen=True, slots=True)
class SortType:
    """A sort, by name."""

    name: str


@dataclass(frozen=True, slots=True)
class UnionType:
    """A union of sorts and enums, flattened; two unions of the same parts are the same type."""

    name: str
    parts: frozenset[SortType | EnumType]


@dataclass(frozen=True, slots=True)
class RecordType:
    """A record; fields sorted by name."""

    fields: tuple[tuple[str, Type], ...]


@dataclass(frozen=True, slots=True)
class TupleType:
    """A tuple."""

    items: tuple[Type, ...]


@dataclass(frozen=True, slots=True)
class FunctionType:
    """A function; of several arguments if the domain is a `TupleType`."""

    domain: Type
    range: Type


@dataclass(frozen=True, slots=True)
class SetType:
    """A set."""

    element: Type


@dataclass(frozen=True, slots=True)
class SeqType:
    """A sequence."""

    element: Type


@dataclass(frozen=True, slots=True)
class OptionType:
    """An option."""

    element: Type


@dataclass(frozen=True, slots=True)
class LabelType:
    """The labels of a process (and of the procedures that it reaches), by the process's name."""

    process: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """A type that inference has not found (yet). None is left in what the checker returns, except where nothing depends on it (the element of an empty set that is never filled)."""

    number: int


Type = (
    BoolType
    | IntType
    | EnumType
    | SortType
    | UnionType
    | RecordType
    | TupleType
    | FunctionType
    | SetType
    | SeqType
    | OptionType
    | LabelType
    | Unknown
)
