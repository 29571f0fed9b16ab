"""Leaves as bits, and nodes of the ground DAG as diagrams over them.

A leaf of n values has the binary digits of its distance from the least one. The bits of the next state stand between those of the current one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from pluscheck.base.errors import InternalError
from pluscheck.engines.bdd.diagrams import Diagram, Diagrams
from pluscheck.ground import dag as d
from pluscheck.ground.ground import GroundSystem

MAX_VALUES = 4096
"""An integer that may have more values than this is too much for this engine: it has a diagram for each."""

MAX_PAIRS = 200_000
"""Nor is arithmetic done on two integers with more pairs of values."""

Numbers = dict[int, Diagram]
"""An integer: where it has each of its values. Nowhere two of them; nowhere any only where a leaf's bits are no value of it."""


class TooLargeError(Exception):
    """Integers have too many values for this engine."""


@dataclass(frozen=True, slots=True)
class Bits:
    """A leaf's bits, the highest first: the names of their variables now and in the next state, and the least value."""

    now: tuple[str, ...]
    following: tuple[str, ...]
    low: int

    def cube(self, value: int) -> dict[str, bool]:
        """Return the bits of a value."""
        return {name: bool((value - self.low) >> shift & 1) for shift, name in enumerate(reversed(self.now))}


class Encoding:
    """The bits of a ground system's leaves, and the diagrams of its nodes."""

    def __init__(self, system: GroundSystem, order: Sequence[int], *, memory: int | None) -> None:
        self.system = system
        self.order = order
        self.bits: list[Bits] = []
        for position, leaf in enumerate(system.leaves):
            if leaf.high - leaf.low >= MAX_VALUES:
                raise TooLargeError
            width = (leaf.high - leaf.low).bit_length()
            names = [f"{position}.{bit}" for bit in range(width)]
            self.bits.append(Bits(tuple(names), tuple([name + "'" for name in names]), leaf.low))
        pairs = [pair for leaf in order for pair in zip(self.bits[leaf].now, self.bits[leaf].following, strict=True)]
        self.diagrams = Diagrams([name for pair in pairs for name in pair], memory=memory)
        self.now: Mapping[str, Diagram] = {following: self.diagrams.variable(now) for now, following in pairs}
        """For each variable of the next state, the one of the current state."""
        roots = [node for claim in system.properties for node in (claim.formula, *claim.faults.values())]
        self.about_next = _dependent(system, roots)
        """The nodes of properties that mention the next state."""
        self.current = Formulas(self, {leaf.node: self._leaf(p) for p, leaf in enumerate(system.leaves)})
        self.valid = self.diagrams.true
        for position, leaf in enumerate(system.leaves):
            if not leaf.boolean:
                self.valid &= self._any(list(self._values(position).values()))

    def _any(self, of: Sequence[Diagram]) -> Diagram:
        whole = self.diagrams.false
        for one in of:
            whole |= one
        return whole

    def _values(self, position: int) -> Numbers:
        leaf = self.system.leaves[position]
        possible = range(leaf.low, leaf.high + 1) if leaf.possible is None else leaf.possible
        return {value: self.diagrams.cube(self.bits[position].cube(value)) for value in possible}

    def _leaf(self, position: int) -> Diagram | Numbers:
        if self.system.leaves[position].boolean:
            return self.diagrams.variable(self.bits[position].now[0])
        return self._values(position)

    def following(self, updates: Mapping[int, int]) -> Formulas:
        """Return the nodes of the next leaves (and all others) where a step makes these updates."""
        leaves = self.system.leaves
        after: dict[int, Diagram | Numbers] = {}
        for position, leaf in enumerate(leaves):
            node = updates.get(position, leaf.node)
            after[leaf.next_node] = self.current.boolean(node) if leaf.boolean else self.current.numbers(node)
        return Formulas(self, after, self.current)

    def value_is(self, position: int, node: int, value: int) -> Diagram:
        """Return where a node has a value of the leaf at this position."""
        if self.system.leaves[position].boolean:
            here = self.current.boolean(node)
            return here if value else ~here
        return self.current.numbers(node).get(value, self.diagrams.false)

    def a_state(self, of: Diagram, random: Random | None = None) -> tuple[int, ...]:
        """Return the values of the leaves in one of these states, of which there is one: always the same one, or as chance has it."""
        false = self.diagrams.false
        chosen: dict[str, bool] = {}
        here = of
        while (name := here.var) is not None:
            low, high = self.diagrams.branches(here)
            chosen[name] = low == false or (random is not None and high != false and random.random() < 0.5)
            here = high if chosen[name] else low
        scalars = []
        for bits in self.bits:
            number = 0
            for name in bits.now:
                number = 2 * number + chosen.get(name, random is not None and random.random() < 0.5)
            scalars.append(bits.low + number)
        return tuple(scalars)

    def count(self, of: Diagram) -> int:
        """Return in how many states a function of the current state is true. The library's own count is a rounded one."""
        names = [name for leaf in self.order for name in self.bits[leaf].now]
        level = {name: index for index, name in enumerate(names)}
        diagrams = self.diagrams

        def depth(diagram: Diagram) -> int:
            return len(names) if diagram.var is None else level[diagram.var]

        # For each function, how many values of the variables from its first one on make it true.
        counted = {int(diagrams.true): 1, int(diagrams.false): 0}
        pending = [of]
        while pending:
            here = pending[-1]
            if int(here) in counted:
                pending.pop()
                continue
            low, high = diagrams.branches(here)
            missing = [branch for branch in (low, high) if int(branch) not in counted]
            if missing:
                pending += missing
                continue
            pending.pop()
            counted[int(here)] = sum(
                counted[int(branch)] << (depth(branch) - depth(here) - 1) for branch in (low, high)
            )
        return counted[int(of)] << depth(of)


