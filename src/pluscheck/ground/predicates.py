"""The state in predicates that a specification could state: for each scalar, that it is there and has a value.

They are the bits of the engines that learn clauses, so that what those learn can be read. One-hot, and all false where a scalar is absent: so a
permutation of a sort's elements only permutes predicates, which the leaves, with a least value for what does not matter, could not offer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import assert_never

from pluscheck.core import exprs as e
from pluscheck.core.exprs import Arithmetic, Comparison, Expr
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
from pluscheck.core.values import NOTHING, Atom, Function, Nothing, Record, Some, Value
from pluscheck.ground.dag import TRUE, Dag
from pluscheck.ground.ground import GroundSystem
from pluscheck.ground.leaves import Leaf

MAX_VALUES = 64
"""An integer with more values has a predicate for each bit of its distance from the least value, not for each value."""

Path = tuple[tuple[str, Value], ...]
"""Where a scalar is, and with which value: each selection by its kind and what is selected, the variable (by name) first."""


@dataclass(frozen=True, slots=True)
class Predicate:
    """A scalar is there and has a value; or, with a `bit`, has that bit set in its distance from its least value.

    `value` is the leaf's (of a Boolean leaf 1 or 0; with a `bit`, the least value). `node` and `next_node` say it of the current and the next leaves of canonical
    states, `formula` of the current state: it never faults.
    """

    leaf: int
    value: int
    bit: int | None
    node: int
    next_node: int
    formula: Expr
    path: Path = field(repr=False)


def predicates(system: GroundSystem) -> tuple[Predicate, ...]:
    """Return the predicates, in the order of the leaves; together they determine a canonical state.

    A Boolean scalar has one, and so has a scalar of two values that is always there; any other has one for each value.
    The least value of a leaf is its value where none of its other predicates is true.
    """
    return tuple(_Walk(system).predicates())


def symmetries(system: GroundSystem, of: Sequence[Predicate]) -> tuple[tuple[int, ...], ...]:
    """Return what exchanging two neighbouring elements of a sort does to the predicates: generators of all permutations.

    One row for each pair of neighbours of each sort; the entry of a predicate is the number, counted from 1, of the one that it becomes, negative if it becomes its
    negation. Of a system that names no element of a sort each is an automorphism (scalarsets: Ip and Dill, 1996).
    """
    known: dict[Path, int] = {}
    for number, predicate in enumerate(of, 1):
        known[predicate.path] = number
        # A scalar of two values that is always there: that it has the other one is the negation.
        opposite = _opposite(system, predicate)
        if opposite is not None:
            known[opposite] = -number
    rows: list[tuple[int, ...]] = []
    for atoms in system.system.scope.values():
        for first, second in pairwise(atoms):
            exchange = {first: second, second: first}
            rows.append(tuple([known[_exchanged_path(predicate.path, exchange)] for predicate in of]))
    return tuple(rows)


def value_expr(value: Value) -> Expr:
    """Return an expression for a value in which elements of sorts stand as literals of their own."""
    match value:
        case bool() | int() | Atom() | Nothing():
            return e.Lit(value)
        case Some(inner):
            return e.SomeOf(value_expr(inner))
        case tuple():
            return e.MakeTuple(tuple([value_expr(item) for item in value]))
        case frozenset():
            return e.SetLit(tuple([value_expr(item) for item in sorted(value, key=repr)]))
        case Record(fields):
            return e.MakeRecord(tuple([(name, value_expr(item)) for name, item in fields]))
        case Function(pairs):
            if not pairs:
                return e.Lit(value)
            entries: list[Expr] = [e.Single(value_expr(argument), value_expr(result)) for argument, result in pairs]
            whole = entries.pop()
            while entries:
                whole = e.Override(entries.pop(), whole)
            return whole
        case _:
            assert_never(value)


def _exchanged_path(path: Path, exchange: Mapping[Atom, Atom]) -> Path:
    return tuple([(kind, _exchanged(value, exchange)) for kind, value in path])


def _exchanged(value: Value, exchange: Mapping[Atom, Atom]) -> Value:
    """Return a value with some atoms replaced by others."""
    match value:
        case bool() | int() | Nothing():
            return value
        case Atom():
            return exchange.get(value, value)
        case Some(inner):
            return Some(_exchanged(inner, exchange))
        case tuple():
            return tuple([_exchanged(item, exchange) for item in value])
        case frozenset():
            return frozenset([_exchanged(item, exchange) for item in value])
        case Record(fields):
            return Record(tuple([(name, _exchanged(item, exchange)) for name, item in fields]))
        case Function(pairs):
            return Function.of({_exchanged(a, exchange): _exchanged(b, exchange) for a, b in pairs})
        case _:
            assert_never(value)


def _opposite(system: GroundSystem, predicate: Predicate) -> Path | None:
    """Return the path of "it has its other value" for a scalar that is always there and has two."""
    kind, value = predicate.path[-1]
    leaf = system.leaves[predicate.leaf]
    if kind != "one of two" or not leaf.boolean or not isinstance(value, tuple):
        return None
    chosen, other = value
    return (*predicate.path[:-1], (kind, (other, chosen)))


@dataclass(frozen=True, slots=True)
class _Present:
    """Under which condition something is there: nodes over the current and the next leaves, and as expressions."""

    node: int = TRUE
    next_node: int = TRUE
    formulas: tuple[Expr, ...] = ()


class _Walk:
    """Goes through the variables' types in the order in which `leaves` makes scalars of them."""

    def __init__(self, system: GroundSystem) -> None:
        self._system = system
        self._dag: Dag = system.dag
        self._scope: Scope = system.system.scope
        self._position = 0

    def predicates(self) -> Iterator[Predicate]:
        """Yield all predicates."""
        for variable in self._system.system.variables:
            path: Path = ((f"variable {variable.name}", True),)
            yield from self._of(variable.type, e.Var(variable.name), path, _Present())

    def _of(self, of: Type, here: Expr, path: Path, present: _Present) -> Iterator[Predicate]:
        match of:
            case BoolType():
                yield self._boolean(here, path, present)
            case RangeType() | EnumType() | SortType() | UnionType() | AmongType():
                yield from self._scalar(here, self._system.layout.scalar_values(of), path, present)
            case RecordType(fields):
                for name, item in fields:
                    yield from self._of(item, e.Field(here, name), (*path, (f"field {name}", True)), present)
            case TupleType(items):
                for index, item in enumerate(items, 1):
                    yield from self._of(item, e.Project(here, index), (*path, ("item", index)), present)
            case FunctionType(domain, target):
                for argument in values_of(domain, self._scope):
                    inner = e.App(here, value_expr(argument))
                    yield from self._of(target, inner, (*path, ("at", argument)), present)
            case SetType(element):
                for member in values_of(element, self._scope):
                    yield self._boolean(e.In(value_expr(member), here), (*path, ("member", member)), present)
            case SeqType(element, bound):
                yield from self._sequence(element, bound, here, path, present)
            case OptionType(element):
                yield from self._option(element, here, path, present)
            case _:
                assert_never(of)

    def _boolean(self, formula: Expr, path: Path, present: _Present) -> Predicate:
        """Return the predicate of a scalar that is FALSE where it is absent."""
        position, leaf = self._next_leaf()
        return Predicate(position, 1, None, leaf.node, leaf.next_node, _under(present, formula), path)

    def _option(self, element: Type, here: Expr, path: Path, present: _Present) -> Iterator[Predicate]:
        is_some = e.Not(e.Eq(here, e.Lit(NOTHING)))
        there = self._boolean(is_some, (*path, ("is some", True)), present)
        yield there
        inside = _Present(there.node, there.next_node, (*present.formulas, is_some))
        if isinstance(element, RangeType | EnumType | SortType | UnionType | AmongType):
            # `x = Some(v)` says in one that there is something, and what.
            numbered = self._system.layout.scalar_values(element)
            yield from self._scalar(here, numbered, path, inside, outer=present)
        else:
            yield from self._of(element, e.Get(here), (*path, ("get", True)), inside)

    def _sequence(self, element: Type, bound: int, here: Expr, path: Path, present: _Present) -> Iterator[Predicate]:
        start = self._position
        lengths = list(
            self._scalar(e.Len(here), [(n, n) for n in range(bound + 1)], (*path, ("length", True)), present)
        )
        yield from lengths
        for index in range(1, bound + 1):
            inside = present
            if lengths:
                leaf = self._system.leaves[start]
                # Where the sequence is absent its length is 0, and so nothing is within it.
                inside = _Present(
                    self._at_least(leaf.node, index) if not leaf.boolean else leaf.node,
                    self._at_least(leaf.next_node, index) if not leaf.boolean else leaf.next_node,
                    (*present.formulas, e.Compare(Comparison.LE, e.Lit(index), e.Len(here))),
                )
            yield from self._of(element, e.Nth(here, e.Lit(index)), (*path, ("slot", index)), inside)

    def _at_least(self, node: int, number: int) -> int:
        return self._dag.le(self._dag.integer(number), node)

    def _scalar(
        self,
        here: Expr,
        values: Sequence[tuple[int, Value]],
        path: Path,
        present: _Present,
        *,
        outer: _Present | None = None,
    ) -> Iterator[Predicate]:
        """Yield the predicates of a scalar with these numbers and values; with `outer`, `here` is the option that holds it, there under that condition."""
        if len(values) == 1:
            return
        position, leaf = self._next_leaf()
        around = present if outer is None else outer

        def equal(value: Value) -> Expr:
            literal = value_expr(value)
            return e.Eq(here, literal if outer is None else e.SomeOf(literal))

        if leaf.boolean and present.node == TRUE:
            (_, no), (_, yes) = values
            own = (*path, ("one of two", (yes, no)))
            yield Predicate(position, 1, None, leaf.node, leaf.next_node, equal(yes), own)
            return
        if len(values) > MAX_VALUES and all(number == value for number, value in values):
            yield from self._bits(position, leaf, e.Get(here) if outer is not None else here, path, present)
            return
        for index, (number, value) in enumerate(values):
            wanted = index if leaf.boolean else number
            nodes = [
                self._dag.and_(there, self._is(leaf, node, wanted))
                for there, node in ((present.node, leaf.node), (present.next_node, leaf.next_node))
            ]
            own = (*path, ("is", value))
            yield Predicate(position, wanted, None, nodes[0], nodes[1], _under(around, equal(value)), own)

    def _bits(self, position: int, leaf: Leaf, here: Expr, path: Path, present: _Present) -> Iterator[Predicate]:
        """Yield the bits of a large integer's distance from its least value, which it has where it is absent."""
        dag = self._dag
        for bit in range((leaf.high - leaf.low).bit_length()):
            nodes = []
            for node in (leaf.node, leaf.next_node):
                shifted = dag.div(dag.sub(node, dag.integer(leaf.low)), dag.integer(1 << bit))
                nodes.append(dag.eq(dag.mod(shifted, dag.integer(2)), dag.integer(1)))
            distance = e.Arith(Arithmetic.SUB, here, e.Lit(leaf.low)) if leaf.low else here
            quotient = e.Arith(Arithmetic.DIV, distance, e.Lit(1 << bit)) if bit else distance
            formula = e.Eq(e.Arith(Arithmetic.MOD, quotient, e.Lit(2)), e.Lit(1))
            own = (*path, ("bit", bit))
            yield Predicate(position, leaf.low, bit, nodes[0], nodes[1], _under(present, formula), own)

    def _is(self, leaf: Leaf, node: int, number: int) -> int:
        if leaf.boolean:
            return node if number else self._dag.not_(node)
        return self._dag.eq(node, self._dag.integer(number))

    def _next_leaf(self) -> tuple[int, Leaf]:
        position = self._position
        self._position += 1
        return position, self._system.leaves[position]


def _under(present: _Present, formula: Expr) -> Expr:
    return e.And((*present.formulas, formula)) if present.formulas else formula
