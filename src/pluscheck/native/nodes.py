"""Nodes of the DAG as instructions. What was computed once is used again wherever the flow has passed it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pluscheck.ground.dag import (
    ADD,
    AND,
    CONST,
    DIV,
    EQ,
    IFF,
    INT_CONST,
    INT_ITE,
    INT_LEAF,
    ITE,
    LEAF,
    LT,
    MOD,
    MUL,
    NEG,
    NOT,
    SUB,
    Dag,
)
from pluscheck.ground.ground import GroundSystem
from pluscheck.native.packing import Packing, Place
from pluscheck.native.writer import Writer, signed

WIDEST = 1 << 61
"""Numbers must stay below this, and above its negative."""


class TooWideError(Exception):
    """A number in the system may need more than a word."""


def check_widths(dag: Dag, roots: Iterable[int]) -> None:
    """Raise TooWideError if what the roots depend on needs numbers of more than a word."""
    low, high = dag.low, dag.high
    if any(low[node] < -WIDEST or high[node] > WIDEST for node in dag.cone(roots)):
        raise TooWideError


class Nodes:
    """Writes nodes into one function. Booleans are of type `i1`, integers of `i64`.

    `now` and `following` are the names of the words of the current and the next state (none, where no next state is spoken of).
    """

    def __init__(
        self, writer: Writer, system: GroundSystem, packing: Packing, now: Sequence[str], following: Sequence[str] = ()
    ) -> None:
        self._writer = writer
        self._dag = system.dag
        self.now = tuple(now)
        self._leaves: dict[int, tuple[Place, str]] = {}
        for leaf, place in zip(system.leaves, packing.places, strict=True):
            self._leaves[leaf.node] = (place, now[place.word])
            if following:
                self._leaves[leaf.next_node] = (place, following[place.word])
        self._known: dict[int, str] = {}
        self._learned: list[int] = []

    def mark(self) -> int:
        """Return where we are in what is known: to go back to, when the flow joins one that has not passed here."""
        return len(self._learned)

    def forget(self, mark: int) -> None:
        """Forget what was computed since."""
        for node in self._learned[mark:]:
            del self._known[node]
        del self._learned[mark:]

    def of(self, root: int) -> str:
        """Write what a node needs; return its value."""
        known, dag = self._known, self._dag
        stack = [root]
        while stack:
            node = stack[-1]
            if node in known:
                stack.pop()
                continue
            missing = [part for part in self._operands(node) if part not in known]
            if missing:
                stack.extend(missing)
                continue
            stack.pop()
            kind = dag.op[node]
            if kind == INT_CONST:
                known[node] = signed(dag.low[node])
            elif kind == CONST:
                known[node] = "true" if node else "false"
            else:
                known[node] = self._written(node)
            self._learned.append(node)
        return known[root]

    def _operands(self, node: int) -> tuple[int, ...]:
        """Return the nodes that must be computed before this one."""
        dag = self._dag
        kind = dag.op[node]
        if kind in (LEAF, INT_LEAF) or self._is_leaf_against_constant(node):
            return ()
        return dag.args[node]

    def _is_leaf_against_constant(self, node: int) -> bool:
        """Return whether a node says that a leaf has some value: the word is compared as it is."""
        dag = self._dag
        if dag.op[node] != EQ:
            return False
        left, right = dag.args[node]
        return dag.op[left] == INT_LEAF and dag.op[right] == INT_CONST

    def _written(self, node: int) -> str:
        dag, write = self._dag, self._writer.value
        kind, args = dag.op[node], dag.args[node]
        if kind in (LEAF, INT_LEAF):
            return self._leaf(node)
        if kind == EQ and self._is_leaf_against_constant(node):
            place, word = self._leaves[args[0]]
            bits = write(f"and i64 {word}, {signed(place.mask)}")
            return write(f"icmp eq i64 {bits}, {signed((dag.low[args[1]] - place.low) << place.shift)}")
        values = [self._known[part] for part in args]
        if kind == NOT:
            return write(f"xor i1 {values[0]}, true")
        if kind == AND:
            result = values[0]
            for value in values[1:]:
                result = write(f"and i1 {result}, {value}")
            return result
        if kind in (ITE, INT_ITE):
            of = "i1" if kind == ITE else "i64"
            return write(f"select i1 {values[0]}, {of} {values[1]}, {of} {values[2]}")
        if kind == IFF:
            return write(f"icmp eq i1 {values[0]}, {values[1]}")
        if kind == EQ:
            return write(f"icmp eq i64 {values[0]}, {values[1]}")
        if kind == LT:
            return write(f"icmp slt i64 {values[0]}, {values[1]}")
        if kind == NEG:
            return write(f"sub i64 0, {values[0]}")
        if kind in (DIV, MOD):
            return self._divided(node, values)
        operation = {ADD: "add", SUB: "sub", MUL: "mul"}[kind]
        return write(f"{operation} i64 {values[0]}, {values[1]}")

    def _leaf(self, node: int) -> str:
        place, word = self._leaves[node]
        write = self._writer.value
        if self._dag.op[node] == LEAF:
            bit = write(f"and i64 {word}, {signed(place.mask)}")
            return write(f"icmp ne i64 {bit}, 0")
        result = write(f"lshr i64 {word}, {place.shift}") if place.shift else word
        if place.shift + place.width < 64:
            result = write(f"and i64 {result}, {(1 << place.width) - 1}")
        return write(f"add i64 {result}, {place.low}") if place.low else result

    def _divided(self, node: int, values: Sequence[str]) -> str:
        """Write a floored division, or its rest. Where the divisor is not what it must be, nobody looks: it must only not stop the machine."""
        dag, write = self._dag, self._writer.value
        left, right = dag.args[node]
        number, divisor = values
        is_quotient = dag.op[node] == DIV
        if dag.low[right] <= 0 and (dag.high[right] >= 0 or not is_quotient):
            odd = write(f"icmp {'eq' if is_quotient else 'sle'} i64 {divisor}, 0")
            divisor = write(f"select i1 {odd}, i64 1, i64 {divisor}")
        if dag.low[left] >= 0 and (not is_quotient or dag.low[right] > 0):
            return write(f"{'udiv' if is_quotient else 'urem'} i64 {number}, {divisor}")
        rest = write(f"srem i64 {number}, {divisor}")
        if not is_quotient:
            below = write(f"icmp slt i64 {rest}, 0")
            return write(f"select i1 {below}, i64 {write(f'add i64 {rest}, {divisor}')}, i64 {rest}")
        quotient = write(f"sdiv i64 {number}, {divisor}")
        apart = write(f"icmp slt i64 {write(f'xor i64 {rest}, {divisor}')}, 0")
        inexact = write(f"icmp ne i64 {rest}, 0")
        lower = write(f"and i1 {apart}, {inexact}")
        return write(f"add i64 {quotient}, {write(f'sext i1 {lower} to i64')}")
