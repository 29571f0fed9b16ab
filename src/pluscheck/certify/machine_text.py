"""Formulas as LLVM IR, which has integers of any width, as formulas have bit-vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from pluscheck.certify.formulas import FALSE, TRUE, Formulas, OutgrownError

WIDEST_DIVISION = 64
"""Wider divisions would be calls of a library."""

_PLAIN = {"bvadd": "add", "bvsub": "sub", "bvmul": "mul"}
_COMPARISONS = {"bvslt": "slt", "bvsle": "sle", "bvule": "ule"}


class Text:
    """The lines of one function, and what is known at the place that is being written."""

    def __init__(self, formulas: Formulas, header: str) -> None:
        self._formulas = formulas
        self.lines = [f"define {header} {{"]
        self.known: dict[int, str] = {FALSE: "false", TRUE: "true"}
        self._unknowns: Mapping[int, Callable[[], str]] = {}
        self._order: list[int] = []
        self._names = 0

    def new(self, instruction: str) -> str:
        """Write an instruction; return the name of its value."""
        self._names += 1
        self.lines.append(f"  %t{self._names} = {instruction}")
        return f"%t{self._names}"

    def line(self, instruction: str) -> None:
        """Write an instruction without a value, or a label."""
        self.lines.append(instruction)

    def label(self) -> str:
        """Return a new label."""
        self._names += 1
        return f"l{self._names}"

    def place(self) -> int:
        """Return this place: what was computed up to it."""
        return len(self._order)

    def back_to(self, place: int) -> None:
        """Forget what was computed since a place: the flow goes on from there without it."""
        for term in self._order[place:]:
            del self.known[term]
        del self._order[place:]

    def define(self, unknowns: Mapping[int, Callable[[], str]]) -> None:
        """Say how the unknowns are written, each where it is first asked for."""
        self._unknowns = unknowns

    def values(self, terms: Iterable[int]) -> list[str]:
        """Write what the formulas need that is not known here; return their values."""
        wanted = list(terms)
        for term in self._missing(wanted):
            self.known[term] = self._written(term)
            self._order.append(term)
        return [self.known[term] for term in wanted]

    def _missing(self, wanted: Iterable[int]) -> list[int]:
        """Return what is yet to be computed, parts first."""
        found: set[int] = set()
        waiting = [term for term in wanted if term not in self.known]
        while waiting:
            term = waiting.pop()
            if term not in found:
                found.add(term)
                if self._formulas.op[term] != "constant":
                    waiting.extend(part for part in self._formulas.args[term] if part not in self.known)
        return sorted(found)

    def _written(self, term: int) -> str:
        formulas = self._formulas
        op, width = formulas.op[term], formulas.width[term]
        if op == "constant":
            return str(formulas.args[term][0])
        if op == "unknown":
            return self._unknowns[term]()
        args = formulas.args[term]
        values = [self.known[arg] for arg in args]
        of = kind(formulas.width[args[0]]) if args else ""
        match op:
            case "not":
                return self.new(f"xor i1 {values[0]}, true")
            case "and":
                result = values[0]
                for value in values[1:]:
                    result = self.new(f"and i1 {result}, {value}")
                return result
            case "ite":
                return self.new(f"select i1 {values[0]}, {kind(width)} {values[1]}, {kind(width)} {values[2]}")
            case "=":
                return self.new(f"icmp eq {of} {values[0]}, {values[1]}")
            case "sign_extend":
                return self.new(f"sext {of} {values[0]} to {kind(width)}")
            case "zero_extend":
                return self.new(f"zext {of} {values[0]} to {kind(width)}")
            case "lowest":
                return self.new(f"trunc {of} {values[0]} to {kind(width)}")
            case "bvneg":
                return self.new(f"sub {of} 0, {values[0]}")
            case "bvsdiv" | "bvsmod":
                return self._divided(op, formulas.width[args[0]], values)
            case _:
                if op in _PLAIN:
                    return self.new(f"{_PLAIN[op]} {of} {values[0]}, {values[1]}")
                return self.new(f"icmp {_COMPARISONS[op]} {of} {values[0]}, {values[1]}")

    def _divided(self, op: str, width: int, values: Sequence[str]) -> str:
        """Write a division as SMT-LIB defines it; one more bit, and no quotient is too large."""
        if width >= WIDEST_DIVISION:
            raise OutgrownError("a division is too wide")
        wide = kind(width + 1)
        number, divisor = [self.new(f"sext {kind(width)} {value} to {wide}") for value in values]
        by_zero = self.new(f"icmp eq {wide} {divisor}, 0")
        safe = self.new(f"select i1 {by_zero}, {wide} 1, {wide} {divisor}")
        if op == "bvsdiv":
            quotient = self.new(f"sdiv {wide} {number}, {safe}")
            negative = self.new(f"icmp slt {wide} {number}, 0")
            of_zero = self.new(f"select i1 {negative}, {wide} 1, {wide} -1")
            result = self.new(f"select i1 {by_zero}, {wide} {of_zero}, {wide} {quotient}")
        else:
            rest = self.new(f"srem {wide} {number}, {safe}")
            unlike = self.new(f"icmp slt {wide} {self.new(f'xor {wide} {rest}, {safe}')}, 0")
            odd = self.new(f"and i1 {unlike}, {self.new(f'icmp ne {wide} {rest}, 0')}")
            fitting = self.new(f"select i1 {odd}, {wide} {self.new(f'add {wide} {rest}, {safe}')}, {wide} {rest}")
            result = self.new(f"select i1 {by_zero}, {wide} {number}, {wide} {fitting}")
        return self.new(f"trunc {wide} {result} to {kind(width)}")

    def text(self) -> str:
        """Return the function."""
        return "\n".join([*self.lines, "}", ""])


def kind(width: int) -> str:
    """Return the type of a formula of so many bits; 0 are a Boolean's."""
    return f"i{max(1, width)}"
