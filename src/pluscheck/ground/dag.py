"""One hash-consed expression DAG over Booleans and bounded integers.

A node is its id. Operands have smaller ids than the nodes that use them, so counting up is a topological order and
nothing that reads the DAG needs recursion. Nodes are simplified where they are made: what can be seen to be constant
is a constant, equal expressions mostly have equal ids, and disjunction is spelled by `AND` and `NOT` alone, so that a
reader of the DAG has only the operations below to know. Every node carries the interval of its values (of a Boolean
within 0..1); all operations are total as long as divisors are positive or at least not zero, which the maker sees to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

CONST: Final = 0
"""A constant: its value is `low` (and `high`). Of Booleans there are two, `FALSE` and `TRUE`."""
LEAF: Final = 1
"""A Boolean input; the argument is its number in `leaf_names`."""
NOT: Final = 2
AND: Final = 3
"""Of two or more Booleans, sorted by id."""
ITE: Final = 4
"""Of three Booleans."""
IFF: Final = 5
"""Of two Booleans."""
EQ: Final = 6
"""Of two integers; a constant stands on the right."""
LT: Final = 7
"""Of two integers. `a <= b` is `NOT (b < a)`."""
INT_CONST: Final = 8
INT_LEAF: Final = 9
"""An integer input; the argument is its number in `leaf_names`."""
INT_ITE: Final = 10
"""A Boolean and two integers."""
ADD: Final = 11
SUB: Final = 12
MUL: Final = 13
DIV: Final = 14
"""The floor of the quotient."""
MOD: Final = 15
"""Of a positive divisor: 0 up to, not including, it."""
NEG: Final = 16

FALSE: Final = 0
TRUE: Final = 1

FIRST_INT_OP: Final = INT_CONST
"""From this operation on, nodes are integers."""

_FLATTEN: Final = 16
"""A conjunction of at most so many is dissolved in one that contains it: large ones are rather shared."""

_POSSIBLE: Final = 256
"""Above so many, the constants that a chain of conditionals may take are not listed."""


class DagLimitError(Exception):
    """The DAG has reached its limit of nodes."""


class Dag:
    """The nodes, in arrays by id: `op`, `args`, and the interval `low`..`high`.

    Raises:
        DagLimitError: from any operation, once there are `limit` nodes.
    """

    __slots__ = (
        "_ints",
        "_negation",
        "_possible",
        "_pushed",
        "_table",
        "args",
        "high",
        "leaf_names",
        "leaf_nodes",
        "limit",
        "low",
        "op",
    )

    def __init__(self, limit: int = 5_000_000) -> None:
        self.op: list[int] = [CONST, CONST]
        self.args: list[tuple[int, ...]] = [(), ()]
        self.low: list[int] = [0, 1]
        self.high: list[int] = [0, 1]
        self.limit = limit
        self.leaf_names: list[str] = []
        self.leaf_nodes: list[int] = []
        self._table: dict[tuple[int, ...], int] = {}
        self._ints: dict[int, int] = {}
        self._negation: dict[int, int] = {FALSE: TRUE, TRUE: FALSE}
        self._possible: dict[int, tuple[int, ...] | None] = {}
        self._pushed: dict[tuple[int, int], int] = {}

    def __len__(self) -> int:
        return len(self.op)

    # ------------------------------------------------------------------------------------ inputs

    def _new(self, op: int, args: tuple[int, ...], low: int, high: int) -> int:
        node = len(self.op)
        if node >= self.limit:
            raise DagLimitError
        self.op.append(op)
        self.args.append(args)
        self.low.append(low)
        self.high.append(high)
        return node

    def bool_leaf(self, name: str) -> int:
        """Return a new Boolean input."""
        node = self._new(LEAF, (len(self.leaf_names),), 0, 1)
        self.leaf_names.append(name)
        self.leaf_nodes.append(node)
        return node

    def int_leaf(self, name: str, low: int, high: int, possible: Sequence[int] | None = None) -> int:
        """Return a new integer input with values in `low`..`high` (and, if given, in `possible`, sorted)."""
        node = self._new(INT_LEAF, (len(self.leaf_names),), low, high)
        self.leaf_names.append(name)
        self.leaf_nodes.append(node)
        if possible is not None:
            self._possible[node] = tuple(possible)
        return node

    def integer(self, value: int) -> int:
        """Return a constant."""
        node = self._ints.get(value)
        if node is None:
            node = self._ints[value] = self._new(INT_CONST, (), value, value)
        return node

    def is_const(self, node: int) -> bool:
        """Return whether a node (of either kind) is a constant; its value is then `low`."""
        op = self.op[node]
        return op in (INT_CONST, CONST)

    def possible(self, node: int) -> Sequence[int]:
        """Return the values, in order, that an integer node may take: never too few, often too many."""
        low, high = self.low[node], self.high[node]
        if self.op[node] != INT_ITE:
            return self._possible.get(node) or range(low, high + 1)
        if node not in self._possible:
            self._possible[node] = self._possible_of_choice(node)
        return self._possible[node] or range(low, high + 1)

    def _possible_of_choice(self, root: int) -> tuple[int, ...] | None:
        found: set[int] = set()
        seen: set[int] = set()
        stack = [root]
        while stack:
            node = stack.pop()
            if node in seen:
                continue
            seen.add(node)
            if self.op[node] == INT_ITE:
                stack.extend(self.args[node][1:])
            elif self.high[node] - self.low[node] < _POSSIBLE:
                found.update(self._possible.get(node) or range(self.low[node], self.high[node] + 1))
            else:
                return None
            if len(found) > _POSSIBLE or len(seen) > 4 * _POSSIBLE:
                return None
        return tuple(sorted(found))

    # ---------------------------------------------------------------------------------- Booleans

    def not_(self, node: int) -> int:
        """Return the negation."""
        negated = self._negation.get(node)
        if negated is None:
            negated = self._new(NOT, (node,), 0, 1)
            self._negation[node] = negated
            self._negation[negated] = node
        return negated

    def and_(self, left: int, right: int) -> int:
        """Return the conjunction of two."""
        if left == right or right == TRUE:
            return left
        if left == TRUE:
            return right
        if left == FALSE or right == FALSE:
            return FALSE
        return self.all_((left, right))

    def or_(self, left: int, right: int) -> int:
        """Return the disjunction of two."""
        if left == right or right == FALSE:
            return left
        if left == FALSE:
            return right
        if left == TRUE or right == TRUE:
            return TRUE
        return self.not_(self.all_((self.not_(left), self.not_(right))))

    def implies(self, left: int, right: int) -> int:
        """Return `left => right`."""
        return self.or_(self.not_(left), right)

    def any_(self, nodes: Iterable[int]) -> int:
        """Return the disjunction of any number."""
        return self.not_(self.all_([self.not_(node) for node in nodes]))

    def all_(self, nodes: Iterable[int]) -> int:
        """Return the conjunction of any number."""
        ops, args, negation = self.op, self.args, self._negation
        found: set[int] = set()
        clauses = False
        for node in nodes:
            op = ops[node]
            if op == AND:
                inner = args[node]
                if len(inner) <= _FLATTEN:
                    found.update(inner)
                    # What was dissolved may hold clauses; they were simplified against each other, not against the rest.
                    clauses = True
                    continue
            elif op == NOT:
                clauses = clauses or ops[args[node][0]] == AND
            elif op == CONST:
                if node == FALSE:
                    return FALSE
                continue
            found.add(node)
        if not found:
            return TRUE
        if len(found) > 1:
            for node in found:
                if negation.get(node) in found:
                    return FALSE
            if clauses:
                simplified = self._without_absorbed(found)
                if simplified is not None:
                    return self.all_(simplified)
        if len(found) == 1:
            return found.pop()
        key = (AND, *sorted(found))
        known = self._table.get(key)
        if known is None:
            known = self._table[key] = self._new(AND, key[1:], 0, 1)
        return known

    def _without_absorbed(self, found: set[int]) -> list[int] | None:
        """Simplify the clauses among the conjuncts by the other conjuncts; None if nothing changes.

        `a /\\ ~(a /\\ b)` is `a /\\ ~b`, and `~a /\\ ~(a /\\ b)` is `~a`.
        """
        changed = False
        result = []
        for node in found:
            if self.op[node] == NOT:
                inner = self.args[node][0]
                if self.op[inner] == AND and len(self.args[inner]) <= _FLATTEN:
                    parts = self.args[inner]
                    if any(self._negation.get(part) in found for part in parts):
                        changed = True
                        continue
                    rest = [part for part in parts if part not in found]
                    if len(rest) < len(parts):
                        changed = True
                        result.append(self.not_(self.all_(rest)))
                        continue
            result.append(node)
        return result if changed else None

    def iff(self, left: int, right: int) -> int:
        """Return whether two Booleans are equal."""
        if left == right:
            return TRUE
        if left > right:
            left, right = right, left
        if left == TRUE:
            return right
        if left == FALSE:
            return self.not_(right)
        if self._negation.get(left) == right:
            return FALSE
        flip = False
        if self.op[left] == NOT:
            left, flip = self.args[left][0], not flip
        if self.op[right] == NOT:
            right, flip = self.args[right][0], not flip
        if left > right:
            left, right = right, left
        key = (IFF, left, right)
        known = self._table.get(key)
        if known is None:
            known = self._table[key] = self._new(IFF, (left, right), 0, 1)
        return self.not_(known) if flip else known

    def ite(self, condition: int, yes: int, no: int) -> int:
        """Return a Boolean conditional."""
        if condition == TRUE or yes == no:
            return yes
        if condition == FALSE:
            return no
        if self.op[condition] == NOT:
            condition, yes, no = self.args[condition][0], no, yes
        if yes in (TRUE, condition):
            return self.or_(condition, no)
        if no in (FALSE, condition):
            return self.and_(condition, yes)
        negated = self.not_(condition)
        if yes in (FALSE, negated):
            return self.and_(negated, no)
        if no in (TRUE, negated):
            return self.or_(negated, yes)
        if self._negation.get(yes) == no:
            return self.iff(condition, yes)
        if self.op[yes] == ITE and self.args[yes][0] == condition:
            yes = self.args[yes][1]
        if self.op[no] == ITE and self.args[no][0] == condition:
            no = self.args[no][2]
        if yes == no:
            return yes
        key = (ITE, condition, yes, no)
        known = self._table.get(key)
        if known is None:
            known = self._table[key] = self._new(ITE, (condition, yes, no), 0, 1)
        return known

    # ---------------------------------------------------------------------------------- integers

    def choose(self, condition: int, yes: int, no: int) -> int:
        """Return an integer conditional."""
        if condition == TRUE or yes == no:
            return yes
        if condition == FALSE:
            return no
        if self.op[condition] == NOT:
            condition, yes, no = self.args[condition][0], no, yes
        if self.op[yes] == INT_ITE and self.args[yes][0] == condition:
            yes = self.args[yes][1]
        if self.op[no] == INT_ITE:
            inner, inner_yes, inner_no = self.args[no]
            if inner == condition:
                no = inner_no
            elif inner_yes == yes:
                return self.choose(self.or_(condition, inner), yes, inner_no)
        if yes == no:
            return yes
        if self.op[yes] == INT_ITE or self.op[no] == INT_ITE:
            chosen = self._of_two_values(condition, yes, no)
            if chosen >= 0:
                return chosen
        key = (INT_ITE, condition, yes, no)
        known = self._table.get(key)
        if known is None:
            low, high = self.low, self.high
            known = self._table[key] = self._new(
                INT_ITE, (condition, yes, no), min(low[yes], low[no]), max(high[yes], high[no])
            )
        return known

    def _of_two_values(self, condition: int, yes: int, no: int) -> int:
        """Return a conditional that can only be one of two constants as a choice between those; -1 if it is not one.

        So a scalar of two values is as good as a Boolean: what decides it is simplified as Booleans are.
        """
        low = min(self.low[yes], self.low[no])
        high = max(self.high[yes], self.high[no])
        yes_high, no_high = self._is_the_higher(yes, low, high), self._is_the_higher(no, low, high)
        if yes_high < 0 or no_high < 0:
            return -1
        return self.choose(self.ite(condition, yes_high, no_high), self.integer(high), self.integer(low))

    def _is_the_higher(self, node: int, low: int, high: int) -> int:
        """Return whether a node is `high`, if it is a constant or a choice between constants and only has the two values; else -1."""
        if self.op[node] == INT_CONST:
            return int(self.low[node] == high) if self.low[node] in (low, high) else -1
        if self.op[node] == INT_ITE and self.low[node] == low and self.high[node] == high:
            condition, yes, no = self.args[node]
            if self.op[yes] == INT_CONST and self.op[no] == INT_CONST:
                return condition if self.low[yes] == high else self.not_(condition)
        return -1

    def _is_choice_of_constants(self, node: int) -> bool:
        return self.op[node] == INT_ITE and all(self.op[arm] == INT_CONST for arm in self.args[node][1:])

    def eq(self, left: int, right: int) -> int:
        """Return whether two integers are equal."""
        if left == right:
            return TRUE
        low, high, op = self.low, self.high, self.op
        if high[left] < low[right] or high[right] < low[left]:
            return FALSE
        if op[right] == INT_CONST:
            return self._eq_const(left, low[right])
        if op[left] == INT_CONST:
            return self._eq_const(right, low[left])
        for choice, other in ((left, right), (right, left)):
            if self._is_choice_of_constants(choice):
                condition, yes, no = self.args[choice]
                return self.ite(condition, self.eq(other, yes), self.eq(other, no))
        if left > right:
            left, right = right, left
        key = (EQ, left, right)
        known = self._table.get(key)
        if known is None:
            known = self._table[key] = self._new(EQ, (left, right), 0, 1)
        return known

    def _eq_const(self, node: int, value: int) -> int:
        """Return `node = value`, pushed into conditionals between constants so that choices by case meet their cases."""
        key = (node, value)
        known = self._pushed.get(key)
        if known is not None:
            return known
        op, args, low, high = self.op, self.args, self.low, self.high
        # Conditions met on the way down, the answer on one side of each, and whether that is its `yes` side.
        pending: list[tuple[int, int, bool]] = []
        result = FALSE
        while low[node] <= value <= high[node]:
            kind = op[node]
            if kind == INT_ITE:
                condition, yes, no = args[node]
                if op[yes] == INT_CONST:
                    pending.append((condition, int(low[yes] == value), True))
                    node = no
                    continue
                if op[no] == INT_CONST:
                    pending.append((condition, int(low[no] == value), False))
                    node = yes
                    continue
            elif kind == ADD and op[args[node][1]] == INT_CONST:
                value -= low[args[node][1]]
                node = args[node][0]
                continue
            if kind == INT_CONST:
                result = TRUE
            elif high[node] == value and low[node] == value - 1:
                # Of two values one is named, so that `x = 1` and `x # 0` are one node.
                result = self.not_(self._atom(EQ, node, self.integer(value - 1)))
            else:
                result = self._atom(EQ, node, self.integer(value))
            break
        for condition, decided, on_yes in reversed(pending):
            result = self.ite(condition, decided, result) if on_yes else self.ite(condition, result, decided)
        self._pushed[key] = result
        return result

    def _atom(self, op: int, left: int, right: int) -> int:
        key = (op, left, right)
        known = self._table.get(key)
        if known is None:
            known = self._table[key] = self._new(op, (left, right), 0, 1)
        return known

    def lt(self, left: int, right: int) -> int:
        """Return `left < right`."""
        low, high = self.low, self.high
        if high[left] < low[right]:
            return TRUE
        if left == right or low[left] >= high[right]:
            return FALSE
        if low[left] == high[right] - 1 and self.op[right] == INT_CONST:
            return self.eq(left, self.integer(low[left]))
        if high[left] == low[right] and self.op[right] == INT_CONST:
            return self.not_(self.eq(left, right))
        if low[left] == high[right] - 1 and self.op[left] == INT_CONST:
            return self.eq(right, self.integer(high[right]))
        if high[left] == low[right] and self.op[left] == INT_CONST:
            return self.not_(self.eq(left, right))
        if self._is_choice_of_constants(left):
            condition, yes, no = self.args[left]
            return self.ite(condition, self.lt(yes, right), self.lt(no, right))
        if self._is_choice_of_constants(right):
            condition, yes, no = self.args[right]
            return self.ite(condition, self.lt(left, yes), self.lt(left, no))
        for chosen, other, is_left in ((left, right, True), (right, left, False)):
            if self.op[other] == INT_CONST and self.op[chosen] == INT_ITE:
                _, yes, no = self.args[chosen]
                if self.op[yes] == INT_CONST or self.op[no] == INT_CONST:
                    return self._lt_of_choice(chosen, other, is_left=is_left)
                break
        return self._atom(LT, left, right)

    def _lt_of_choice(self, node: int, constant: int, *, is_left: bool) -> int:
        """Return `node < constant` (or `constant < node`) of a chain of conditionals with constants, without recursion along it."""
        pending: list[tuple[int, int, bool]] = []
        while self.op[node] == INT_ITE:
            condition, yes, no = self.args[node]
            if self.op[yes] == INT_CONST:
                pending.append((condition, self.lt(yes, constant) if is_left else self.lt(constant, yes), True))
                node = no
            elif self.op[no] == INT_CONST:
                pending.append((condition, self.lt(no, constant) if is_left else self.lt(constant, no), False))
                node = yes
            else:
                break
        result = self.lt(node, constant) if is_left else self.lt(constant, node)
        for condition, decided, on_yes in reversed(pending):
            result = self.ite(condition, decided, result) if on_yes else self.ite(condition, result, decided)
        return result

    def le(self, left: int, right: int) -> int:
        """Return `left <= right`."""
        return self.not_(self.lt(right, left))

    def _arith(self, op: int, args: tuple[int, ...], low: int, high: int) -> int:
        key = (op, *args)
        known = self._table.get(key)
        if known is None:
            known = self._table[key] = self.integer(low) if low == high else self._new(op, args, low, high)
        return known

    def add(self, left: int, right: int) -> int:
        """Return `left + right`."""
        low, high, op = self.low, self.high, self.op
        if op[left] == INT_CONST:
            left, right = right, left
        if op[right] == INT_CONST:
            if low[right] == 0:
                return left
            if op[left] == ADD and op[self.args[left][1]] == INT_CONST:
                left, inner = self.args[left]
                return self.add(left, self.integer(low[inner] + low[right]))
        elif left > right:
            left, right = right, left
        return self._arith(ADD, (left, right), low[left] + low[right], high[left] + high[right])

    def sub(self, left: int, right: int) -> int:
        """Return `left - right`."""
        low, high = self.low, self.high
        if left == right:
            return self.integer(0)
        if self.op[right] == INT_CONST:
            return self.add(left, self.integer(-low[right]))
        return self._arith(SUB, (left, right), low[left] - high[right], high[left] - low[right])

    def neg(self, node: int) -> int:
        """Return `-node`."""
        if self.op[node] == NEG:
            return self.args[node][0]
        return self._arith(NEG, (node,), -self.high[node], -self.low[node])

    def mul(self, left: int, right: int) -> int:
        """Return `left * right`."""
        low, high, op = self.low, self.high, self.op
        if op[left] == INT_CONST or (left > right and op[right] != INT_CONST):
            left, right = right, left
        if op[right] == INT_CONST and low[right] == 1:
            return left
        corners = [a * b for a in (low[left], high[left]) for b in (low[right], high[right])]
        return self._arith(MUL, (left, right), min(corners), max(corners))

    def div(self, left: int, right: int) -> int:
        """Return the floor of `left / right`, whose divisor is not 0 (its interval may contain it)."""
        low, high, op = self.low, self.high, self.op
        if op[right] == INT_CONST and low[right] == 1:
            return left
        divisors = [b for b in (low[right], high[right], -1, 1) if b != 0 and low[right] <= b <= high[right]]
        corners = [a // b for a in (low[left], high[left]) for b in divisors]
        return self._arith(DIV, (left, right), min(corners), max(corners))

    def mod(self, left: int, right: int) -> int:
        """Return `left` modulo `right`, which is positive (though its interval may not say so)."""
        low, high, op = self.low, self.high, self.op
        if op[left] == INT_CONST and op[right] == INT_CONST:
            return self.integer(low[left] % low[right])
        top = max(high[right], 1) - 1
        if low[left] >= 0:
            if op[right] == INT_CONST and high[left] < low[right]:
                return left
            top = min(top, high[left])
        return self._arith(MOD, (left, right), 0, top)

    # ----------------------------------------------------------------------------------- reading

    def cone(self, roots: Iterable[int]) -> list[int]:
        """Return all nodes that the roots depend on, themselves included, operands first."""
        seen = bytearray(len(self.op))
        stack = list(roots)
        args, op = self.args, self.op
        while stack:
            node = stack.pop()
            if not seen[node]:
                seen[node] = 1
                if op[node] != LEAF and op[node] != INT_LEAF:
                    stack.extend(args[node])
        return [node for node, used in enumerate(seen) if used]

    def values(self, cone: Iterable[int], leaves: Mapping[int, int]) -> dict[int, int]:
        """Return the value of each node of a `cone` where leaf nodes have the values `leaves`; Booleans are 0 and 1."""
        op, args, low = self.op, self.args, self.low
        value: dict[int, int] = {}
        for node in cone:
            kind = op[node]
            operands = args[node]
            if kind == AND:
                value[node] = int(all(value[x] for x in operands))
            elif kind == NOT:
                value[node] = 1 - value[operands[0]]
            elif kind in (LEAF, INT_LEAF):
                value[node] = leaves[node]
            elif kind in (CONST, INT_CONST):
                value[node] = low[node]
            elif kind in (ITE, INT_ITE):
                value[node] = value[operands[1]] if value[operands[0]] else value[operands[2]]
            elif kind in (EQ, IFF):
                value[node] = int(value[operands[0]] == value[operands[1]])
            elif kind == LT:
                value[node] = int(value[operands[0]] < value[operands[1]])
            elif kind == ADD:
                value[node] = value[operands[0]] + value[operands[1]]
            elif kind == SUB:
                value[node] = value[operands[0]] - value[operands[1]]
            elif kind == MUL:
                value[node] = value[operands[0]] * value[operands[1]]
            elif kind == DIV:
                value[node] = value[operands[0]] // value[operands[1]]
            elif kind == MOD:
                value[node] = value[operands[0]] % value[operands[1]]
            else:
                value[node] = -value[operands[0]]
        return value
