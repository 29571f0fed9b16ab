"""How variables are flattened to scalar leaves, and how states are read back.

Equal values have equal leaves: whatever does not matter (a slot beyond a sequence's length, the payload of an absent option)
holds its least value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import assert_never

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Diagnostic, Label
from pluscheck.base.errors import InternalError, SpecError
from pluscheck.core.system import State, TransitionSystem, Variable
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
from pluscheck.core.values import NOTHING, Atom, Function, Record, Some, Value, show
from pluscheck.ground.dag import FALSE, TRUE
from pluscheck.ground.symbolic import (
    Algebra,
    AtomTable,
    AtomV,
    BoolV,
    FunctionV,
    IntV,
    OptionV,
    RecordV,
    SequenceV,
    SetTooLargeError,
    Symbolic,
    TableSet,
    TupleV,
    boolean,
)

MAX_LEAVES = 100_000
"""A state with more scalars than this is refused."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One scalar of the state: a path such as `lock[src].shared[Writer1]`, its input nodes now and in the next state, and its range.

    A Boolean's range is 0..1; a scalar of two values is a Boolean that tells which. `possible` lists the values if there are gaps in the range.
    """

    name: str
    boolean: bool
    low: int
    high: int
    possible: tuple[int, ...] | None
    node: int
    next_node: int


@dataclass(frozen=True, slots=True)
class _Scalar:
    name: str
    boolean: bool
    low: int
    high: int
    possible: tuple[int, ...] | None


class Layout:
    """The leaves of a system's states, in the order of its variables.

    Raises SpecError (TYPE_TOO_LARGE, at the variable) if a variable has more parts than there is room for.
    """

    def __init__(self, system: TransitionSystem, algebra: Algebra) -> None:
        self._system = system
        self._algebra = algebra
        self._codes: dict[Type, tuple[AtomTable, tuple[int, ...]]] = {}
        self._encoded: list[dict[Value, tuple[int, ...]]] = [{} for _ in system.variables]
        self.leaves: list[Leaf] = []
        self.spans: list[range] = []
        """The positions of each variable's leaves."""
        self.current: dict[str, Symbolic] = {}
        self.following: dict[str, Symbolic] = {}
        for variable in system.variables:
            self._add(variable)

    def _add(self, variable: Variable) -> None:
        dag = self._algebra.dag
        scalars: list[_Scalar] = []
        try:
            for scalar in self._scalars(variable.type, variable.name):
                scalars.append(scalar)
                if len(self.leaves) + len(scalars) > MAX_LEAVES:
                    raise SetTooLargeError("this variable's type")
        except SetTooLargeError:
            raise SpecError(
                [
                    Diagnostic(
                        Code.TYPE_TOO_LARGE,
                        f"{variable.name} has more parts than there is room for in a state",
                        Label(variable.span, "this variable's type is too large"),
                        help="make the scopes or ranges in its type smaller",
                    )
                ]
            ) from None
        start = len(self.leaves)
        for s in scalars:
            node, next_node = [
                dag.bool_leaf(name) if s.boolean else dag.int_leaf(name, s.low, s.high, s.possible)
                for name in (s.name, s.name + "'")
            ]
            self.leaves.append(Leaf(s.name, s.boolean, s.low, s.high, s.possible, node, next_node))
        self.spans.append(range(start, len(self.leaves)))
        own = self.leaves[start:]
        self.current[variable.name] = self._symbolic(variable.type, iter([leaf.node for leaf in own]))
        self.following[variable.name] = self._symbolic(variable.type, iter([leaf.next_node for leaf in own]))

    # ----------------------------------------------------------------------------------- scalars

    def _scalars(self, of: Type, path: str) -> Iterator[_Scalar]:
        """Yield what a value of the type is made of, in the order that all methods here share."""
        match of:
            case BoolType():
                yield _Scalar(path, boolean=True, low=0, high=1, possible=None)
            case RangeType() | EnumType() | SortType() | UnionType() | AmongType():
                yield from _scalar(path, self._numbers(of))
            case RecordType(fields):
                for name, item in fields:
                    yield from self._scalars(item, f"{path}.{name}")
            case TupleType(items):
                for index, item in enumerate(items, 1):
                    yield from self._scalars(item, f"{path}[{index}]")
            case FunctionType(domain, target):
                for argument in self._algebra.type_members(domain):
                    yield from self._scalars(target, f"{path}[{_shown(argument)}]")
            case SetType(element):
                for value in self._algebra.type_members(element):
                    yield _Scalar(f"{path}[{_shown(value)}]", boolean=True, low=0, high=1, possible=None)
            case SeqType(element, bound):
                if bound > MAX_LEAVES:
                    raise SetTooLargeError("this sequence")
                yield from _scalar(f"Len({path})", range(bound + 1))
                for index in range(1, bound + 1):
                    yield from self._scalars(element, f"{path}[{index}]")
            case OptionType(element):
                yield _Scalar(f"{path} # None", boolean=True, low=0, high=1, possible=None)
                yield from self._scalars(element, f"Get({path})")
            case _:
                assert_never(of)

    def _numbers(self, of: RangeType | EnumType | SortType | UnionType | AmongType) -> Sequence[int]:
        """Return the numbers that stand for the type's values, in ascending order."""
        match of:
            case RangeType(low, high):
                return range(low, high + 1)
            case EnumType() | SortType() | UnionType():
                return sorted(self._atom_codes(of)[1])
            case AmongType(values):
                return _plain_numbers(values) or range(len(values))
            case _:
                assert_never(of)

    def scalar_values(self, of: RangeType | EnumType | SortType | UnionType | AmongType) -> list[tuple[int, Value]]:
        """Return the numbers that stand for the type's values, in ascending order, each with its value."""
        numbers = self._numbers(of)
        match of:
            case RangeType():
                return [(number, number) for number in numbers]
            case EnumType() | SortType() | UnionType():
                atoms = self._atom_codes(of)[0].atoms
                return [(number, atoms[number]) for number in numbers]
            case AmongType(values):
                return [(number, value) for number, value in zip(numbers, values, strict=True)]
            case _:
                assert_never(of)

    def _read(self, numbers: Sequence[int], nodes: Iterator[int]) -> int:
        """Return the node of a number whose scalar, if it has one, is the next."""
        dag = self._algebra.dag
        match len(numbers):
            case 1:
                return dag.integer(numbers[0])
            case 2:
                return dag.choose(next(nodes), dag.integer(numbers[1]), dag.integer(numbers[0]))
            case _:
                return next(nodes)

    def _written(self, numbers: Sequence[int], node: int) -> list[int]:
        """Return the node of the scalar, if there is one, that stands for a number."""
        match len(numbers):
            case 1:
                return []
            case 2:
                return [self._algebra.dag.eq(node, self._algebra.dag.integer(numbers[1]))]
            case _:
                return [node]

    def _atom_codes(self, of: EnumType | SortType | UnionType) -> tuple[AtomTable, tuple[int, ...]]:
        """Return the table and the codes of a type's atoms, in their order."""
        known = self._codes.get(of)
        if known is None:
            atoms = [atom for atom in values_of(of, self._algebra.scope) if isinstance(atom, Atom)]
            table = self._algebra.table(atoms[0].family)
            known = self._codes[of] = (table, tuple([table.code(atom) for atom in atoms]))
        return known

    # ----------------------------------------------------------------------------- symbolic values

    def _symbolic(self, of: Type, nodes: Iterator[int]) -> Symbolic:
        """Return the symbolic value whose scalars are the nodes."""
        algebra, dag = self._algebra, self._algebra.dag
        match of:
            case BoolType():
                return boolean(next(nodes))
            case RangeType():
                return IntV(self._read(self._numbers(of), nodes))
            case EnumType() | SortType() | UnionType():
                return AtomV(self._read(self._numbers(of), nodes), self._atom_codes(of)[0])
            case AmongType(values):
                node = self._read(self._numbers(of), nodes)
                if _plain_numbers(values) is not None:
                    return IntV(node)
                return algebra.select([(dag.eq(node, dag.integer(i)), algebra.lift(v)) for i, v in enumerate(values)])
            case RecordType(fields):
                return RecordV(
                    tuple([name for name, _ in fields]), tuple([self._symbolic(item, nodes) for _, item in fields])
                )
            case TupleType(items):
                return TupleV(tuple([self._symbolic(item, nodes) for item in items]))
            case FunctionType(domain, target):
                return FunctionV(
                    {argument: (TRUE, self._symbolic(target, nodes)) for argument in algebra.type_members(domain)}
                )
            case SetType(element):
                return TableSet({value: next(nodes) for value in algebra.type_members(element)})
            case SeqType(element, bound):
                length = self._read(range(bound + 1), nodes)
                return SequenceV(length, tuple([self._symbolic(element, nodes) for _ in range(bound)]))
            case OptionType(element):
                present = next(nodes)
                return OptionV(present, self._symbolic(element, nodes))
            case _:
                assert_never(of)

    def stored(self, of: Type, value: Symbolic) -> list[int]:
        """Return the nodes of the scalars of a value of the type (of any other value, something)."""
        algebra, dag = self._algebra, self._algebra.dag
        match of:
            case BoolType():
                return [value.node if isinstance(value, BoolV) else FALSE]
            case RangeType():
                numbers = self._numbers(of)
                return self._written(numbers, value.node if isinstance(value, IntV) else dag.integer(numbers[0]))
            case EnumType() | SortType() | UnionType():
                numbers, table = self._numbers(of), self._atom_codes(of)[0]
                if not isinstance(value, AtomV):
                    return self._written(numbers, dag.integer(numbers[0]))
                return self._written(numbers, value.node if value.table is table else algebra.recoded(value, table))
            case AmongType(values):
                numbers = self._numbers(of)
                if _plain_numbers(values) is not None:
                    return self._written(numbers, value.node if isinstance(value, IntV) else dag.integer(numbers[0]))
                index = dag.integer(len(values) - 1)
                for position in range(len(values) - 2, -1, -1):
                    same = algebra.equal(value, algebra.lift(values[position]))
                    index = dag.choose(same, dag.integer(position), index)
                return self._written(numbers, index)
            case RecordType(fields):
                items = value.items if isinstance(value, RecordV) else [value] * len(fields)
                return [
                    node
                    for item, (_, item_type) in zip(items, fields, strict=True)
                    for node in self.stored(item_type, item)
                ]
            case TupleType(types):
                parts = value.items if isinstance(value, TupleV) and len(value.items) == len(types) else None
                return [
                    node
                    for index, item_type in enumerate(types)
                    for node in self.stored(item_type, parts[index] if parts is not None else value)
                ]
            case FunctionType(domain, target):
                entries = algebra.entries_of(value)
                nodes: list[int] = []
                for argument in algebra.type_members(domain):
                    entry = entries.get(argument)
                    nodes += self.stored(target, entry[1] if entry is not None else value)
                return nodes
            case SetType(element):
                return [algebra.contains(value, algebra.lift(item)) for item in algebra.type_members(element)]
            case SeqType(element, bound):
                sequence = algebra.sequence(value)
                nodes = self._written(range(bound + 1), sequence.length)
                for index in range(bound):
                    used = dag.lt(dag.integer(index), sequence.length)
                    slot = sequence.slots[index] if index < len(sequence.slots) else value
                    nodes += self._where(used, element, slot)
                return nodes
            case OptionType(element):
                present = value.present if isinstance(value, OptionV) else FALSE
                return [present, *self._where(present, element, value.value if isinstance(value, OptionV) else value)]
            case _:
                assert_never(of)

    def _where(self, used: int, of: Type, value: Symbolic) -> list[int]:
        """Return the scalars of a value where it is used, and the least ones elsewhere."""
        dag = self._algebra.dag
        return [
            dag.and_(used, node) if scalar.boolean else dag.choose(used, node, dag.integer(scalar.low))
            for node, scalar in zip(self.stored(of, value), self._scalars(of, ""), strict=True)
        ]

    def canonical(self) -> int:
        """Return the formula that what does not matter in the current state holds its least value."""
        dag = self._algebra.dag
        return dag.all_(
            [
                (dag.iff if leaf.boolean else dag.eq)(leaf.node, node)
                for variable, positions in zip(self._system.variables, self.spans, strict=True)
                for leaf, node in zip(
                    [self.leaves[position] for position in positions],
                    self.stored(variable.type, self.current[variable.name]),
                    strict=True,
                )
            ]
        )

    # ----------------------------------------------------------------------------------- concrete

    def encode(self, state: State) -> tuple[int, ...]:
        """Return the value of each leaf in a state; of Booleans 0 and 1."""
        scalars: list[int] = []
        for variable, value, known in zip(self._system.variables, state, self._encoded, strict=True):
            encoded = known.get(value)
            if encoded is None:
                encoded = known[value] = tuple(self._encode(variable.type, value))
            scalars += encoded
        return tuple(scalars)

    def _encode(self, of: Type, value: Value) -> Iterator[int]:
        dag = self._algebra.dag
        for node in self.stored(of, self._algebra.lift(value)):
            if not dag.is_const(node):
                raise InternalError(f"{value!r} has no leaves as a value of {of!r}")
            yield dag.low[node]

    def decode(self, scalars: Sequence[int]) -> State:
        """Return the state in which the leaves have these values."""
        source = iter(scalars)
        return tuple([self._decode(variable.type, source) for variable in self._system.variables])

    def _decode(self, of: Type, scalars: Iterator[int]) -> Value:
        match of:
            case BoolType():
                return bool(next(scalars))
            case RangeType():
                return _number(self._numbers(of), scalars)
            case EnumType() | SortType() | UnionType():
                return self._atom_codes(of)[0].atoms[_number(self._numbers(of), scalars)]
            case AmongType(values):
                number = _number(self._numbers(of), scalars)
                return number if _plain_numbers(values) is not None else values[number]
            case RecordType(fields):
                return Record(tuple([(name, self._decode(item, scalars)) for name, item in fields]))
            case TupleType(items):
                return tuple([self._decode(item, scalars) for item in items])
            case FunctionType(domain, target):
                arguments = self._algebra.type_members(domain)
                return Function(tuple([(argument, self._decode(target, scalars)) for argument in arguments]))
            case SetType(element):
                return frozenset([value for value in self._algebra.type_members(element) if next(scalars)])
            case SeqType(element, bound):
                length = _number(range(bound + 1), scalars)
                return tuple([self._decode(element, scalars) for _ in range(bound)][:length])
            case OptionType(element):
                present = next(scalars)
                value = self._decode(element, scalars)
                return Some(value) if present else NOTHING
            case _:
                assert_never(of)


