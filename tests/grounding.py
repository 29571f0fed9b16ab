"""Reading symbolic values back, for the laws of `ground` and `smt`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from generate import ACTOR, MODE, SYSTEM
from pluscheck.core.evaluator import Fault, evaluate
from pluscheck.core.exprs import Expr, Site
from pluscheck.core.system import State
from pluscheck.core.values import NOTHING, Function, Record, Some, Value, order_key
from pluscheck.ground.dag import Dag
from pluscheck.ground.expressions import Evaluator, Faults, Result
from pluscheck.ground.leaves import Layout
from pluscheck.ground.symbolic import (
    Algebra,
    AtomV,
    BoolV,
    FunctionV,
    IntV,
    OptionV,
    RecordV,
    SequenceV,
    Symbolic,
    TupleV,
    Undefined,
)

Reader = Callable[[int], int]
"""The value of a node."""


class Encoded:
    """An expression over `generate.SYSTEM`, made symbolic on a DAG of its own."""

    def __init__(self, expr: Expr) -> None:
        self.dag = Dag()
        self.algebra = Algebra(self.dag, SYSTEM.scope, [ACTOR], [MODE])
        self.layout = Layout(SYSTEM, self.algebra)
        self.evaluator = Evaluator(
            self.algebra,
            {c.name: c.value for c in SYSTEM.constants},
            SYSTEM.operators,
            self.layout.current,
            self.layout.following,
            [expr],
        )
        result: Result = self.evaluator.evaluate(expr)
        self.value: Symbolic = result[0]
        self.faults: Faults = result[1]

    def leaves(self, state: State, next_state: State) -> dict[int, int]:
        """The values of the leaf nodes in two states."""
        now = {leaf.node: v for leaf, v in zip(self.layout.leaves, self.layout.encode(state), strict=True)}
        then = {leaf.next_node: v for leaf, v in zip(self.layout.leaves, self.layout.encode(next_state), strict=True)}
        return now | then

    def reader(self, state: State, next_state: State) -> Reader:
        """The value of each node in two states, by the DAG's own definition."""
        leaves = self.leaves(state, next_state)

        def value(node: int) -> int:
            return self.dag.values(self.dag.cone([node]), leaves)[node]

        return value

    def faulting(self, read: Reader) -> set[Site]:
        """The sites that fault."""
        return {site for site, condition in self.faults.items() if read(condition)}


def outcome(expr: Expr, state: State, next_state: State) -> tuple[Site | None, Value]:
    """Return where the reference evaluator faults, or None and the value."""
    try:
        return None, evaluate(SYSTEM, expr, state, next_state)
    except Fault as fault:
        return fault.site, NOTHING


def nodes(algebra: Algebra, value: Symbolic) -> Iterator[int]:
    """Yield the nodes that reading the value may ask for."""
    match value:
        case BoolV(node) | IntV(node) | AtomV(node):
            yield node
        case TupleV(items) | RecordV(_, items):
            for item in items:
                yield from nodes(algebra, item)
        case OptionV(present, inner):
            yield present
            yield from nodes(algebra, inner)
        case FunctionV(entries):
            for defined, item in entries.values():
                yield defined
                yield from nodes(algebra, item)
        case SequenceV(length, slots):
            yield length
            for slot in slots:
                yield from nodes(algebra, slot)
        case Undefined():
            return
        case _:
            yield from algebra.members(value).values()


def concrete(algebra: Algebra, value: Symbolic, read: Reader) -> Value:
    """Return the core value that a symbolic value is where its nodes have the values that `read` tells."""
    match value:
        case BoolV(node):
            return bool(read(node))
        case IntV(node):
            return read(node)
        case AtomV(node, table):
            return table.atoms[read(node)]
        case TupleV(items):
            return tuple(concrete(algebra, item, read) for item in items)
        case RecordV(names, items):
            return Record(tuple((n, concrete(algebra, item, read)) for n, item in zip(names, items, strict=True)))
        case OptionV(present, inner):
            return Some(concrete(algebra, inner, read)) if read(present) else NOTHING
        case FunctionV(entries):
            pairs = [(key, concrete(algebra, item, read)) for key, (d, item) in entries.items() if read(d)]
            assert pairs == sorted(pairs, key=lambda pair: order_key(pair[0]))
            return Function(tuple(pairs))
        case SequenceV(length, slots):
            return tuple(concrete(algebra, slot, read) for slot in slots[: read(length)])
        case Undefined():
            raise AssertionError("read where nothing is defined")
        case _:
            members = algebra.members(value)
            assert list(members) == sorted(members, key=order_key)
            return frozenset(element for element, inside in members.items() if read(inside))
