"""Symbolic values: core values whose scalars are nodes of a DAG, and the operations on them.

The shape of a value is plain data here and its scalars are nodes, so that a set is a table from constant elements to the
condition under which each is in it, and a function a table from constant arguments to (defined, value). What one value is
under several conditions is merged, and tables that differ are merged by the union of their keys. Sets that are large by
nature (`SUBSET S`, `[S -> T]`) are kept as what they were made from, and enumerated only where something goes through their elements.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import assert_never

from pluscheck.base.errors import InternalError
from pluscheck.core.exprs import SetOp
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
    enum_atoms,
    values_of,
)
from pluscheck.core.values import NOTHING, Atom, Function, Nothing, Record, Some, Value, order_key
from pluscheck.ground.dag import FALSE, TRUE, Dag

MAX_ELEMENTS = 100_000
"""Sets larger than this are not enumerated."""

_EXPLICIT = 256
"""Up to so many elements, the set of all values of a type is a table from the start."""

_COUNTED = 24
"""Up to so many conditions are counted by thresholds, which a SAT solver sees through better than through sums."""


# ------------------------------------------------------------------------------------------- kinds


class AtomTable:
    """The numbers that stand for atoms: `atoms[code]`. One table holds all families that some union brings together."""

    __slots__ = ("atoms", "codes")

    def __init__(self) -> None:
        self.atoms: list[Atom] = []
        self.codes: dict[Atom, int] = {}

    def code(self, atom: Atom) -> int:
        """Return the number of an atom, a new one for a new atom."""
        code = self.codes.get(atom)
        if code is None:
            code = self.codes[atom] = len(self.atoms)
            self.atoms.append(atom)
        return code


@dataclass(frozen=True, slots=True, eq=False)
class BoolV:
    """A Boolean."""

    node: int


@dataclass(frozen=True, slots=True, eq=False)
class IntV:
    """An integer."""

    node: int


@dataclass(frozen=True, slots=True, eq=False)
class AtomV:
    """An atom; the node is its code in the table."""

    node: int
    table: AtomTable


@dataclass(frozen=True, slots=True, eq=False)
class TupleV:
    """A tuple, or a sequence whose length is known."""

    items: tuple[Symbolic, ...]


@dataclass(frozen=True, slots=True, eq=False)
class RecordV:
    """A record: its fields sorted by name."""

    names: tuple[str, ...]
    items: tuple[Symbolic, ...]


@dataclass(frozen=True, slots=True, eq=False)
class FunctionV:
    """A function: for each argument that it may have (in the fixed order) whether it has it, and its value there."""

    entries: Mapping[Value, tuple[int, Symbolic]]


@dataclass(frozen=True, slots=True, eq=False)
class SequenceV:
    """A sequence: its length, at most `len(slots)`; slots from the length on mean nothing."""

    length: int
    slots: tuple[Symbolic, ...]


@dataclass(frozen=True, slots=True, eq=False)
class OptionV:
    """An option; where it is not present the value means nothing."""

    present: int
    value: Symbolic


@dataclass(frozen=True, slots=True, eq=False)
class Undefined:
    """What an evaluation that faults yields: no value at all. Every operation accepts it."""


UNDEFINED = Undefined()


@dataclass(frozen=True, slots=True, eq=False)
class TableSet:
    """A set: for each element that it may have (in the fixed order) whether it has it."""

    members: Mapping[Value, int]


@dataclass(frozen=True, slots=True, eq=False)
class ListedSet:
    """A set of symbolic elements, each in it under a condition; elements may be equal to each other."""

    entries: tuple[tuple[int, Symbolic], ...]


@dataclass(frozen=True, slots=True, eq=False)
class IntervalSet:
    """`low..high`."""

    low: int
    high: int


@dataclass(frozen=True, slots=True, eq=False)
class TypeSet:
    """All values of a type."""

    type: Type


@dataclass(frozen=True, slots=True, eq=False)
class PowerSet:
    """`SUBSET base`."""

    base: Symbolic


@dataclass(frozen=True, slots=True, eq=False)
class FunctionSet:
    """`[domain -> range]`."""

    domain: Mapping[Value, int]
    range: Symbolic


@dataclass(frozen=True, slots=True, eq=False)
class RecordSet:
    """`[a : S, b : T]`."""

    names: tuple[str, ...]
    items: tuple[Symbolic, ...]


@dataclass(frozen=True, slots=True, eq=False)
class CrossSet:
    """`A \\X B`."""

    items: tuple[Symbolic, ...]


@dataclass(frozen=True, slots=True, eq=False)
class CombinedSet:
    """`left op right`, of which one is too large for a table."""

    op: SetOp
    left: Symbolic
    right: Symbolic


@dataclass(frozen=True, slots=True, eq=False)
class ChoiceSet:
    """`IF condition THEN yes ELSE no`, of which one is too large for a table."""

    condition: int
    yes: Symbolic
    no: Symbolic


SymbolicSet = (
    TableSet
    | ListedSet
    | IntervalSet
    | TypeSet
    | PowerSet
    | FunctionSet
    | RecordSet
    | CrossSet
    | CombinedSet
    | ChoiceSet
)

Symbolic = BoolV | IntV | AtomV | TupleV | RecordV | FunctionV | SequenceV | OptionV | Undefined | SymbolicSet


class NotConstant:
    """The answer where a symbolic value is not a constant; there is one, `NOT_CONSTANT`."""


NOT_CONSTANT = NotConstant()

_TRUE_VALUE = BoolV(TRUE)
_FALSE_VALUE = BoolV(FALSE)


class SetTooLargeError(Exception):
    """A set would have to be gone through that has more than MAX_ELEMENTS elements; says which, without its place."""


def boolean(node: int) -> BoolV:
    """Return the Boolean value of a node."""
    if node == TRUE:
        return _TRUE_VALUE
    return _FALSE_VALUE if node == FALSE else BoolV(node)


# --------------------------------------------------------------------------------------- operations


class Algebra:
    """The operations on symbolic values over one DAG, in one scope.

    Args:
        dag: where nodes are made.
        scope: the elements of each sort.
        unions: unions of sorts and enums, whose families share a table of codes.
        enums: other enums.
    """

    def __init__(self, dag: Dag, scope: Scope, unions: Iterable[UnionType], enums: Iterable[EnumType]) -> None:
        self.dag = dag
        self.scope = scope
        self._tables: dict[str, AtomTable] = {}
        self._lift_families(unions, enums)
        self._atoms: dict[Atom, AtomV] = {}
        self._ints: dict[int, IntV] = {}
        self._lifted: dict[int, tuple[Value, Symbolic]] = {}
        self._of_types: dict[Type, SymbolicSet] = {}
        self._joined: dict[tuple[int, int], AtomTable] = {}

    def _lift_families(self, unions: Iterable[UnionType], enums: Iterable[EnumType]) -> None:
        """Give every family its table, and in it its atoms consecutive codes in the fixed order."""
        group: dict[str, set[str]] = {name: {name} for name in self.scope}
        literals: dict[str, tuple[Atom, ...]] = dict(self.scope)
        all_unions = list(unions)
        for enum in [*enums, *(part for union in all_unions for part in union.parts if isinstance(part, EnumType))]:
            literals[enum.name] = enum_atoms(enum)
            group.setdefault(enum.name, {enum.name})
        for union in all_unions:
            joined: set[str] = set()
            for part in union.parts:
                joined |= group.get(part.name, {part.name})
            for name in joined:
                group[name] = joined
        for name in sorted(group):
            if name not in self._tables:
                table = AtomTable()
                for member in sorted(group[name]):
                    self._tables[member] = table
                    for atom in literals.get(member, ()):
                        table.code(atom)

    # ------------------------------------------------------------------------------- constants

    def table(self, family: str) -> AtomTable:
        """Return the table that holds a family of atoms."""
        table = self._tables.get(family)
        if table is None:
            table = self._tables[family] = AtomTable()
        return table

    def atom(self, atom: Atom) -> AtomV:
        """Return an atom as a symbolic value."""
        value = self._atoms.get(atom)
        if value is None:
            table = self.table(atom.family)
            value = self._atoms[atom] = AtomV(self.dag.integer(table.code(atom)), table)
        return value

    def integer(self, number: int) -> IntV:
        """Return an integer as a symbolic value."""
        value = self._ints.get(number)
        if value is None:
            value = self._ints[number] = IntV(self.dag.integer(number))
        return value

    def lift(self, value: Value) -> Symbolic:
        """Return a constant as a symbolic value; of one object always the same."""
        match value:
            case bool():
                return _TRUE_VALUE if value else _FALSE_VALUE
            case int():
                return self.integer(value)
            case Atom():
                return self.atom(value)
            case _:
                # By identity, since `frozenset({1}) == frozenset({True})`; the object is kept so that its id stays its own.
                known = self._lifted.get(id(value))
                if known is None:
                    known = self._lifted[id(value)] = (value, self._lift_compound(value))
                return known[1]

    def _lift_compound(self, value: Value) -> Symbolic:
        match value:
            case Nothing():
                return OptionV(FALSE, UNDEFINED)
            case Some(inner):
                return OptionV(TRUE, self.lift(inner))
            case Record(fields):
                return RecordV(tuple([name for name, _ in fields]), tuple([self.lift(item) for _, item in fields]))
            case Function(pairs):
                return FunctionV({argument: (TRUE, self.lift(result)) for argument, result in pairs})
            case tuple():
                return TupleV(tuple([self.lift(item) for item in value]))
            case frozenset():
                return TableSet(dict.fromkeys(sorted(value, key=order_key), TRUE))
            case _:
                raise InternalError(f"not a compound value: {value!r}")

    def constant(self, value: Symbolic) -> Value | NotConstant:
        """Return the core value if every part of the symbolic one is constant (and it is no set kept unenumerated)."""
        dag = self.dag
        match value:
            case AtomV(node, table):
                return table.atoms[dag.low[node]] if dag.is_const(node) else NOT_CONSTANT
            case IntV(node):
                return dag.low[node] if dag.is_const(node) else NOT_CONSTANT
            case BoolV(node):
                return NOT_CONSTANT if node > TRUE else node == TRUE
            case TupleV(items):
                parts = self._constants(items)
                return NOT_CONSTANT if parts is None else tuple(parts)
            case RecordV(names, items):
                parts = self._constants(items)
                return NOT_CONSTANT if parts is None else Record(tuple(zip(names, parts, strict=True)))
            case OptionV(present, inner):
                if present == FALSE:
                    return NOTHING
                held = self.constant(inner) if present == TRUE else NOT_CONSTANT
                return held if isinstance(held, NotConstant) else Some(held)
            case TableSet(members):
                if any(node > TRUE for node in members.values()):
                    return NOT_CONSTANT
                return frozenset([element for element, node in members.items() if node == TRUE])
            case FunctionV(entries):
                if any(defined > TRUE for defined, _ in entries.values()):
                    return NOT_CONSTANT
                present_entries = [(key, item) for key, (defined, item) in entries.items() if defined == TRUE]
                parts = self._constants([item for _, item in present_entries])
                if parts is None:
                    return NOT_CONSTANT
                return Function(tuple([(key, part) for (key, _), part in zip(present_entries, parts, strict=True)]))
            case SequenceV(length, slots):
                if not dag.is_const(length):
                    return NOT_CONSTANT
                parts = self._constants(slots[: dag.low[length]])
                return NOT_CONSTANT if parts is None else tuple(parts)
            case _:
                return NOT_CONSTANT

    def _constants(self, items: Sequence[Symbolic]) -> list[Value] | None:
        parts: list[Value] = []
        for item in items:
            part = self.constant(item)
            if isinstance(part, NotConstant):
                return None
            parts.append(part)
        return parts

    def spread(self, value: Symbolic) -> int:
        """Return at most how many constants a value may be; saturated a little above `MAX_ELEMENTS`."""
        match value:
            case BoolV(node):
                return 2 if node > TRUE else 1
            case IntV(node) | AtomV(node):
                return min(len(self.dag.possible(node)), MAX_ELEMENTS + 1)
            case TupleV(items) | RecordV(_, items):
                return self._product(self.spread(item) for item in items)
            case OptionV(present, inner):
                return (present != TRUE) + (self.spread(inner) if present != FALSE else 0)
            case TableSet(members):
                return self._product(2 for node in members.values() if node > TRUE)
            case FunctionV(entries):
                return self._product(self.spread(item) + (defined != TRUE) for defined, item in entries.values())
            case SequenceV(length, slots):
                total, count = 0, 1
                for size in range(self.dag.high[length] + 1):
                    if size >= self.dag.low[length]:
                        total += count
                    if size < len(slots):
                        count = self._product((count, self.spread(slots[size])))
                return min(total, MAX_ELEMENTS + 1)
            case Undefined():
                return 0
            case ListedSet(entries):
                return self._product(1 + self.spread(item) for _, item in entries)
            case _:
                return MAX_ELEMENTS + 1

    @staticmethod
    def _product(counts: Iterable[int]) -> int:
        total = 1
        for count in counts:
            total *= count
            if total > MAX_ELEMENTS or total == 0:
                break
        return min(total, MAX_ELEMENTS + 1)

    def _alternatives(self, value: Symbolic) -> list[tuple[Value, int]]:
        """Return every constant that a value may be, with the condition that it is: as many as its `spread`."""
        dag = self.dag
        match value:
            case BoolV(node):
                found: list[tuple[Value, int]] = [(False, dag.not_(node)), (True, node)]
            case IntV(node):
                found = [(number, dag.eq(node, dag.integer(number))) for number in dag.possible(node)]
            case AtomV(node, table):
                found = [(table.atoms[code], dag.eq(node, dag.integer(code))) for code in dag.possible(node)]
            case TupleV(items):
                found = [(parts, condition) for parts, condition in self._tuples(items)]
            case RecordV(names, items):
                found = [
                    (Record(tuple(zip(names, parts, strict=True))), condition)
                    for parts, condition in self._tuples(items)
                ]
            case OptionV(present, inner):
                found = [(NOTHING, dag.not_(present))]
                if present != FALSE:
                    found += [(Some(v), dag.and_(present, c)) for v, c in self._alternatives(inner)]
            case TableSet(members):
                return self._subsets(members)
            case FunctionV(entries):
                found = []
                for keys, condition in self._subset_lists({key: defined for key, (defined, _) in entries.items()}):
                    for parts, where in self._tuples([entries[key][1] for key in keys]):
                        found.append((Function(tuple(zip(keys, parts, strict=True))), dag.and_(condition, where)))
            case SequenceV(length, slots):
                found = []
                for size in dag.possible(length):
                    here = dag.eq(length, dag.integer(size))
                    found += [(parts, dag.and_(here, c)) for parts, c in self._tuples(slots[:size])]
            case Undefined():
                found = []
            case _:
                return self._subsets(self.members(value))
        return [(v, c) for v, c in found if c != FALSE]

    def _tuples(self, items: Sequence[Symbolic]) -> list[tuple[tuple[Value, ...], int]]:
        found: list[tuple[tuple[Value, ...], int]] = [((), TRUE)]
        for item in items:
            choices = self._alternatives(item)
            found = [
                ((*before, v), both)
                for before, condition in found
                for v, c in choices
                if (both := self.dag.and_(condition, c)) != FALSE
            ]
        return found

    def _subsets(self, members: Mapping[Value, int]) -> list[tuple[Value, int]]:
        """Return every set that a table may be, with its condition, in the fixed order."""
        found: list[tuple[Value, int]] = [(frozenset(v), c) for v, c in self._subset_lists(members)]
        return sorted(found, key=lambda pair: order_key(pair[0]))

    def _subset_lists(self, members: Mapping[Value, int]) -> list[tuple[list[Value], int]]:
        dag = self.dag
        found: list[tuple[list[Value], int]] = [([], TRUE)]
        for element, node in members.items():
            with_it = [([*before, element], dag.and_(c, node)) for before, c in found]
            without = [(before, dag.and_(c, dag.not_(node))) for before, c in found]
            found = [(v, c) for v, c in with_it + without if c != FALSE]
        return found

    # ---------------------------------------------------------------------------------- merging

    def merge(self, condition: int, yes: Symbolic, no: Symbolic) -> Symbolic:
        """Return `IF condition THEN yes ELSE no` of two values of one type."""
        if yes is no or condition == TRUE or isinstance(no, Undefined):
            return yes
        if condition == FALSE or isinstance(yes, Undefined):
            return no
        dag = self.dag
        match yes, no:
            case BoolV(a), BoolV(b):
                return boolean(dag.ite(condition, a, b))
            case IntV(a), IntV(b):
                return IntV(dag.choose(condition, a, b))
            case AtomV(a, table), AtomV(b, other):
                if table is other:
                    return yes if a == b else AtomV(dag.choose(condition, a, b), table)
                joined = self._join(table, other)
                return AtomV(dag.choose(condition, self.recoded(yes, joined), self.recoded(no, joined)), joined)
            case RecordV(names, items), RecordV(_, others):
                return RecordV(names, self._merge_all(condition, items, others))
            case TupleV(items), TupleV(others) if len(items) == len(others):
                return TupleV(self._merge_all(condition, items, others))
            case ((TupleV() | SequenceV()), (TupleV() | SequenceV())):
                first, second = self.sequence(yes), self.sequence(no)
                longer = max(len(first.slots), len(second.slots))
                return SequenceV(
                    dag.choose(condition, first.length, second.length),
                    self._merge_all(condition, _padded(first.slots, longer), _padded(second.slots, longer)),
                )
            case OptionV(a, inner), OptionV(b, other):
                return OptionV(dag.ite(condition, a, b), self.merge(condition, inner, other))
            case FunctionV(entries), FunctionV(others):
                return FunctionV(self._merge_entries(condition, entries, others))
            case TableSet(members), TableSet(others):
                return TableSet(
                    {
                        key: dag.ite(condition, members.get(key, FALSE), others.get(key, FALSE))
                        for key in universe(members, others)
                    }
                )
            case IntervalSet(low, high), IntervalSet(other_low, other_high):
                return IntervalSet(dag.choose(condition, low, other_low), dag.choose(condition, high, other_high))
            case ((TableSet() | ListedSet()), (TableSet() | ListedSet())):
                negated = dag.not_(condition)
                return ListedSet(
                    (
                        *[(dag.and_(condition, c), v) for c, v in self._entries(yes)],
                        *[(dag.and_(negated, c), v) for c, v in self._entries(no)],
                    )
                )
            case _:
                return ChoiceSet(condition, yes, no)

    def _merge_all(self, condition: int, yes: Sequence[Symbolic], no: Sequence[Symbolic]) -> tuple[Symbolic, ...]:
        return tuple([self.merge(condition, a, b) for a, b in zip(yes, no, strict=True)])

    def _merge_entries(
        self, condition: int, yes: Mapping[Value, tuple[int, Symbolic]], no: Mapping[Value, tuple[int, Symbolic]]
    ) -> dict[Value, tuple[int, Symbolic]]:
        merged: dict[Value, tuple[int, Symbolic]] = {}
        absent = (FALSE, UNDEFINED)
        for key in universe(yes, no):
            entry, other = yes.get(key, absent), no.get(key, absent)
            if entry is other:
                merged[key] = entry
            else:
                merged[key] = (
                    self.dag.ite(condition, entry[0], other[0]),
                    self.merge(condition, entry[1], other[1]),
                )
        return merged

    def _join(self, left: AtomTable, right: AtomTable) -> AtomTable:
        """Return a table that holds two tables' atoms. Only unions that no declaration names come to this."""
        key = (id(left), id(right))
        joined = self._joined.get(key)
        if joined is None:
            joined = self._joined[key] = AtomTable()
            for atom in [*left.atoms, *right.atoms]:
                joined.code(atom)
        return joined

    def recoded(self, value: AtomV, table: AtomTable) -> int:
        """Return the node of an atom's code in another table."""
        result = -1
        for code in self.dag.possible(value.node):
            new = self.dag.integer(table.code(value.table.atoms[code]))
            same = self.dag.eq(value.node, self.dag.integer(code))
            result = new if result < 0 else self.dag.choose(same, new, result)
        return result

    def select(self, cases: Sequence[tuple[int, Symbolic]]) -> Symbolic:
        """Return the value of the first case whose condition is true; some condition is, or it does not matter."""
        result: Symbolic = UNDEFINED
        for condition, value in reversed(cases):
            result = self.merge(condition, value, result)
        return result

    # --------------------------------------------------------------------------------- equality

    def equal(self, left: Symbolic, right: Symbolic) -> int:
        """Return whether two values of one type are equal."""
        if left is right:
            return TRUE
        dag = self.dag
        match left, right:
            case AtomV(a, table), AtomV(b, other):
                return dag.eq(a, b) if table is other else self._equal_atoms(left, right)
            case IntV(a), IntV(b):
                return dag.eq(a, b)
            case BoolV(a), BoolV(b):
                return dag.iff(a, b)
            case RecordV(_, items), RecordV(_, others):
                return dag.all_([self.equal(a, b) for a, b in zip(items, others, strict=True)])
            case TupleV(items), TupleV(others):
                if len(items) != len(others):
                    return FALSE
                return dag.all_([self.equal(a, b) for a, b in zip(items, others, strict=True)])
            case ((TupleV() | SequenceV()), (TupleV() | SequenceV())):
                first, second = self.sequence(left), self.sequence(right)
                same = [dag.eq(first.length, second.length)]
                for index, (slot, other_slot) in enumerate(zip(first.slots, second.slots, strict=False)):
                    used = dag.lt(dag.integer(index), first.length)
                    same.append(dag.implies(used, self.equal(slot, other_slot)))
                return dag.all_(same)
            case OptionV(a, inner), OptionV(b, other):
                both = dag.and_(a, b)
                return dag.and_(dag.iff(a, b), dag.implies(both, self.equal(inner, other) if both != FALSE else TRUE))
            case FunctionV(entries), FunctionV(others):
                same = []
                absent = (FALSE, UNDEFINED)
                for key in universe(entries, others):
                    (defined, value), (also, other_value) = entries.get(key, absent), others.get(key, absent)
                    same.append(dag.iff(defined, also))
                    if defined != FALSE and also != FALSE:
                        same.append(dag.implies(defined, self.equal(value, other_value)))
                return dag.all_(same)
            case TableSet(members), TableSet(others):
                return dag.all_(
                    [dag.iff(members.get(key, FALSE), others.get(key, FALSE)) for key in universe(members, others)]
                )
            case (Undefined(), _) | (_, Undefined()):
                return FALSE
            case _:
                return dag.and_(self.included(left, right), self.included(right, left))

    def _equal_atoms(self, left: AtomV, right: AtomV) -> int:
        dag = self.dag
        same = []
        for code in dag.possible(left.node):
            other = right.table.codes.get(left.table.atoms[code])
            if other is not None:
                same.append(dag.and_(dag.eq(left.node, dag.integer(code)), dag.eq(right.node, dag.integer(other))))
        return dag.any_(same)

    def among_codes(self, node: int, codes: Container[int], count: int, listed: Iterable[int]) -> int:
        """Return whether an integer node is one of the `count` codes, which `listed` goes through; exactly TRUE if it must be."""
        dag = self.dag
        possible = dag.possible(node)
        if len(possible) > 4 * count + 64:
            return dag.any_([dag.eq(node, dag.integer(code)) for code in listed])
        inside = [code for code in possible if code in codes]
        if len(inside) == len(possible):
            return TRUE
        if 2 * len(inside) <= len(possible):
            return dag.any_([dag.eq(node, dag.integer(code)) for code in inside])
        return dag.not_(dag.any_([dag.eq(node, dag.integer(code)) for code in possible if code not in codes]))

    def among(self, value: Symbolic, constants: Sequence[Value]) -> int:
        """Return whether a value is one of the constants; exactly TRUE where its shape and intervals say that it must be."""
        dag = self.dag
        if not constants:
            return FALSE
        match value:
            case AtomV(node, table):
                codes = {table.codes[atom] for atom in constants if isinstance(atom, Atom) and atom in table.codes}
                return self.among_codes(node, codes, len(codes), sorted(codes))
            case IntV(node):
                numbers = {number for number in constants if isinstance(number, int)}
                return self.among_codes(node, numbers, len(numbers), sorted(numbers))
            case BoolV(node):
                return dag.or_(node if True in constants else FALSE, dag.not_(node) if False in constants else FALSE)
            case TupleV(items):
                rows = [row for row in constants if isinstance(row, tuple) and len(row) == len(items)]
                return self._among_rows(items, rows)
            case RecordV(_, items):
                return self._among_rows(
                    items, [tuple([part for _, part in row.fields]) for row in constants if isinstance(row, Record)]
                )
            case OptionV(present, inner):
                absent = dag.not_(present) if NOTHING in constants else FALSE
                held = [option.value for option in constants if isinstance(option, Some)]
                return dag.or_(absent, dag.and_(present, self.among(inner, held)) if held else FALSE)
            case _:
                return dag.any_([self.equal(value, self.lift(constant)) for constant in constants])

    def _among_rows(self, items: Sequence[Symbolic], rows: Sequence[tuple[Value, ...]]) -> int:
        """Return whether items are one of the rows: first components with the same continuations go together."""
        if not items:
            return TRUE if rows else FALSE
        if len(items) == 1:
            return self.among(items[0], [row[0] for row in rows])
        continuations: dict[Value, list[tuple[Value, ...]]] = {}
        for row in rows:
            continuations.setdefault(row[0], []).append(row[1:])
        groups: dict[tuple[tuple[Value, ...], ...], list[Value]] = {}
        for first, rest in continuations.items():
            groups.setdefault(tuple(rest), []).append(first)
        found = []
        for rest_rows, firsts in groups.items():
            here = self.among(items[0], firsts)
            if here != FALSE:
                found.append(self.dag.and_(here, self._among_rows(items[1:], rest_rows)))
        return self.dag.any_(found)

    def among_keys(self, value: Symbolic, keys: Mapping[Value, int]) -> int:
        """Return whether a value is one of the keys, of which each counts under its condition."""
        by_condition: dict[int, list[Value]] = {}
        for key, condition in keys.items():
            if condition != FALSE:
                by_condition.setdefault(condition, []).append(key)
        return self.dag.any_([self.dag.and_(c, self.among(value, group)) for c, group in by_condition.items()])

    # ------------------------------------------------------------------------------------ types

    def is_of_type(self, value: Symbolic, of: Type, *, bounded: bool = True) -> int:
        """Return whether a value is of a type; unless `bounded`, the bounds of sequences in it do not count."""
        dag = self.dag
        match of:
            case BoolType():
                return FALSE if isinstance(value, Undefined) else TRUE
            case RangeType(low, high):
                if not isinstance(value, IntV):
                    return FALSE
                return dag.and_(dag.le(dag.integer(low), value.node), dag.le(value.node, dag.integer(high)))
            case EnumType() | SortType() | UnionType():
                return self.among(value, tuple(values_of(of, self.scope)))
            case AmongType(values):
                return self.among(value, values)
            case RecordType(fields):
                if not isinstance(value, RecordV):
                    return FALSE
                return dag.all_(
                    [
                        self.is_of_type(item, item_type, bounded=bounded)
                        for item, (_, item_type) in zip(value.items, fields, strict=True)
                    ]
                )
            case TupleType(items):
                if not isinstance(value, TupleV) or len(value.items) != len(items):
                    return FALSE
                return dag.all_(
                    [self.is_of_type(v, t, bounded=bounded) for v, t in zip(value.items, items, strict=True)]
                )
            case FunctionType(domain, target):
                if not isinstance(value, FunctionV):
                    return FALSE
                return self._is_function_of_type(value, domain, target, bounded=bounded)
            case SetType(element):
                return self._is_set_of_type(value, element, bounded=bounded)
            case SeqType(element, bound):
                if not isinstance(value, (TupleV, SequenceV)):
                    return FALSE
                sequence = self.sequence(value)
                good = [dag.le(sequence.length, dag.integer(bound))] if bounded else []
                for index, slot in enumerate(sequence.slots):
                    used = dag.lt(dag.integer(index), sequence.length)
                    if used != FALSE:
                        good.append(dag.implies(used, self.is_of_type(slot, element, bounded=bounded)))
                return dag.all_(good)
            case OptionType(element):
                if not isinstance(value, OptionV):
                    return FALSE
                if value.present == FALSE:
                    return TRUE
                return dag.implies(value.present, self.is_of_type(value.value, element, bounded=bounded))
            case _:
                assert_never(of)

    def _is_function_of_type(self, value: FunctionV, domain: Type, target: Type, *, bounded: bool) -> int:
        arguments = self.type_members(domain)
        good: list[int] = []
        for key, (defined, _) in value.entries.items():
            if key not in arguments:
                good.append(self.dag.not_(defined))
        for key in arguments:
            entry = value.entries.get(key)
            if entry is None or entry[0] == FALSE:
                return FALSE
            good.append(entry[0])
            good.append(self.is_of_type(entry[1], target, bounded=bounded))
        return self.dag.all_(good)

    def _is_set_of_type(self, value: Symbolic, element: Type, *, bounded: bool) -> int:
        match value:
            case TypeSet(of) if of == element:
                return TRUE
            case PowerSet(base) if isinstance(element, SetType):
                return self._is_set_of_type(base, element.element, bounded=bounded)
            case FunctionSet(domain, target) if isinstance(element, FunctionType):
                wanted = self.type_members(element.domain)
                same = [
                    self.dag.iff(domain.get(key, FALSE), TRUE if key in wanted else FALSE)
                    for key in universe(domain, wanted)
                ]
                fits = self._is_set_of_type(target, element.range, bounded=bounded) if wanted else TRUE
                return self.dag.or_(self.is_empty(value), self.dag.and_(self.dag.all_(same), fits))
            case RecordSet(_, items) if isinstance(element, RecordType):
                parts = [
                    self._is_set_of_type(item, item_type, bounded=bounded)
                    for item, (_, item_type) in zip(items, element.fields, strict=True)
                ]
                return self.dag.or_(self.is_empty(value), self.dag.all_(parts))
            case CrossSet(items) if isinstance(element, TupleType):
                parts = [
                    self._is_set_of_type(item, item_type, bounded=bounded)
                    for item, item_type in zip(items, element.items, strict=True)
                ]
                return self.dag.or_(self.is_empty(value), self.dag.all_(parts))
            case IntervalSet(low, high) if isinstance(element, RangeType):
                dag = self.dag
                inside = dag.and_(dag.le(dag.integer(element.low), low), dag.le(high, dag.integer(element.high)))
                return dag.or_(dag.lt(high, low), inside)
            case ChoiceSet(condition, yes, no):
                return self.dag.ite(
                    condition,
                    self._is_set_of_type(yes, element, bounded=bounded),
                    self._is_set_of_type(no, element, bounded=bounded),
                )
            case TableSet(members):
                table = self._tabled(element)
                if table is not None:
                    return self.dag.all_([self.dag.not_(c) for key, c in members.items() if key not in table])
        return self.dag.all_(
            [
                self.dag.implies(condition, self.is_of_type(item, element, bounded=bounded))
                for condition, item in self.entries(value)
            ]
        )

    def _tabled(self, of: Type) -> Mapping[Value, int] | None:
        """Return the elements of a small type of scalars, for which membership needs no nodes."""
        match of:
            case EnumType() | SortType() | UnionType() | BoolType():
                return self.type_members(of)
            case RangeType(low, high) if high - low < _EXPLICIT:
                return self.type_members(of)
            case _:
                return None

    def type_members(self, of: Type) -> Mapping[Value, int]:
        """Return the table of all values of a type; raises SetTooLargeError if there are too many."""
        known = self._of_types.get(of)
        if not isinstance(known, TableSet):
            if cardinality(of, self.scope) > MAX_ELEMENTS:
                raise SetTooLargeError("this type")
            known = self._of_types[of] = TableSet(dict.fromkeys(values_of(of, self.scope), TRUE))
        return known.members

    def all_of(self, of: Type) -> SymbolicSet:
        """Return the set of all values of a type."""
        known = self._of_types.get(of)
        if known is None:
            if cardinality(of, self.scope) <= _EXPLICIT:
                self.type_members(of)
            else:
                self._of_types[of] = TypeSet(of)
            known = self._of_types[of]
        return known

    # ------------------------------------------------------------------------------------- sets

    def members(self, value: Symbolic) -> Mapping[Value, int]:
        """Return a set as a table, in the fixed order; raises SetTooLargeError if it is too large."""
        dag = self.dag
        match value:
            case TableSet(members):
                return members
            case Undefined():
                return {}
            case ListedSet(entries):
                found: dict[Value, list[int]] = {}
                total = sum(self.spread(item) for _, item in entries)
                if total > MAX_ELEMENTS:
                    raise SetTooLargeError("this set, made of values that depend on the state,")
                for condition, item in entries:
                    for constant, here in self._alternatives(
                        item,
                    ):
                        found.setdefault(constant, []).append(dag.and_(condition, here))
                return {key: dag.any_(found[key]) for key in sorted(found, key=order_key)}
            case IntervalSet(low, high):
                if dag.high[high] - dag.low[low] >= MAX_ELEMENTS:
                    raise SetTooLargeError("this interval")
                return {
                    number: dag.and_(dag.le(low, dag.integer(number)), dag.le(dag.integer(number), high))
                    for number in range(dag.low[low], dag.high[high] + 1)
                }
            case TypeSet(of):
                if cardinality(of, self.scope) > MAX_ELEMENTS:
                    raise SetTooLargeError("this type")
                return self.type_members(of)
            case PowerSet(base):
                inner = self.members(base)
                if len(inner) > MAX_ELEMENTS.bit_length():
                    raise SetTooLargeError("this set of subsets")
                return {
                    frozenset(chosen): dag.all_([inner[element] for element in chosen])
                    for size in range(len(inner) + 1)
                    for chosen in combinations(inner, size)
                }
            case FunctionSet(domain, target):
                return self._functions(domain, self.members(target))
            case RecordSet(names, items):
                rows = self._rows([self.members(item) for item in items])
                return {Record(tuple(zip(names, row, strict=True))): condition for row, condition in rows}
            case CrossSet(items):
                return dict(self._rows([self.members(item) for item in items]))
            case CombinedSet(op, left, right):
                first = self.members(left)
                match op:
                    case SetOp.UNION:
                        second = self.members(right)
                        return {
                            key: dag.or_(first.get(key, FALSE), second.get(key, FALSE))
                            for key in universe(first, second)
                        }
                    case SetOp.INTERSECT:
                        return {key: dag.and_(c, self.contains(right, self.lift(key))) for key, c in first.items()}
                    case SetOp.MINUS:
                        return {
                            key: dag.and_(c, dag.not_(self.contains(right, self.lift(key)))) for key, c in first.items()
                        }
                    case _:
                        assert_never(op)
            case ChoiceSet(condition, yes, no):
                first, second = self.members(yes), self.members(no)
                return {
                    key: dag.ite(condition, first.get(key, FALSE), second.get(key, FALSE))
                    for key in universe(first, second)
                }
            case _:
                raise InternalError(f"not a set: {type(value).__name__}")

    def _rows(self, parts: Sequence[Mapping[Value, int]]) -> list[tuple[tuple[Value, ...], int]]:
        if self._product(len(part) for part in parts) > MAX_ELEMENTS:
            raise SetTooLargeError("this set")
        return [
            (row, self.dag.all_([part[item] for part, item in zip(parts, row, strict=True)])) for row in product(*parts)
        ]

    def _functions(self, domain: Mapping[Value, int], target: Mapping[Value, int]) -> Mapping[Value, int]:
        if self._product(len(target) + (c != TRUE) for c in domain.values()) > MAX_ELEMENTS:
            raise SetTooLargeError("this set of functions")
        found: list[tuple[tuple[tuple[Value, Value], ...], int]] = [((), TRUE)]
        for key, condition in domain.items():
            grown = [
                ((*before, (key, result)), self.dag.all_((c, condition, inside)))
                for before, c in found
                for result, inside in target.items()
            ]
            if condition != TRUE:
                grown += [(before, self.dag.and_(c, self.dag.not_(condition))) for before, c in found]
            found = [(pairs, c) for pairs, c in grown if c != FALSE]
        return dict(sorted([(Function(pairs), c) for pairs, c in found], key=lambda item: order_key(item[0])))

    def entries(self, value: Symbolic) -> Sequence[tuple[int, Symbolic]]:
        """Return a set's elements, each with the condition that it is in the set; some may be equal to each other."""
        match value:
            case ListedSet(entries):
                return entries
            case ChoiceSet(condition, yes, no):
                negated = self.dag.not_(condition)
                return [
                    *[(self.dag.and_(condition, c), v) for c, v in self.entries(yes)],
                    *[(self.dag.and_(negated, c), v) for c, v in self.entries(no)],
                ]
            case CombinedSet(SetOp.UNION, left, right):
                return [*self.entries(left), *self.entries(right)]
            case _:
                members = self.members(value)
                return [(condition, self.lift(element)) for element, condition in members.items() if condition != FALSE]

    def _entries(self, value: TableSet | ListedSet) -> Sequence[tuple[int, Symbolic]]:
        return self.entries(value)

    def contains(self, of: Symbolic, element: Symbolic) -> int:
        """Return whether a value is in a set, which is not enumerated for it."""
        dag = self.dag
        match of:
            case TableSet(members):
                constant = self.constant(element)
                if not isinstance(constant, NotConstant):
                    return members.get(constant, FALSE)
                return self.among_keys(element, members)
            case ListedSet(entries):
                return dag.any_([dag.and_(c, self.equal(item, element)) for c, item in entries if c != FALSE])
            case IntervalSet(low, high):
                node = self.int_node(element)
                return dag.and_(dag.le(low, node), dag.le(node, high))
            case TypeSet(type_):
                return self.is_of_type(element, type_)
            case PowerSet(base):
                return self.included(element, base)
            case FunctionSet(domain, target):
                if not isinstance(element, FunctionV):
                    return FALSE
                good = []
                absent = (FALSE, UNDEFINED)
                for key in universe(domain, element.entries):
                    defined, value = element.entries.get(key, absent)
                    wanted = domain.get(key, FALSE)
                    good.append(dag.iff(wanted, defined))
                    if wanted != FALSE and defined != FALSE:
                        good.append(dag.implies(wanted, self.contains(target, value)))
                return dag.all_(good)
            case RecordSet(_, items):
                if not isinstance(element, RecordV):
                    return FALSE
                return dag.all_([self.contains(s, v) for s, v in zip(items, element.items, strict=True)])
            case CrossSet(items):
                if not isinstance(element, TupleV):
                    return FALSE
                return dag.all_([self.contains(s, v) for s, v in zip(items, element.items, strict=True)])
            case CombinedSet(op, left, right):
                first, second = self.contains(left, element), self.contains(right, element)
                match op:
                    case SetOp.UNION:
                        return dag.or_(first, second)
                    case SetOp.INTERSECT:
                        return dag.and_(first, second)
                    case SetOp.MINUS:
                        return dag.and_(first, dag.not_(second))
                    case _:
                        assert_never(op)
            case ChoiceSet(condition, yes, no):
                return dag.ite(condition, self.contains(yes, element), self.contains(no, element))
            case _:
                return FALSE

    def included(self, left: Symbolic, right: Symbolic) -> int:
        """Return `left \\subseteq right`; sets of one structure are compared part by part, otherwise `left` is enumerated."""
        dag = self.dag
        match left, right:
            case TableSet(members), TableSet(others):
                return dag.all_([dag.implies(c, others.get(key, FALSE)) for key, c in members.items()])
            case IntervalSet(low, high), IntervalSet(other_low, other_high):
                inside = dag.and_(dag.le(other_low, low), dag.le(high, other_high))
                return dag.or_(dag.lt(high, low), inside)
            case TypeSet(of), TypeSet(other) if of == other:
                return TRUE
            case PowerSet(base), PowerSet(other_base):
                return self.included(base, other_base)
            case PowerSet(base), TypeSet(SetType(element)):
                return self._is_set_of_type(base, element, bounded=True)
            case _, TypeSet(of):
                return self._is_set_of_type(left, of, bounded=True)
            case FunctionSet(domain, target), FunctionSet(other_domain, other_target) if domain == other_domain:
                # There is one function without arguments, whatever its values would be.
                no_arguments = dag.not_(dag.any_(domain.values()))
                fits = TRUE if no_arguments == TRUE else self.included(target, other_target)
                return dag.any_((self.is_empty(left), no_arguments, fits))
            case (RecordSet(_, items), RecordSet(_, others)) | (CrossSet(items), CrossSet(others)):
                parts = [self.included(a, b) for a, b in zip(items, others, strict=True)]
                return dag.or_(self.is_empty(left), dag.all_(parts))
            case _:
                return dag.all_([dag.implies(c, self.contains(right, item)) for c, item in self.entries(left)])

    def is_empty(self, value: Symbolic) -> int:
        """Return whether a set is empty, without enumerating what its parts decide."""
        dag = self.dag
        match value:
            case PowerSet() | TypeSet():
                return FALSE
            case IntervalSet(low, high):
                return dag.lt(high, low)
            case RecordSet(_, items) | CrossSet(items):
                return dag.any_([self.is_empty(item) for item in items])
            case FunctionSet(domain, target):
                return dag.and_(dag.any_(domain.values()), self.is_empty(target))
            case ChoiceSet(condition, yes, no):
                return dag.ite(condition, self.is_empty(yes), self.is_empty(no))
            case _:
                return dag.not_(dag.any_([c for c, _ in self.entries(value)]))

    def combine(self, op: SetOp, left: Symbolic, right: Symbolic) -> Symbolic:
        """Return `left op right` of two sets."""
        left, right = self._small(left), self._small(right)
        dag = self.dag
        match op, left, right:
            case SetOp.UNION, TableSet(members), TableSet(others):
                return TableSet(
                    {key: dag.or_(members.get(key, FALSE), others.get(key, FALSE)) for key in universe(members, others)}
                )
            case SetOp.UNION, (TableSet() | ListedSet()), (TableSet() | ListedSet()):
                return ListedSet((*self._entries(left), *self._entries(right)))
            case SetOp.INTERSECT, TableSet(members), TableSet(others):
                return TableSet({key: dag.and_(c, others[key]) for key, c in members.items() if key in others})
            case SetOp.MINUS, TableSet(members), TableSet(others):
                return TableSet({key: dag.and_(c, dag.not_(others.get(key, FALSE))) for key, c in members.items()})
            case SetOp.INTERSECT, (TableSet() | ListedSet()), _:
                return self._kept(left, lambda item: self.contains(right, item))
            case SetOp.INTERSECT, _, (TableSet() | ListedSet()):
                return self._kept(right, lambda item: self.contains(left, item))
            case SetOp.MINUS, (TableSet() | ListedSet()), _:
                return self._kept(left, lambda item: dag.not_(self.contains(right, item)))
            case _, Undefined(), _:
                return UNDEFINED
            case _, _, Undefined():
                return UNDEFINED
            case _:
                return CombinedSet(op, left, right)

    def _small(self, value: Symbolic) -> Symbolic:
        """Return a set as a table where that is cheap: a small interval, or a list of few scalars."""
        match value:
            case IntervalSet(low, high) if self.dag.high[high] - self.dag.low[low] < _EXPLICIT:
                return TableSet(self.members(value))
            case ListedSet(entries) if all(isinstance(item, (BoolV, IntV, AtomV)) for _, item in entries):
                if sum(self.spread(item) for _, item in entries) <= 4 * _EXPLICIT:
                    return TableSet(self.members(value))
                return value
            case _:
                return value

    def _kept(self, of: TableSet | ListedSet, test: Callable[[Symbolic], int]) -> Symbolic:
        """Return the elements of a set that pass a test."""
        match of:
            case TableSet(members):
                return TableSet({key: self.dag.and_(c, test(self.lift(key))) for key, c in members.items()})
            case ListedSet(entries):
                return ListedSet(tuple([(self.dag.and_(c, test(item)), item) for c, item in entries]))
            case _:
                assert_never(of)

    def listed(self, entries: Sequence[tuple[int, Symbolic]]) -> Symbolic:
        """Return the set of symbolic elements; a table if all are constant."""
        table: dict[Value, list[int]] = {}
        for condition, item in entries:
            constant = self.constant(item)
            if isinstance(constant, NotConstant):
                return ListedSet(tuple([(c, v) for c, v in entries if c != FALSE]))
            table.setdefault(constant, []).append(condition)
        return TableSet({key: self.dag.any_(table[key]) for key in sorted(table, key=order_key)})

    def big_union(self, value: Symbolic) -> Symbolic:
        """Return the union of a set of sets."""
        match value:
            case PowerSet(base):
                return base
            case _:
                entries: list[tuple[int, Symbolic]] = []
                tables = True
                for condition, inner in self.entries(value):
                    small = self._small(inner)
                    tables = tables and isinstance(small, TableSet)
                    entries += [(self.dag.and_(condition, c), v) for c, v in self.entries(small)]
                return self.listed(entries) if tables else ListedSet(tuple(entries))

    def cardinality(self, value: Symbolic) -> int:
        """Return the node of the number of elements."""
        dag = self.dag
        value = self._small(value)
        match value:
            case IntervalSet(low, high):
                size = dag.add(dag.sub(high, low), dag.integer(1))
                return dag.choose(dag.lt(high, low), dag.integer(0), size)
            case ListedSet(entries):
                counted: list[int] = []
                for index, (condition, item) in enumerate(entries):
                    before = [dag.and_(c, self.equal(v, item)) for c, v in entries[:index]]
                    counted.append(dag.and_(condition, dag.not_(dag.any_(before))))
                return self.count(counted)
            case _:
                return self.count(list(self.members(value).values()))

    def count(self, conditions: Sequence[int]) -> int:
        """Return the node of how many of the conditions are true."""
        dag = self.dag
        base = sum(1 for condition in conditions if condition == TRUE)
        open_ = [condition for condition in conditions if condition > TRUE]
        if len(open_) > _COUNTED:
            terms = [dag.choose(condition, dag.integer(1), dag.integer(0)) for condition in open_]
            while len(terms) > 1:
                terms = [dag.add(a, b) for a, b in zip(terms[::2], terms[1::2], strict=False)] + (
                    terms[-1:] if len(terms) % 2 else []
                )
            return dag.add(terms[0], dag.integer(base))
        at_least = [TRUE] + [FALSE] * len(open_)
        for number, condition in enumerate(open_, 1):
            for index in range(number, 0, -1):
                at_least[index] = dag.or_(at_least[index], dag.and_(at_least[index - 1], condition))
        result = dag.integer(base + len(open_))
        for index in range(len(open_), 0, -1):
            result = dag.choose(at_least[index], result, dag.integer(base + index - 1))
        return result

    # -------------------------------------------------------------------------------- accessors

    def int_node(self, value: Symbolic) -> int:
        """Return the node of an integer."""
        return value.node if isinstance(value, IntV) else self.dag.integer(0)

    def sequence(self, value: Symbolic) -> SequenceV:
        """Return a sequence as length and slots."""
        match value:
            case SequenceV():
                return value
            case TupleV(items):
                return SequenceV(self.dag.integer(len(items)), items)
            case _:
                return SequenceV(self.dag.integer(0), ())

    def entries_of(self, value: Symbolic) -> Mapping[Value, tuple[int, Symbolic]]:
        """Return the table of a function."""
        return value.entries if isinstance(value, FunctionV) else {}


def universe(left: Mapping[Value, object], right: Mapping[Value, object]) -> Iterable[Value]:
    """Return the keys of two tables, each in the fixed order, in that order."""
    if left.keys() == right.keys():
        return left
    if all(key in left for key in right):
        return left
    if all(key in right for key in left):
        return right
    return sorted({**left, **right}, key=order_key)


def _padded(slots: tuple[Symbolic, ...], length: int) -> tuple[Symbolic, ...]:
    return (*slots, *([UNDEFINED] * (length - len(slots))))
