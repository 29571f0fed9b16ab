"""Clauses for a part of a circuit (Tseitin, 1968), made once and instantiated as often as needed.

Conjunctions of conjunctions that nothing else uses become one gate, and conditionals and equalities are recognised: fewer variables, and stronger propagation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pluscheck.bits.circuit import Circuit


@dataclass(frozen=True, slots=True)
class Template:
    """Clauses over variables 1 to `size`, of which the first `inputs` are the circuit's inputs that it was made with, in their order."""

    clauses: tuple[tuple[int, ...], ...]
    size: int
    inputs: int
    variables: Mapping[int, int]
    """The variable of each node that has one; the roots have."""

    def literal(self, literal: int) -> int:
        """Return a root, or an input, as the clauses have it: negative if it is negated."""
        variable = self.variables[literal >> 1]
        return -variable if literal & 1 else variable

    def instantiated(self, inputs: Sequence[int], first: int) -> tuple[list[int], list[list[int]]]:
        """Return the literal that stands for each variable (at its number, 0 unused), and the clauses over those.

        `inputs` stand for the inputs, and variables from `first` on, `size - self.inputs` of them, for the rest.
        """
        names = [0, *inputs, *range(first, first + self.size - self.inputs)]
        return names, [[names[x] if x > 0 else -names[-x] for x in clause] for clause in self.clauses]


def template(circuit: Circuit, roots: Iterable[int], inputs: Sequence[int]) -> Template:
    """Return the clauses that define the roots. `inputs` are literals, not negated, among them all inputs that the roots depend on."""
    wanted = list(roots)
    variables: dict[int, int] = {literal >> 1: number for number, literal in enumerate(inputs, 1)}
    clauses: list[tuple[int, ...]] = []
    uses: dict[int, int] = dict.fromkeys([literal >> 1 for literal in wanted], 2)
    for node in circuit.cone(wanted):
        if circuit.is_and(node):
            for operand in (circuit.left[node], circuit.right[node]):
                uses[operand >> 1] = uses.get(operand >> 1, 0) + 1
    size = len(inputs)

    def variable(literal: int) -> int:
        nonlocal size
        node = literal >> 1
        number = variables.get(node)
        if number is None:
            size += 1
            number = variables[node] = size
            if node == 0:
                clauses.append((-number,))
            else:
                pending.append(node)
        return -number if literal & 1 else number

    pending: list[int] = []
    for literal in wanted:
        variable(literal)
    while pending:
        node = pending.pop()
        own = variables[node]
        choice = _conditional(circuit, node)
        if choice is not None:
            condition, yes, no = [variable(operand) for operand in choice]
            clauses += [(-own, -condition, yes), (-own, condition, no), (own, -condition, -yes), (own, condition, -no)]
            if yes != -no:
                clauses += [(-own, yes, no), (own, -yes, -no)]
            continue
        operands = [variable(operand) for operand in _conjuncts(circuit, node, uses)]
        clauses += [(-own, operand) for operand in operands]
        clauses.append((own, *[-operand for operand in operands]))
    return Template(tuple(clauses), size, len(inputs), variables)


def _conditional(circuit: Circuit, node: int) -> tuple[int, int, int] | None:
    """Return condition and arms if the conjunction is a conditional: `~(c /\\ ~yes) /\\ ~(~c /\\ ~no)`."""
    a, b = circuit.left[node], circuit.right[node]
    if not (a & 1 and b & 1 and circuit.is_and(a >> 1) and circuit.is_and(b >> 1)):
        return None
    first = (circuit.left[a >> 1], circuit.right[a >> 1])
    second = (circuit.left[b >> 1], circuit.right[b >> 1])
    for i in (0, 1):
        for j in (0, 1):
            if first[i] ^ 1 == second[j]:
                return first[i], first[1 - i] ^ 1, second[1 - j] ^ 1
    return None


def _conjuncts(circuit: Circuit, node: int, uses: Mapping[int, int]) -> list[int]:
    """Return the operands of a conjunction, with those of conjunctions that only it uses in their place."""
    found: dict[int, None] = {}
    stack = [circuit.right[node], circuit.left[node]]
    while stack:
        literal = stack.pop()
        inner = literal >> 1
        dissolve = not literal & 1 and circuit.is_and(inner) and uses[inner] == 1
        if dissolve and _conditional(circuit, inner) is None:
            stack += [circuit.right[inner], circuit.left[inner]]
        else:
            found[literal] = None
    return list(found)
