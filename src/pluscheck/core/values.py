"""Values: what expressions evaluate to. All are immutable and hashable.

| of type | is |
| --- | --- |
| BOOLEAN | `bool` |
| integers | `int` (never a `bool`) |
| sorts, enums, unions | `Atom` |
| tuples and sequences | `tuple` |
| sets | `frozenset` |
| records | `Record` |
| functions | `Function` |
| options | `NOTHING` or `Some` |

Python says `True == 1`. Typed expressions never mix the two, but a table keyed by values of several types must
not confuse them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any


@dataclass(frozen=True, slots=True)
class Atom:
    """An element of a sort or a literal of an enum: the `index`-th (from 0) of its `family`."""

    family: str
    index: int
    label: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Atom) and self.index == other.index and self.family == other.family

    def __hash__(self) -> int:
        return hash((self.family, self.index))

    def __repr__(self) -> str:
        return self.label


@dataclass(frozen=True, slots=True)
class Some:
    """An option that holds a value."""

    value: Value

    def __repr__(self) -> str:
        return f"Some({self.value!r})"


@dataclass(frozen=True, slots=True)
class Nothing:
    """The empty option; there is one, `NOTHING`."""

    def __repr__(self) -> str:
        return "None"


NOTHING = Nothing()


@dataclass(frozen=True)
class Record:
    """A record: its fields sorted by name."""

    fields: tuple[tuple[str, Value], ...]

    @staticmethod
    def of(fields: Mapping[str, Value]) -> Record:
        """Return the record with these fields."""
        return Record(tuple(sorted(fields.items(), key=lambda item: item[0])))

    def __getitem__(self, name: str) -> Value:
        for field_name, value in self.fields:
            if field_name == name:
                return value
        raise KeyError(name)

    def with_field(self, name: str, value: Value) -> Record:
        """Return this record with `value` in the field `name`, which must exist."""
        return Record(tuple((n, value if n == name else v) for n, v in self.fields))

    @cached_property
    def _hash(self) -> int:
        return hash(self.fields)

    def __hash__(self) -> int:
        return self._hash


@dataclass(frozen=True)
class Function:
    """A function with a finite domain: its pairs in the `order_key` order of arguments."""

    pairs: tuple[tuple[Value, Value], ...]

    @staticmethod
    def of(mapping: Mapping[Value, Value]) -> Function:
        """Return the function with this graph."""
        return Function(tuple(sorted(mapping.items(), key=lambda item: order_key(item[0]))))

    @cached_property
    def mapping(self) -> Mapping[Value, Value]:
        """The graph, for look-ups."""
        return dict(self.pairs)

    @cached_property
    def _hash(self) -> int:
        return hash(self.pairs)

    def __hash__(self) -> int:
        return self._hash

    @property
    def domain(self) -> frozenset[Value]:
        """The arguments at which the function is defined."""
        return frozenset(argument for argument, _ in self.pairs)


Value = bool | int | Atom | Some | Nothing | Record | Function | tuple[Any, ...] | frozenset[Any]


def order_key(value: Value) -> Any:
    """Return a key that orders the values of one type: the fixed order that `CHOOSE` and all output use.

    Atoms are ordered by index (those of a union by family first), sets by size and then by elements.
    """
    match value:
        case bool() | int():
            return int(value)
        case Atom(family, index, _):
            return (family, index)
        case Nothing():
            return (0,)
        case Some(inner):
            return (1, order_key(inner))
        case Record(fields):
            return tuple(order_key(v) for _, v in fields)
        case Function(pairs):
            return (len(pairs), tuple((order_key(a), order_key(v)) for a, v in pairs))
        case tuple():
            return (len(value), tuple(order_key(v) for v in value))
        case frozenset():
            return (len(value), tuple(sorted(order_key(v) for v in value)))


def ordered(values: Iterable[Value]) -> list[Value]:
    """Return the values in the fixed order."""
    return sorted(values, key=order_key)


def show(value: Value) -> str:
    """Return the value as the specification language writes it (atoms by their label)."""
    return "".join(_show(value))


def _show(value: Value) -> Iterator[str]:
    match value:
        case bool():
            yield "TRUE" if value else "FALSE"
        case int():
            yield str(value)
        case Atom(_, _, label):
            yield label
        case Nothing():
            yield "None"
        case Some(inner):
            yield f"Some({show(inner)})"
        case Record(fields):
            yield "[" + ", ".join(f"{n} |-> {show(v)}" for n, v in fields) + "]"
        case Function(pairs):
            if not pairs:
                yield "[x \\in {} |-> x]"
            else:
                yield "(" + " @@ ".join(f"{show(a)} :> {show(v)}" for a, v in pairs) + ")"
        case tuple():
            yield "<<" + ", ".join(show(v) for v in value) + ">>"
        case frozenset():
            yield "{" + ", ".join(show(v) for v in ordered(value)) + "}"