def _scalar(path: str, numbers: Sequence[int]) -> Iterable[_Scalar]:
    """Return the scalar that tells between these numbers, none if there is only one."""
    if len(numbers) == 1:
        return ()
    if len(numbers) == 2:
        return (_Scalar(path, boolean=True, low=0, high=1, possible=None),)
    low, high = numbers[0], numbers[-1]
    possible = None if high - low + 1 == len(numbers) else tuple(numbers)
    return (_Scalar(path, boolean=False, low=low, high=high, possible=possible),)


def _number(numbers: Sequence[int], scalars: Iterator[int]) -> int:
    """Return the number whose scalar, if it has one, is the next."""
    match len(numbers):
        case 1:
            return numbers[0]
        case 2:
            return numbers[next(scalars)]
        case _:
            return next(scalars)


def _plain_numbers(values: tuple[Value, ...]) -> list[int] | None:
    """Return listed values, in order, if they are integers that need few more bits than their places in the list."""
    numbers = [value for value in values if isinstance(value, int) and not isinstance(value, bool)]
    if len(numbers) < len(values) or numbers[-1] - numbers[0] > 4 * len(numbers):
        return None
    return numbers


def _shown(argument: Value) -> str:
    """Return an argument as it stands between brackets."""
    if isinstance(argument, tuple):
        return ", ".join(show(item) for item in argument)
    return show(argument)
