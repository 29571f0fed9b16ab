"""And-inverter graphs: conjunctions of two and negation, each conjunction there once (Kuehlmann, Paruthi, Krohm, Ganai, TCAD 2002).

A literal is twice a node's number, plus 1 if it is negated. Node 0 is the constant FALSE. Operands have smaller numbers than the nodes that use them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

FALSE: Final = 0
"""The literal that is never true."""

TRUE: Final = 1
"""The literal that always is."""


def negated(literal: int) -> int:
    """Return the negation of a literal."""
    return literal ^ 1


class Circuit:
    """Nodes by number: a conjunction of two literals, or an input, which has none.

    Nothing that reads a circuit needs to know more than `left` and `right`: the operands of a conjunction, both -1 at an input and at the constant.
    """

    __slots__ = ("_known", "left", "right")

    def __init__(self) -> None:
        self.left: list[int] = [-1]
        self.right: list[int] = [-1]
        self._known: dict[tuple[int, int], int] = {}

    def __len__(self) -> int:
        return len(self.left)

    def input(self) -> int:
        """Return the literal of a new input."""
        self.left.append(-1)
        self.right.append(-1)
        return 2 * (len(self.left) - 1)

    def is_and(self, node: int) -> bool:
        """Return whether a node is a conjunction."""
        return self.left[node] >= 0

    def and_(self, a: int, b: int) -> int:
        """Return the conjunction of two literals."""
        if a > b:
            a, b = b, a
        if a <= TRUE:
            return b if a == TRUE else FALSE
        if a == b:
            return a
        if a ^ b == 1:
            return FALSE
        known = self._known.get((a, b))
        if known is not None:
            return known
        simpler = self._by_operands(a, b)
        if simpler is None:
            simpler = self._by_operands(b, a)
        if simpler is None:
            self.left.append(a)
            self.right.append(b)
            simpler = 2 * (len(self.left) - 1)
        self._known[a, b] = simpler
        return simpler

    def _by_operands(self, a: int, b: int) -> int | None:
        """Return `a /\\ b` where the operands of `b` show that it is something simpler."""
        left, right = self.left[b >> 1], self.right[b >> 1]
        if left < 0:
            return None
        if b & 1:
            # `a /\ ~(~a /\ x)` is `a`; `a /\ ~(a /\ x)` is `a /\ ~x`.
            if a ^ 1 in (left, right):
                return a
            if a == left:
                return self.and_(a, right ^ 1)
            if a == right:
                return self.and_(a, left ^ 1)
        else:
            if a in (left, right):
                return b
            if a ^ 1 in (left, right):
                return FALSE
        return None

    def or_(self, a: int, b: int) -> int:
        """Return the disjunction of two literals."""
        return self.and_(a ^ 1, b ^ 1) ^ 1

    def ite(self, condition: int, yes: int, no: int) -> int:
        """Return `yes` where the condition is true, and `no` elsewhere."""
        if yes == no:
            return yes
        return self.or_(self.and_(condition, yes), self.and_(condition ^ 1, no))

    def iff(self, a: int, b: int) -> int:
        """Return whether two literals are equal."""
        return self.ite(a, b, b ^ 1)

    def xor(self, a: int, b: int) -> int:
        """Return whether two literals differ."""
        return self.iff(a, b) ^ 1

    def all_(self, literals: Iterable[int]) -> int:
        """Return the conjunction of any number, as a balanced tree."""
        row = sorted(set(literals))
        while len(row) > 1:
            paired = [self.and_(row[i], row[i + 1]) for i in range(0, len(row) - 1, 2)]
            row = paired + row[len(paired) * 2 :]
        return row[0] if row else TRUE

    def any_(self, literals: Iterable[int]) -> int:
        """Return the disjunction of any number."""
        return self.all_([literal ^ 1 for literal in literals]) ^ 1

    def cone(self, literals: Iterable[int]) -> list[int]:
        """Return the nodes that the literals depend on, their own included, operands first."""
        seen: set[int] = set()
        stack = [literal >> 1 for literal in literals]
        while stack:
            node = stack.pop()
            if node not in seen:
                seen.add(node)
                if self.left[node] >= 0:
                    stack.append(self.left[node] >> 1)
                    stack.append(self.right[node] >> 1)
        return sorted(seen)

    def values(self, literals: Iterable[int], inputs: Mapping[int, bool]) -> list[bool]:
        """Return the values of literals where the input literals (not negated) have the given values, and all others are FALSE."""
        wanted = list(literals)
        value: dict[int, bool] = {}
        for node in self.cone(wanted):
            if self.left[node] < 0:
                value[node] = inputs.get(2 * node, False)
            else:
                a, b = self.left[node], self.right[node]
                value[node] = (value[a >> 1] ^ bool(a & 1)) and (value[b >> 1] ^ bool(b & 1))
        return [value[literal >> 1] ^ bool(literal & 1) for literal in wanted]

    def substituted(self, literals: Iterable[int], by: Mapping[int, int]) -> list[int]:
        """Return literals with input literals (not negated) replaced by others, at the same time everywhere."""
        wanted = list(literals)
        new: dict[int, int] = {}
        for node in self.cone(wanted):
            a, b = self.left[node], self.right[node]
            if a < 0:
                new[node] = by.get(2 * node, 2 * node)
            else:
                new[node] = self.and_(new[a >> 1] ^ (a & 1), new[b >> 1] ^ (b & 1))
        return [new[literal >> 1] ^ (literal & 1) for literal in wanted]
