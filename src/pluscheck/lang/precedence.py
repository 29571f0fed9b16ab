r"""From a flat chain of operators and operands to a tree, with TLA+'s precedence ranges.

An operator's precedence is a range of numbers. Of two operators beside each other, the one whose whole range is higher binds its
operand; if the ranges overlap, they must be one operator that associates, or parentheses are needed. After Lamport,
"Specifying Systems", section 15.2.1 and table 6. One pass with two stacks, linear in the chain (Dijkstra's shunting yard).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Diagnostic, Label
from pluscheck.base.source import Span
from pluscheck.lang import syntax as s
from pluscheck.lang.layout import misaligned
from pluscheck.lang.lexer import Word

INFIX: Final[dict[str, tuple[int, int]]] = {
    "=>": (1, 1),
    "<=>": (2, 2),
    "~>": (2, 2),
    "/\\": (3, 3),
    "\\/": (3, 3),
    **dict.fromkeys(("=", "#", "<", ">", "<=", ">=", "\\in", "\\notin", "\\subseteq", "\\subset"), (5, 5)),
    "@@": (6, 6),
    ":>": (7, 7),
    "\\cup": (8, 8),
    "\\cap": (8, 8),
    "\\": (8, 8),
    "..": (9, 9),
    "+": (10, 10),
    "%": (10, 11),
    "-": (11, 11),
    "\\X": (10, 13),
    "*": (13, 13),
    "\\div": (13, 13),
    "\\o": (13, 13),
    "^": (14, 14),
}
"""The range of each infix operator."""

ASSOCIATIVE: Final = frozenset(("/\\", "\\/", "@@", "\\cup", "\\cap", "+", "-", "\\X", "*", "\\o"))
"""Those that may stand beside themselves without parentheses; they associate to the left."""

PREFIX: Final[dict[str, tuple[int, int]]] = {
    "~": (4, 4),
    "[]": (4, 15),
    "<>": (4, 15),
    "UNCHANGED": (4, 15),
    "ENABLED": (4, 15),
    "SUBSET": (8, 8),
    "UNION": (8, 8),
    "DOMAIN": (9, 9),
    "-": (12, 12),
}
"""The range of each prefix operator."""

_UNARY: Final = {
    "~": s.Unary.NOT,
    "[]": s.Unary.ALWAYS,
    "<>": s.Unary.EVENTUALLY,
    "UNCHANGED": s.Unary.UNCHANGED,
    "ENABLED": s.Unary.ENABLED,
    "SUBSET": s.Unary.POWERSET,
    "UNION": s.Unary.BIG_UNION,
    "DOMAIN": s.Unary.DOMAIN,
    "-": s.Unary.NEG,
}
_BINARY: Final = {binary.value: binary for binary in s.Binary}
_JUNCTION: Final = {junction.value: junction for junction in s.Junction}

Report = Callable[[Diagnostic], None]


def tree(chain: list[s.Expr | Word], prefixes: frozenset[int], report: Report) -> s.Expr:
    r"""Return the tree of a chain: operands, infix operators, and prefix operators (those whose `id` is in `prefixes`).

    A conflict is reported, and read as if the left operator bound tighter.
    """
    climb = _Climb(report)
    for item in chain:
        if not isinstance(item, Word):
            climb.operands.append(item)
        elif id(item) in prefixes:
            climb.pending.append((item, True))
        else:
            climb.infix(item)
    return climb.finish()


class _Climb:
    """The two stacks. Operands of one n-ary operator are collected in a list until something else ends the run."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self.operands: list[s.Expr] = []
        self.pending: list[tuple[Word, bool]] = []
        self._runs: dict[int, list[s.Expr]] = {}
        """For a pending n-ary operator, by its `id`: all its operands but the last."""

    def infix(self, operator: Word) -> None:
        low, high = INFIX[operator]
        while self.pending:
            other, is_prefix = self.pending[-1]
            other_low, other_high = (PREFIX if is_prefix else INFIX)[other]
            if other_low > high:
                self._apply()
            elif other_high < low:
                break
            elif not is_prefix and other == operator and operator in ASSOCIATIVE:
                if operator in ("/\\", "\\/", "\\X"):
                    self._runs.setdefault(id(other), []).append(self.operands.pop())
                    return
                self._apply()
            else:
                self._report(_conflict(other, operator))
                self._apply()
        self.pending.append((operator, False))
        if operator in ("/\\", "\\/", "\\X"):
            self._runs[id(operator)] = [self.operands.pop()]

    def finish(self) -> s.Expr:
        while self.pending:
            self._apply()
        return self.operands[0]

    def _apply(self) -> None:
        """Make a tree of the innermost pending operator and its operands."""
        operator, is_prefix = self.pending.pop()
        last = self.operands.pop()
        if is_prefix:
            span = operator.span.to(last.span)
            self.operands.append(s.UnaryOp(_UNARY[operator], last, span=span))
            return
        items = self._runs.pop(id(operator), None)
        if items is not None:
            items.append(last)
            span = Span(last.span.source, items[0].span.start, last.span.end)
            made: s.Expr
            if operator == "\\X":
                made = s.Product(tuple(items), span=span)
            else:
                made = s.Junct(_JUNCTION[operator], tuple(items), span=span)
            self.operands.append(made)
            return
        first = self.operands.pop()
        span = first.span.to(last.span)
        self.operands.append(s.BinaryOp(_BINARY[operator], first, last, span=span))


def _conflict(first: Word, second: Word) -> Diagnostic:
    for operator in (second, first):
        if operator.list_above is not None:
            return misaligned(operator, operator.list_above)
    if first == second:
        message = f"`{first}` does not associate: `a {first} b {first} c` has no meaning"
    else:
        message = f"neither `{first}` nor `{second}` binds tighter"
    return Diagnostic(
        Code.PRECEDENCE_CONFLICT,
        message,
        Label(second.span, "does this go first?"),
        (Label(first.span, "or this?"),),
        "add parentheses",
    )
