"""From nodes of the ground DAG to literals of a circuit.

An integer with few values is kept as a literal for each of them, of which exactly one is true: what is asked of integers in specifications is
mostly which one it is. Others are two's complement numbers, wide enough for their intervals, so that nothing wraps.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pluscheck.bits.circuit import FALSE, TRUE, Circuit
from pluscheck.ground import dag as d
from pluscheck.ground.dag import Dag

MAX_CHOICES = 64
"""An integer with more values than this is a two's complement number."""

MAX_PAIRS = 1024
"""Arithmetic on two integers goes through the pairs of their values if there are no more than this."""


@dataclass(frozen=True, slots=True)
class Choice:
    """An integer by its values: the literal of each is true where it has that one."""

    literals: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Vector:
    """An integer in two's complement, the least bit first, the sign last."""

    bits: tuple[int, ...]


Integer = Choice | Vector


class Blaster:
    """Translates nodes; each once, however often it is asked for.

    The nodes of leaves are in `literals` (of Booleans) and `integers` before anything that depends on them is translated.
    """

    def __init__(self, circuit: Circuit, dag: Dag) -> None:
        self._circuit = circuit
        self._dag = dag
        self.literals: dict[int, int] = {d.FALSE: FALSE, d.TRUE: TRUE}
        self.integers: dict[int, Integer] = {}

    def literal(self, node: int) -> int:
        """Return the literal of a Boolean node."""
        self._translate([node])
        return self.literals[node]

    def integer(self, node: int) -> Integer:
        """Return the representation of an integer node."""
        self._translate([node])
        return self.integers[node]

    def chosen(self, node: int, value: int) -> int:
        """Return the literal of "the integer node has this value"."""
        return self._is(self.integer(node), value)

    def _translate(self, roots: Iterable[int]) -> None:
        args, op = self._dag.args, self._dag.op
        literals, integers = self.literals, self.integers
        stack = list(roots)
        while stack:
            node = stack[-1]
            if node in literals or node in integers:
                stack.pop()
                continue
            pending = (
                []
                if op[node] == d.INT_CONST
                else [operand for operand in args[node] if operand not in literals and operand not in integers]
            )
            if pending:
                stack.extend(pending)
                continue
            stack.pop()
            if op[node] >= d.FIRST_INT_OP:
                integers[node] = self._integer(node)
            else:
                literals[node] = self._literal(node)

    def _literal(self, node: int) -> int:
        circuit, literals = self._circuit, self.literals
        op, args = self._dag.op[node], self._dag.args[node]
        if op == d.NOT:
            return literals[args[0]] ^ 1
        if op == d.AND:
            return circuit.all_([literals[operand] for operand in args])
        if op == d.ITE:
            return circuit.ite(*[literals[operand] for operand in args])
        if op == d.IFF:
            return circuit.iff(literals[args[0]], literals[args[1]])
        left, right = self.integers[args[0]], self.integers[args[1]]
        return self._equal(left, right) if op == d.EQ else self._less(left, right)

    def _integer(self, node: int) -> Integer:
        dag = self._dag
        op, args = dag.op[node], dag.args[node]
        if op == d.INT_CONST:
            return Choice({dag.low[node]: TRUE})
        if op == d.INT_ITE:
            return self.either(self.literals[args[0]], self.integers[args[1]], self.integers[args[2]])
        operands = [self.integers[operand] for operand in args]
        if op == d.NEG:
            return self._arithmetic(d.SUB, Choice({0: TRUE}), operands[0], node)
        return self._arithmetic(op, operands[0], operands[1], node)

    # ------------------------------------------------------------------------------------- choices

    def either(self, condition: int, yes: Integer, no: Integer) -> Integer:
        """Return the one integer where the condition is true, the other elsewhere."""
        circuit = self._circuit
        if isinstance(yes, Choice) and isinstance(no, Choice):
            values = sorted(yes.literals.keys() | no.literals.keys())
            return self._narrow(
                {
                    value: circuit.ite(condition, yes.literals.get(value, FALSE), no.literals.get(value, FALSE))
                    for value in values
                }
            )
        left, right = _aligned(self._vector(yes), self._vector(no))
        return Vector(tuple([circuit.ite(condition, a, b) for a, b in zip(left, right, strict=True)]))

    def _narrow(self, literals: Mapping[int, int]) -> Integer:
        """Return a choice, as a vector if it is between too many."""
        possible = {value: literal for value, literal in literals.items() if literal != FALSE}
        choice = Choice(possible or literals)
        return choice if len(choice.literals) <= MAX_CHOICES else Vector(self._vector(choice))

    def _is(self, number: Integer, value: int) -> int:
        match number:
            case Choice(literals):
                return literals.get(value, FALSE)
            case Vector(bits):
                wanted = _bits_of(value, len(bits))
                if wanted is None:
                    return FALSE
                return self._circuit.all_([bit if on else bit ^ 1 for bit, on in zip(bits, wanted, strict=True)])

    def _equal(self, left: Integer, right: Integer) -> int:
        circuit = self._circuit
        if isinstance(right, Choice):
            left, right = right, left
        if isinstance(left, Choice):
            return circuit.any_(
                [circuit.and_(literal, self._is(right, value)) for value, literal in left.literals.items()]
            )
        pairs = zip(*_aligned(self._vector(left), self._vector(right)), strict=True)
        return circuit.all_([circuit.iff(a, b) for a, b in pairs])

    def _less(self, left: Integer, right: Integer) -> int:
        circuit = self._circuit
        if isinstance(left, Choice) and isinstance(right, Choice):
            found = []
            for value, literal in left.literals.items():
                above = circuit.any_([other for bound, other in right.literals.items() if bound > value])
                found.append(circuit.and_(literal, above))
            return circuit.any_(found)
        difference = self._sum(self._vector(left), self._vector(right), subtract=True)
        return difference[-1]

    def _arithmetic(self, op: int, left: Integer, right: Integer, node: int) -> Integer:
        """Return the result of an operation; where it is not defined, some number."""
        if isinstance(left, Choice) and isinstance(right, Choice):
            pairs = [
                (a, b)
                for a in left.literals
                for b in right.literals
                if not (op == d.DIV and b == 0) and not (op == d.MOD and b <= 0)
            ]
            if len(pairs) <= MAX_PAIRS:
                found: dict[int, list[int]] = {}
                for a, b in pairs:
                    both = self._circuit.and_(left.literals[a], right.literals[b])
                    found.setdefault(_result(op, a, b), []).append(both)
                if not found:
                    return Choice({self._dag.low[node]: TRUE})
                return self._narrow({value: self._circuit.any_(found[value]) for value in sorted(found)})
        x, y = self._vector(left), self._vector(right)
        match op:
            case d.ADD:
                bits = self._sum(x, y, subtract=False)
            case d.SUB:
                bits = self._sum(x, y, subtract=True)
            case d.MUL:
                bits = self._product(x, y)
            case _:
                quotient, remainder = self._division(x, y)
                bits = quotient if op == d.DIV else remainder
        width = max(_width(self._dag.low[node]), _width(self._dag.high[node]))
        return Vector(bits[:width])

    def shifted(self, number: Vector, by: int) -> Vector:
        """Return a number plus a constant."""
        return Vector(self._sum(number.bits, self._vector(Choice({by: TRUE})), subtract=False))

    def within(self, number: Vector, low: int, high: int, possible: Iterable[int] | None) -> int:
        """Return whether a number is in `low`..`high` and, if they are given, among the possible values."""
        least, most = Choice({low: TRUE}), Choice({high: TRUE})
        parts = [self._less(number, least) ^ 1, self._less(most, number) ^ 1]
        if possible is not None:
            parts.append(self._circuit.any_([self._is(number, value) for value in possible]))
        return self._circuit.all_(parts)

    # ------------------------------------------------------------------------------------- vectors

    def _vector(self, number: Integer) -> tuple[int, ...]:
        match number:
            case Vector(bits):
                return bits
            case Choice(literals):
                width = max([_width(value) for value in literals])
                return tuple(
                    [
                        self._circuit.any_([literal for value, literal in literals.items() if value >> bit & 1])
                        for bit in range(width)
                    ]
                )

    def _sum(self, a: tuple[int, ...], b: tuple[int, ...], *, subtract: bool) -> tuple[int, ...]:
        """Return `a + b` or `a - b`, one bit wider than the wider of them."""
        circuit = self._circuit
        left, right = _aligned((*a, a[-1]), (*b, b[-1]))
        carry = TRUE if subtract else FALSE
        result = []
        for x, other in zip(left, right, strict=True):
            y = other ^ 1 if subtract else other
            half = circuit.xor(x, y)
            result.append(circuit.xor(half, carry))
            carry = circuit.or_(circuit.and_(x, y), circuit.and_(half, carry))
        return tuple(result)

    def _product(self, a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
        """Return `a * b`, as wide as both together."""
        circuit = self._circuit
        width = len(a) + len(b)
        total: tuple[int, ...] = (FALSE,) * width
        wide = _extended(a, width)
        for position, bit in enumerate(b):
            shifted = (*(FALSE,) * position, *wide[: width - position])
            part = tuple([circuit.and_(bit, x) for x in shifted])
            # The sign counts negatively.
            total = self._sum(total, part, subtract=position == len(b) - 1)[:width]
        return total

    def _division(self, a: tuple[int, ...], b: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the floor of `a / b`, and `a - b * floor(a / b)`, bit by bit from the magnitudes."""
        circuit = self._circuit
        dividend, divisor = self._magnitude(a), self._magnitude(b)
        rest: tuple[int, ...] = (FALSE,) * len(divisor)
        quotient: list[int] = []
        for bit in reversed(dividend):
            rest = (bit, *rest)
            less = self._sum(rest, divisor, subtract=True)
            fits = less[-1] ^ 1
            quotient.append(fits)
            rest = tuple([circuit.ite(fits, x, y) for x, y in zip(less, rest, strict=False)])[: len(divisor)]
        whole = (*reversed(quotient), FALSE)
        differ = circuit.xor(a[-1], b[-1])
        inexact = circuit.any_(rest)
        # Rounding towards minus infinity: of a negative quotient that is not exact one less.
        negative = self._sum((FALSE,), whole, subtract=True)
        lower = self._sum(negative, (inexact, FALSE), subtract=True)
        wide = len(lower)
        result = tuple([circuit.ite(differ, x, y) for x, y in zip(lower, _extended(whole, wide), strict=True)])
        product = self._product(result, b)
        return result, self._sum(a, product, subtract=True)

    def _magnitude(self, bits: tuple[int, ...]) -> tuple[int, ...]:
        """Return the absolute value, with a sign bit that is FALSE."""
        circuit = self._circuit
        opposite = self._sum((FALSE,), bits, subtract=True)
        wide = _extended(bits, len(opposite))
        return tuple([circuit.ite(bits[-1], x, y) for x, y in zip(opposite, wide, strict=True)])


def _result(op: int, a: int, b: int) -> int:
    match op:
        case d.ADD:
            return a + b
        case d.SUB:
            return a - b
        case d.MUL:
            return a * b
        case d.DIV:
            return a // b
        case _:
            return a % b


def _width(value: int) -> int:
    """Return how many bits a number has in two's complement."""
    return (value if value >= 0 else ~value).bit_length() + 1


def _bits_of(value: int, width: int) -> list[int] | None:
    """Return the bits of a number, or None if it needs more."""
    return [value >> bit & 1 for bit in range(width)] if _width(value) <= width else None


def _extended(bits: tuple[int, ...], width: int) -> tuple[int, ...]:
    return bits + (bits[-1],) * (width - len(bits))


def _aligned(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    width = max(len(a), len(b))
    return _extended(a, width), _extended(b, width)
