"""States as rows of scalars: each its place among the values of its type. Symbolic states are made from such rows, and written as them.

What does not matter, such as the payload of an absent option, is zero, so that equal states have equal rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import assert_never

from pluscheck.certify.encoding import SymbolicState
from pluscheck.certify.formulas import FALSE, TRUE, width_of
from pluscheck.certify.symbols import (
    NOWHERE,
    Fields,
    Graph,
    Maybe,
    Members,
    Nowhere,
    Number,
    Row,
    Symbol,
    Symbolic,
    Symbols,
    Truth,
)
from pluscheck.core.system import State, TransitionSystem
from pluscheck.core.types import (
    AmongType,
    BoolType,
    EnumType,
    FunctionType,
    OptionType,
    RangeType,
    RecordType,
    SeqType,
    SetType,
    SortType,
    TupleType,
    Type,
    UnionType,
    values_of,
)
from pluscheck.core.values import Atom, Function, Record, Some, Value


@dataclass(frozen=True, slots=True)
class Cell:
    """A scalar of the symbolic state: the unknown that it is, how many values it has (at least two), and what is to be added to its place to have the unknown's number."""

    unknown: int
    values: int
    low: int


class Scalars:
    """The scalars of one system's states, in the order of its variables."""

    def __init__(self, system: TransitionSystem, symbols: Symbols) -> None:
        self._system = system
        self._symbols = symbols
        self._formulas = symbols.formulas
        self.cells: list[Cell] = []
        self.state: SymbolicState = tuple([self._read(variable.type, variable.name) for variable in system.variables])
        """A state of which nothing is known but that its values are of their types."""

    # ------------------------------------------------------------------------------------- reading

    def _cell(self, name: str, values: int, low: int = 0, width: int | None = None) -> int:
        """Return the unknown of a new scalar; a Boolean if it has no `width`."""
        unknown = self._formulas.unknown(name, 0 if width is None else width)
        self.cells.append(Cell(unknown, values, low))
        return unknown

    def _case(self, values: list[Value], name: str) -> Symbolic:
        symbols = self._symbols
        if len(values) == 1:
            return symbols.lifted(values[0])
        code = self._cell(name, len(values), width=(len(values) - 1).bit_length())
        return symbols.selected(code, [symbols.lifted(value) for value in values])

    def _atoms(self, of: EnumType | SortType | UnionType, name: str) -> Symbolic:
        atoms = self._atoms_of(of)
        if len(atoms) == 1:
            return self._symbols.lifted(atoms[0])
        return Symbol(self._cell(name, len(atoms), width=(len(atoms) - 1).bit_length()), atoms)

    def _atoms_of(self, of: EnumType | SortType | UnionType) -> tuple[Atom, ...]:
        return tuple([value for value in values_of(of, self._symbols.scope) if isinstance(value, Atom)])

    def _number(self, low: int, high: int, name: str) -> Number:
        if low == high:
            return self._symbols.number(low)
        return Number(self._cell(name, high - low + 1, low, width_of(low, high)), low, high)

    def _read(self, of: Type, name: str) -> Symbolic:
        scope = self._symbols.scope
        match of:
            case BoolType():
                return Truth(self._cell(name, 2))
            case RangeType(low, high):
                return self._number(low, high, name)
            case EnumType() | SortType() | UnionType():
                return self._atoms(of, name)
            case AmongType(values):
                return self._case(list(values), name)
            case RecordType(fields):
                return Fields({part: self._read(item, f"{name}.{part}") for part, item in fields})
            case TupleType(items):
                return self._symbols.row([self._read(item, f"{name}[{i}]") for i, item in enumerate(items, 1)])
            case FunctionType(domain, target):
                arguments = list(values_of(domain, scope))
                return Graph({a: (TRUE, self._read(target, f"{name}[{i}]")) for i, a in enumerate(arguments)})
            case SetType(element):
                return Members({v: self._cell(f"{i} in {name}", 2) for i, v in enumerate(values_of(element, scope))})
            case SeqType(element, bound):
                length = self._number(0, bound, f"Len({name})")
                return Row(length, tuple([self._read(element, f"{name}[{i}]") for i in range(1, bound + 1)]))
            case OptionType(element):
                present = self._cell(f"{name} # None", 2)
                return Maybe(present, self._read(element, f"Get({name})"))
            case _:
                assert_never(of)

    # ------------------------------------------------------------------------------------- writing

    def written(self, state: SymbolicState) -> list[int]:
        """Return for each scalar its place in the state: a Boolean, or a bit-vector just wide enough for all its values."""
        found: list[int] = []
        for variable, value in zip(self._system.variables, state, strict=True):
            found += self._written(variable.type, value, TRUE)
        return found

    def _where(self, used: int, count: int, place: int) -> list[int]:
        """Return the place of a scalar with so many values, where it is used, and else the first."""
        if count == 1:
            return []
        formulas = self._formulas
        width = formulas.width[place]
        return [formulas.ite(used, place, formulas.constant(0, width) if width else FALSE)]

    def _boolean(self, used: int, term: int) -> list[int]:
        return self._where(used, 2, term)

    def _place_among(self, value: Symbolic, values: Sequence[Value]) -> int:
        """Return the place of a value among some."""
        formulas, symbols = self._formulas, self._symbols
        width = max(1, (len(values) - 1).bit_length())
        if isinstance(value, Symbol) and value.atoms == tuple(values) and formulas.width[value.term] == width:
            return value.term
        place = formulas.constant(len(values) - 1, width)
        for number in range(len(values) - 2, -1, -1):
            here = symbols.equal(value, symbols.lifted(values[number]))
            place = formulas.ite(here, formulas.constant(number, width), place)
        return place

    def _distance(self, value: Number, low: int, high: int) -> int:
        """Return how far a number is from the lowest."""
        formulas = self._formulas
        width = max(1, (high - low).bit_length())
        most = max(width_of(min(low, value.low), max(high, value.high)), width) + 1
        difference = formulas.arithmetic("bvsub", formulas.extended(value.term, most), formulas.constant(low, most))
        return formulas.lowest(difference, width)

    def _written(self, of: Type, value: Symbolic, used: int) -> list[int]:
        formulas, symbols = self._formulas, self._symbols
        if isinstance(value, Nowhere):
            used = FALSE
        match of:
            case BoolType():
                return self._boolean(used, value.term if isinstance(value, Truth) else FALSE)
            case RangeType(low, high):
                number = value if isinstance(value, Number) else symbols.number(low)
                return self._where(used, high - low + 1, self._distance(number, low, high))
            case EnumType() | SortType() | UnionType():
                atoms = self._atoms_of(of)
                return self._where(used, len(atoms), self._place_among(value, atoms))
            case AmongType(values):
                return self._where(used, len(values), self._place_among(value, values))
            case RecordType(fields):
                items = value.items if isinstance(value, Fields) else {}
                return [n for part, item in fields for n in self._written(item, items.get(part, NOWHERE), used)]
            case TupleType(types):
                slots = value.slots if isinstance(value, Row) else (NOWHERE,) * len(types)
                return [n for item, slot in zip(types, slots, strict=True) for n in self._written(item, slot, used)]
            case FunctionType(domain, target):
                entries = value.entries if isinstance(value, Graph) else {}
                found: list[int] = []
                for argument in values_of(domain, symbols.scope):
                    _, item_value = entries.get(argument, (FALSE, NOWHERE))
                    found += self._written(target, item_value, used)
                return found
            case SetType(element):
                members = {} if isinstance(value, Nowhere) else symbols.elements(value)
                return [
                    n
                    for item in values_of(element, symbols.scope)
                    for n in self._boolean(used, members.get(item, FALSE))
                ]
            case SeqType(element, bound):
                if not isinstance(value, Row):
                    value = Row(symbols.number(0), ())
                found = self._where(used, bound + 1, self._distance(value.length, 0, bound))
                for index in range(bound):
                    there = formulas.and_(used, symbols.less(symbols.number(index), value.length, or_equal=False))
                    slot: Symbolic = value.slots[index] if index < len(value.slots) else NOWHERE
                    found += self._written(element, slot, there)
                return found
            case OptionType(element):
                present = value.present if isinstance(value, Maybe) else FALSE
                payload = value.payload if isinstance(value, Maybe) else NOWHERE
                return [
                    *self._boolean(used, present),
                    *self._written(element, payload, formulas.and_(used, present)),
                ]
            case _:
                assert_never(of)

    # ------------------------------------------------------------------------------------- concrete

    def places(self, state: State) -> list[int]:
        """Return the row of a state."""
        return [
            place
            for variable, value in zip(self._system.variables, state, strict=True)
            for place in self._places(variable.type, value)
        ]

    def _places(self, of: Type, value: Value | None) -> Iterator[int]:
        """Yield the places of a value's scalars; zeros where there is none."""
        scope = self._symbols.scope
        match of:
            case BoolType():
                yield int(value is True)
            case RangeType(low, high):
                if low < high:
                    yield value - low if isinstance(value, int) else 0
            case EnumType() | SortType() | UnionType() | AmongType():
                values = list(values_of(of, scope))
                if len(values) > 1:
                    yield 0 if value is None else values.index(value)
            case RecordType(fields):
                items = dict(value.fields) if isinstance(value, Record) else {}
                for part, item in fields:
                    yield from self._places(item, items.get(part))
            case TupleType(types):
                row = value if isinstance(value, tuple) else (None,) * len(types)
                for item, part_value in zip(types, row, strict=True):
                    yield from self._places(item, part_value)
            case FunctionType(domain, target):
                mapping = value.mapping if isinstance(value, Function) else {}
                for argument in values_of(domain, scope):
                    yield from self._places(target, mapping.get(argument))
            case SetType(element):
                members = value if isinstance(value, frozenset) else frozenset()
                for inner in values_of(element, scope):
                    yield int(inner in members)
            case SeqType(element, bound):
                row = value if isinstance(value, tuple) else ()
                if bound:
                    yield len(row)
                for index in range(bound):
                    yield from self._places(element, row[index] if index < len(row) else None)
            case OptionType(element):
                yield int(isinstance(value, Some))
                yield from self._places(element, value.value if isinstance(value, Some) else None)
            case _:
                assert_never(of)
