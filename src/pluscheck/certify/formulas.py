"""Formulas over Booleans and bit-vectors, each kept once, and their text in SMT-LIB 2.

A formula is a number: parts have smaller numbers than what they are parts of. Only `and`, `not`, `ite`, `=` and the operations on bit-vectors are
kept; a disjunction is a negated conjunction of negations, and is written as one in the text. Bit-vectors have two's complement where they have a sign.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from pluscheck.base.errors import InternalError

FALSE = 0
TRUE = 1

MAX_FORMULAS = 4_000_000
"""How many formulas are kept: about a gigabyte."""

MAX_WIDTH = 512
"""How many bits a number may need."""

_SMALL = 12
"""Conjunctions of at most so many parts are taken apart within others, and looked into for what is known of them."""

_LONGEST_LINE = 24
"""How many formulas are written inside one another before one gets a name of its own."""


class OutgrownError(Exception):
    """The obligations are larger, or took longer to write down, than anyone was willing to wait for."""


class Formulas:
    """All formulas of one set of obligations. Raises OutgrownError where they are too many, or after `deadline`."""

    def __init__(self, deadline: float | None = None) -> None:
        self.op: list[str] = ["false", "true"]
        self.args: list[tuple[int, ...]] = [(), ()]
        self.width: list[int] = [0, 0]
        """Bits; 0 of a Boolean."""
        self.names: dict[int, str] = {}
        self._known: dict[tuple[str, int, tuple[int, ...]], int] = {("false", 0, ()): FALSE, ("true", 0, ()): TRUE}
        self._negation: dict[int, int] = {FALSE: TRUE, TRUE: FALSE}
        self._used: set[str] = set()
        self.deadline = deadline

    def _made(self, op: str, args: tuple[int, ...], width: int = 0) -> int:
        key = (op, width, args)
        found = self._known.get(key)
        if found is None:
            found = self._new(op, args, width)
            self._known[key] = found
        return found

    def _new(self, op: str, args: tuple[int, ...], width: int) -> int:
        number = len(self.op)
        if number % 4096 == 0:
            if number > MAX_FORMULAS:
                raise OutgrownError("its obligations are too large")
            if self.deadline is not None and time.monotonic() > self.deadline:
                raise OutgrownError("writing down its obligations took too long")
        self.op.append(op)
        self.args.append(args)
        self.width.append(width)
        return number

    # ------------------------------------------------------------------------------------ constants

    def constant(self, value: int, width: int) -> int:
        """Return a number as a bit-vector: the lowest `width` bits of its two's complement."""
        if width > MAX_WIDTH:
            raise OutgrownError(f"a number in it needs more than {MAX_WIDTH} bits")
        return self._made("constant", (value & ((1 << width) - 1),), width)

    def value(self, term: int) -> int | None:
        """Return the bits of a constant, as a number without a sign (of a Boolean 0 or 1), or None of anything else."""
        if term <= TRUE:
            return term
        return self.args[term][0] if self.op[term] == "constant" else None

    def unknown(self, name: str, width: int = 0) -> int:
        """Return a new constant symbol, about which nothing is known: a bit-vector, or a Boolean."""
        spelled = re.sub(r"[^A-Za-z0-9~!@$%^&*_+=<>.?/\-\[\]{}(),:# ]", "?", name)
        distinct, number = spelled, 1
        while distinct in self._used:
            number += 1
            distinct = f"{spelled} #{number}"
        self._used.add(distinct)
        made = self._new("unknown", (), width)
        self.names[made] = distinct
        return made

    # ------------------------------------------------------------------------------------- booleans

    def not_(self, term: int) -> int:
        """Return the negation."""
        found = self._negation.get(term)
        if found is None:
            found = self._negation[term] = self._made("not", (term,))
            self._negation[found] = term
        return found

    def and_(self, *terms: int) -> int:
        """Return the conjunction."""
        return self.all_(terms)

    def or_(self, *terms: int) -> int:
        """Return the disjunction."""
        return self.any_(terms)

    def any_(self, terms: Iterable[int]) -> int:
        """Return the disjunction."""
        return self.not_(self.all_([self.not_(term) for term in terms]))

    def implies(self, left: int, right: int) -> int:
        """Return the implication."""
        return self.not_(self.all_((left, self.not_(right))))

    def all_(self, terms: Iterable[int]) -> int:
        """Return the conjunction."""
        parts: set[int] = set()
        for term in terms:
            if self.op[term] == "and" and len(self.args[term]) <= _SMALL:
                parts.update(self.args[term])
            else:
                parts.add(term)
        parts.discard(TRUE)
        if FALSE in parts:
            return FALSE
        changed = True
        while changed:
            changed = False
            for part in parts:
                if self._negation.get(part) in parts:
                    return FALSE
            for part in tuple(parts):
                shorter = self._given(part, parts)
                if shorter == FALSE:
                    return FALSE
                if shorter != part:
                    parts.discard(part)
                    if shorter != TRUE:
                        parts.add(shorter)
                    changed = True
        if not parts:
            return TRUE
        return self._made("and", tuple(sorted(parts))) if len(parts) > 1 else parts.pop()

    def _given(self, part: int, known: set[int]) -> int:
        """Return a formula that is `part` where all that is known is true; only negated conjunctions become shorter."""
        if self.op[part] != "not" or self.op[self.args[part][0]] != "and":
            return part
        inner = self.args[self.args[part][0]]
        if len(inner) > _SMALL:
            return part
        if any(self._negation.get(item) in known for item in inner):
            return TRUE
        rest = [item for item in inner if item not in known]
        return part if len(rest) == len(inner) else self.not_(self.all_(rest))

    def ite(self, condition: int, yes: int, no: int) -> int:
        """Return `yes` where the condition is true, else `no`; both Booleans or both of one width."""
        if condition == TRUE or yes == no:
            return yes
        if condition == FALSE:
            return no
        if self.op[condition] == "not":
            return self.ite(self.args[condition][0], no, yes)
        if self.width[yes] == 0:
            if yes in (TRUE, condition):
                return self.or_(condition, no)
            if yes == FALSE:
                return self.and_(self.not_(condition), no)
            if no == TRUE:
                return self.implies(condition, yes)
            if no in (FALSE, condition):
                return self.and_(condition, yes)
            if self._negation.get(yes) == no:
                return self.equal(condition, yes)
        elif self.width[yes] != self.width[no]:
            raise InternalError("arms of different widths")
        return self._made("ite", (condition, yes, no), self.width[yes])

    def equal(self, left: int, right: int) -> int:
        """Return the equality of two Booleans, or of two bit-vectors of one width."""
        if left == right:
            return TRUE
        if self.width[left] != self.width[right]:
            raise InternalError("an equality of different widths")
        first, second = (right, left) if self.value(left) is not None else (left, right)
        known = self.value(second)
        if self.width[first] == 0:
            if known is not None:
                return first if known else self.not_(first)
            if self._negation.get(first) == second:
                return FALSE
        elif known is not None:
            if self.value(first) is not None:
                return FALSE
            if self.op[first] == "ite":
                condition, yes, no = self.args[first]
                if self.value(yes) is not None or self.value(no) is not None:
                    return self.ite(condition, self.equal(yes, second), self.equal(no, second))
        return self._made("=", (min(first, second), max(first, second)))

    # ---------------------------------------------------------------------------------- bit-vectors

    def extended(self, term: int, width: int) -> int:
        """Return the number with a sign in more bits, or in as many."""
        more = width - self.width[term]
        if more == 0:
            return term
        if more < 0 or width > MAX_WIDTH:
            raise InternalError("a number was to lose bits") if more < 0 else OutgrownError("a number is too wide")
        value = self.value(term)
        if value is not None:
            return self.constant(signed(value, self.width[term]), width)
        return self._made("sign_extend", (term,), width)

    def padded(self, term: int, width: int) -> int:
        """Return the number without a sign in more bits."""
        return self._made("zero_extend", (term,), width)

    def lowest(self, term: int, width: int) -> int:
        """Return the lowest bits."""
        if width == self.width[term]:
            return term
        value = self.value(term)
        if value is not None:
            return self.constant(value, width)
        if self.op[term] == "sign_extend" and self.width[self.args[term][0]] <= width:
            return self.extended(self.args[term][0], width)
        return self._made("lowest", (term,), width)

    def arithmetic(self, op: str, *terms: int) -> int:
        """Return `bvadd`, `bvsub`, `bvmul`, `bvsdiv` or `bvsmod` of two bit-vectors of one width, or `bvneg` of one."""
        return self._folded(op, terms, self.width[terms[0]])

    def compared(self, op: str, left: int, right: int) -> int:
        """Return `bvslt`, `bvsle` or `bvule` of two bit-vectors of one width."""
        return self._folded(op, (left, right), 0)

    def _folded(self, op: str, terms: tuple[int, ...], width: int) -> int:
        if any(self.width[term] != self.width[terms[0]] for term in terms):
            raise InternalError(f"{op} of different widths")
        values = [self.value(term) for term in terms]
        if all(value is not None for value in values):
            result = _OPERATIONS[op](self.width[terms[0]], *[value or 0 for value in values])
            return self.constant(result, width) if width else (TRUE if result else FALSE)
        return self._made(op, terms, width)

    # --------------------------------------------------------------------------------------- reading

    def cone(self, roots: Iterable[int]) -> list[int]:
        """Return everything that the formulas are made of, parts first."""
        found: set[int] = set()
        waiting = list(roots)
        while waiting:
            term = waiting.pop()
            if term not in found:
                found.add(term)
                if self.op[term] != "constant":
                    waiting.extend(self.args[term])
        return sorted(found)

    def values(self, roots: Iterable[int], unknowns: Mapping[str, int]) -> dict[int, int]:
        """Return the value of each part of the formulas where the unknowns have these; those not told are 0."""
        found: dict[int, int] = {}
        for term in self.cone(roots):
            op, args, width = self.op[term], self.args[term], self.width[term]
            match op:
                case "false" | "true":
                    result = term
                case "constant":
                    result = args[0]
                case "unknown":
                    result = unknowns.get(self.names[term], 0)
                case "not":
                    result = 1 - found[args[0]]
                case "and":
                    result = int(all(found[arg] for arg in args))
                case "ite":
                    result = found[args[1]] if found[args[0]] else found[args[2]]
                case "=":
                    result = int(found[args[0]] == found[args[1]])
                case "sign_extend":
                    result = signed(found[args[0]], self.width[args[0]]) & ((1 << width) - 1)
                case "zero_extend":
                    result = found[args[0]]
                case "lowest":
                    result = found[args[0]] & ((1 << width) - 1)
                case _:
                    result = _OPERATIONS[op](self.width[args[0]], *[found[arg] for arg in args])
                    result &= (1 << max(1, width)) - 1
            found[term] = result
        return found

    def script(self, assertions: Sequence[int], comments: Sequence[str] = ()) -> str:
        """Return a script that asks whether the formulas can be true together: SMT-LIB 2, logic QF_BV."""
        lines = [f"; {line}" for comment in comments for line in comment.splitlines()]
        lines.append("(set-logic QF_BV)")
        cone = self.cone(assertions)
        uses = dict.fromkeys(cone, 0)
        for term in cone:
            if self.op[term] != "constant":
                for arg in self.args[term]:
                    uses[arg] += 1
        depth: dict[int, int] = {}
        text: dict[int, str] = {}
        for term in cone:
            op, sort = self.op[term], _sort(self.width[term])
            if op == "unknown":
                text[term] = f"|{self.names[term]}|"
                lines.append(f"(declare-const {text[term]} {sort})")
                continue
            if op in ("false", "true", "constant"):
                text[term] = self._constant_text(term)
                continue
            written, deep = self._written(term, text), 1 + max(depth.get(arg, 0) for arg in self.args[term])
            # A negation is no reason for a name.
            if (uses[term] > 1 and op != "not") or deep > _LONGEST_LINE:
                text[term] = f"t{term}"
                lines.append(f"(define-fun t{term} () {sort} {written})")
            else:
                text[term], depth[term] = written, deep
        lines.extend(f"(assert {text[term]})" for term in assertions)
        lines.append("(check-sat)")
        return "\n".join(lines) + "\n"

    def _constant_text(self, term: int) -> str:
        if term <= TRUE:
            return self.op[term]
        return f"(_ bv{self.args[term][0]} {self.width[term]})"

    def _written(self, term: int, text: Mapping[int, str]) -> str:
        op, args = self.op[term], self.args[term]
        match op:
            case "not" if self.op[args[0]] == "and" and not text[args[0]].startswith("t"):
                return "(or " + " ".join(self._negated(arg, text) for arg in self.args[args[0]]) + ")"
            case "not":
                return self._negated(args[0], text)
            case "sign_extend" | "zero_extend":
                return f"((_ {op} {self.width[term] - self.width[args[0]]}) {text[args[0]]})"
            case "lowest":
                return f"((_ extract {self.width[term] - 1} 0) {text[args[0]]})"
            case _:
                return f"({op} {' '.join(text[arg] for arg in args)})"

    def _negated(self, term: int, text: Mapping[int, str]) -> str:
        if term <= TRUE:
            return self.op[1 - term]
        return text[self.args[term][0]] if self.op[term] == "not" else f"(not {text[term]})"