def _dependent(system: GroundSystem, roots: Sequence[int]) -> frozenset[int]:
    """Return the nodes below the roots that depend on a next leaf."""
    found = {leaf.next_node for leaf in system.leaves}
    op, args = system.dag.op, system.dag.args
    for node in system.dag.cone(roots):
        if op[node] not in (d.LEAF, d.INT_LEAF) and not found.isdisjoint(args[node]):
            found.add(node)
    return frozenset(found)


class Formulas:
    """The diagrams of nodes, each made when it is first asked for, with given ones for the leaves; what is not about the next state is taken from `base`."""

    def __init__(
        self, encoding: Encoding, leaves: Mapping[int, Diagram | Numbers], base: Formulas | None = None
    ) -> None:
        self._dag = encoding.system.dag
        self._diagrams = encoding.diagrams
        self._about_next = encoding.about_next
        self._base = base
        self._made: dict[int, Diagram | Numbers] = dict(leaves)

    def boolean(self, node: int) -> Diagram:
        """Return the diagram of a Boolean node."""
        made = self._of(node)
        if isinstance(made, dict):
            raise InternalError(f"node {node} is no Boolean")
        return made

    def numbers(self, node: int) -> Numbers:
        """Return the diagrams of an integer node."""
        made = self._of(node)
        if not isinstance(made, dict):
            raise InternalError(f"node {node} is no integer")
        return made

    def any_of(self, nodes: Iterable[int]) -> Diagram:
        """Return where some of these Boolean nodes is true."""
        whole = self._diagrams.false
        for node in nodes:
            whole |= self.boolean(node)
        return whole

    def _of(self, node: int) -> Diagram | Numbers:
        made, args = self._made, self._dag.args
        pending = [node]
        while pending:
            here = pending[-1]
            if here in made:
                pending.pop()
            elif self._base is not None and here not in self._about_next:
                made[here] = self._base._of(here)
            else:
                missing = [operand for operand in args[here] if operand not in made]
                if missing:
                    pending += reversed(missing)
                else:
                    made[here] = self._made_of(here)
        return made[node]

    def _made_of(self, node: int) -> Diagram | Numbers:
        """Return the diagram of a node whose operands are made."""
        op, diagrams = self._dag.op[node], self._diagrams
        operands = [self._made[operand] for operand in self._dag.args[node]]
        if op >= d.FIRST_INT_OP:
            return self._integer(node, operands)
        if op == d.CONST:
            return diagrams.true if node == d.TRUE else diagrams.false
        if op in (d.EQ, d.LT):
            left, right = [operand for operand in operands if isinstance(operand, dict)]
            return self._equal(left, right) if op == d.EQ else self._less(left, right)
        booleans = [operand for operand in operands if not isinstance(operand, dict)]
        if op == d.NOT:
            return ~booleans[0]
        if op == d.AND:
            whole = diagrams.true
            for operand in booleans:
                whole &= operand
            return whole
        if op == d.ITE:
            return diagrams.ite(booleans[0], booleans[1], booleans[2])
        if op == d.IFF:
            return diagrams.same(booleans[0], booleans[1])
        raise InternalError(f"operation {op} is unknown")

    def _equal(self, left: Numbers, right: Numbers) -> Diagram:
        whole = self._diagrams.false
        for value in left.keys() & right.keys():
            whole |= left[value] & right[value]
        return whole

    def _less(self, left: Numbers, right: Numbers) -> Diagram:
        whole, below = self._diagrams.false, self._diagrams.false
        smaller = sorted(left)
        index = 0
        for value in sorted(right):
            while index < len(smaller) and smaller[index] < value:
                below |= left[smaller[index]]
                index += 1
            whole |= below & right[value]
        return whole

    def _integer(self, node: int, operands: Sequence[Diagram | Numbers]) -> Numbers:
        op = self._dag.op[node]
        if op == d.INT_CONST:
            return {self._dag.low[node]: self._diagrams.true}
        if op == d.INT_ITE:
            (condition,) = [operand for operand in operands if not isinstance(operand, dict)]
            yes, no = [operand for operand in operands if isinstance(operand, dict)]
            chosen = {value: condition & here for value, here in yes.items()}
            for value, here in no.items():
                other = ~condition & here
                chosen[value] = chosen[value] | other if value in chosen else other
            return self._limited(chosen)
        numbers = [operand for operand in operands if isinstance(operand, dict)]
        if op == d.NEG:
            return {-value: here for value, here in numbers[0].items()}
        left, right = numbers
        if len(left) * len(right) > MAX_PAIRS:
            raise TooLargeError
        combined: Numbers = {}
        false = self._diagrams.false
        for a, where_a in left.items():
            for b, where_b in right.items():
                if (op == d.DIV and b == 0) or (op == d.MOD and b <= 0):
                    continue  # such divisors are ruled out before the value is used
                both = where_a & where_b
                if both != false:
                    value = _calculated(op, a, b)
                    combined[value] = combined[value] | both if value in combined else both
        return self._limited(combined)

    def _limited(self, numbers: Numbers) -> Numbers:
        false = self._diagrams.false
        kept = {value: here for value, here in numbers.items() if here != false}
        if len(kept) > MAX_VALUES:
            raise TooLargeError
        return kept


def _calculated(op: int, left: int, right: int) -> int:
    if op == d.ADD:
        return left + right
    if op == d.SUB:
        return left - right
    if op == d.MUL:
        return left * right
    if op == d.DIV:
        return left // right
    if op == d.MOD:
        return left % right
    raise InternalError(f"operation {op} is unknown")
