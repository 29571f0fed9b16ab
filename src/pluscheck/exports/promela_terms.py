"""Nodes of a ground system as expressions of Promela: trees, for Promela has no names for values but in the state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pluscheck.base.errors import InternalError
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

INTEGERS = range(-(2**31), 2**31)
"""What Promela computes with."""


class Terms:
    """Writes nodes, of which leaves are written as `leaves` says; those of the next state may be left out where no step is meant.

    Booleans are 0 and 1. The nodes were looked at by `sizes_of` first: they are small enough, and so are their numbers.
    """

    def __init__(self, dag: Dag, leaves: Mapping[int, str]) -> None:
        self._dag = dag
        self._known: dict[int, str] = dict(leaves)

    def text(self, node: int) -> str:
        """Return the node as an expression, in parentheses unless it is one word."""
        stack = [node]
        while stack:
            at = stack[-1]
            if at in self._known:
                stack.pop()
                continue
            missing = [part for part in self._parts(at) if part not in self._known]
            if missing:
                stack += missing
            else:
                self._known[at] = self._composed(at)
                stack.pop()
        return self._known[node]

    def _parts(self, node: int) -> list[int]:
        """Return the nodes whose texts the node's own is made of."""
        dag = self._dag
        if dag.op[node] in (CONST, INT_CONST):
            return []
        if dag.op[node] == NOT:
            inner = dag.args[node][0]
            if dag.op[inner] == AND:
                return [dag.not_(part) for part in dag.args[inner]]
            if dag.op[inner] in _NEGATED:
                return list(dag.args[inner])
        return list(dag.args[node])

    def _composed(self, node: int) -> str:
        dag = self._dag
        op = dag.op[node]
        parts = [self._known[part] for part in self._parts(node)]
        if op in (CONST, INT_CONST):
            number = dag.low[node]
            return str(number) if number >= 0 else f"({number})"
        if op == NOT:
            inner = dag.op[dag.args[node][0]]
            if inner == AND:
                return _joined(" || ", parts)
            return f"({parts[0]} {_NEGATED[inner]} {parts[1]})" if inner in _NEGATED else f"!{parts[0]}"
        if op == AND:
            return _joined(" && ", parts)
        if op in (ITE, INT_ITE):
            return f"({parts[0]} -> {parts[1]} : {parts[2]})"
        if op in (DIV, MOD):
            return self._divided(node, *parts)
        if op == NEG:
            return f"(-{parts[0]})"
        if op in (LEAF, INT_LEAF):
            raise InternalError("a leaf of the next state where there is no step")
        return f"({parts[0]} {_BINARY[op]} {parts[1]})"

    def _divided(self, node: int, a: str, b: str) -> str:
        """Return the floor of a quotient, or what is left: Promela's, being C's, are cut off towards zero."""
        dag = self._dag
        above, below = dag.args[node]
        natural = dag.low[above] >= 0 and dag.low[below] >= 0
        if dag.op[node] == DIV:
            if natural:
                return f"({a} / {b})"
            uneven = f"(({a} % {b}) != 0 && (({a} < 0) != ({b} < 0)))"
            return f"(({a} / {b}) - {uneven})"
        if natural:
            return f"({a} % {b})"
        # Not `(a % b + b) % b`, whose sum may not fit: there is a remainder below 0 where `a` is, and only there.
        return f"(({a} % {b}) + ((({a} % {b}) < 0) -> {b} : 0))"


_BINARY = {IFF: "==", EQ: "==", LT: "<", ADD: "+", SUB: "-", MUL: "*"}
_NEGATED = {IFF: "!=", EQ: "!=", LT: ">="}


def _joined(operator: str, parts: list[str]) -> str:
    """Return a conjunction or disjunction, short parts first: they are tried first, and where they decide, the others are not."""
    return f"({operator.join(sorted(parts, key=len))})"


def sizes_of(dag: Dag, roots: Iterable[int]) -> dict[int, int]:
    """Return how many terms the tree of each node below the roots has, operands first; shared ones count each time."""
    sizes: dict[int, int] = {}
    for node in dag.cone(roots):
        copies = 4 if dag.op[node] in (DIV, MOD) else 1
        parts = () if dag.op[node] in (LEAF, INT_LEAF) else dag.args[node]
        sizes[node] = 1 + copies * sum(sizes[part] for part in parts)
    return sizes


def is_computed(dag: Dag, node: int) -> bool:
    """Return whether Promela's integers are wide enough for the node."""
    return dag.low[node] in INTEGERS and dag.high[node] in INTEGERS