def _sort(width: int) -> str:
    return f"(_ BitVec {width})" if width else "Bool"


def signed(bits: int, width: int) -> int:
    """Return the number with a sign that these bits are."""
    return bits - (1 << width) if bits >> (width - 1) else bits


def width_of(low: int, high: int) -> int:
    """Return how many bits hold every number of an interval with a sign."""
    return max((end if end >= 0 else ~end).bit_length() for end in (low, high)) + 1


def _sdiv(width: int, left: int, right: int) -> int:
    """Return the quotient rounded towards zero; by zero, what SMT-LIB says: 1 of a negative number, else -1."""
    dividend, divisor = signed(left, width), signed(right, width)
    if divisor == 0:
        return 1 if dividend < 0 else -1
    quotient = abs(dividend) // abs(divisor)
    return quotient if (dividend < 0) == (divisor < 0) else -quotient


def _smod(width: int, left: int, right: int) -> int:
    """Return the remainder that has the divisor's sign; by zero, the dividend."""
    divisor = signed(right, width)
    return signed(left, width) % divisor if divisor else left


_OPERATIONS: Mapping[str, Callable[..., int]] = {
    "bvadd": lambda _, left, right: left + right,
    "bvsub": lambda _, left, right: left - right,
    "bvmul": lambda _, left, right: left * right,
    "bvneg": lambda _, operand: -operand,
    "bvsdiv": _sdiv,
    "bvsmod": _smod,
    "bvslt": lambda width, left, right: int(signed(left, width) < signed(right, width)),
    "bvsle": lambda width, left, right: int(signed(left, width) <= signed(right, width)),
    "bvule": lambda _, left, right: int(left <= right),
}
"""What each operation does to bits: without regard to the width of the result, which is cut off."""
