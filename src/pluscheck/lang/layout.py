r"""Aligned `/\` and `\/` lists, as TLA+ has them: columns become brackets.

A list begins at a `/\` (or `\/`) where an operand is expected. Its items are the same sign in the same column. An item ends at the first
token on or left of that column, or at what closes or separates something that was open before the list. After Lamport,
"Specifying Systems", section 15.2.2, with the reading of SANY, TLA+'s own parser.

Three tokens are added: `AND_LIST` or `OR_LIST` where a list begins, `NEXT_ITEM` between its items, `END_LIST` where it ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Diagnostic, Label
from pluscheck.base.source import Source
from pluscheck.lang.lexer import Word, word


@dataclass(frozen=True, slots=True)
class _List:
    """An open junction list."""

    column: int
    sign: str
    first: Word


@dataclass(frozen=True, slots=True)
class _Closed:
    """Something that a token of this type closes: a bracket, `IF` by `THEN`, `LET` by `IN`."""

    by: str


@dataclass(frozen=True, slots=True)
class _Open:
    """Something that extends as far as it can: the arms of a `CASE`, or the bound names before a `:`."""

    is_case: bool


_Context = _List | _Closed | _Open

_CLOSED_BY: Final = {
    "LPAREN": "RPAREN",
    "LBRACE": "RBRACE",
    "LSQUARE": "RSQUARE",
    "LTUPLE": "RTUPLE",
    "IF": "THEN",
    "THEN": "ELSE",
    "LET": "IN_BODY",
}
_CLOSERS: Final = frozenset(_CLOSED_BY.values())
_SEPARATORS: Final = frozenset(("COMMA", "SEMICOLON", "COLON", "PARALLEL", "MAPS_TO", "ASSIGN", "EXCEPT", "DEFINES"))
_OPERAND_ENDS: Final = frozenset(
    (
        "NAME",
        "NUMBER",
        "STRING",
        "TRUE",
        "FALSE",
        "BOOLEAN",
        "NONE",
        "AT",
        "PRIME",
        "RPAREN",
        "RSQUARE",
        "RBRACE",
        "RTUPLE",
        "END_LIST",
    )
)
_BINDS: Final = frozenset(("QUANTIFIER", "CHOOSE", "LAMBDA"))


def laid_out(words: list[Word], wrong: list[Diagnostic]) -> list[Word]:
    """Return the tokens with those of junction lists added. What looks misaligned is added to `wrong`; linear but for nesting."""
    return _Layout(wrong).run(words)


class _Layout:
    def __init__(self, wrong: list[Diagnostic]) -> None:
        self._wrong = wrong
        self._out: list[Word] = []
        self._open: list[_Context] = []
        self._line_start = -1
        self._line_end = -1

    def run(self, words: list[Word]) -> list[Word]:
        for token in words:
            self._take(token)
        while self._open:
            self._pop()
        return self._out

    def _take(self, token: Word) -> None:
        kind = token.type
        column, is_first = self._column(token)
        if is_first and self._ends_items(token, column):
            return
        if kind in _CLOSERS:
            self._close(kind)
        elif kind in _SEPARATORS:
            while self._open and (isinstance(self._open[-1], _List) or self._is_case(-1)):
                self._pop()
            if kind == "COLON" and self._open and isinstance(self._open[-1], _Open):
                self._pop()
        elif kind in ("ARROW", "BOX"):
            self._end_arm()
        if kind == "RELATION" and token in ("/\\", "\\/") and not self._after_operand():
            self._begin(token, column, is_first=is_first)
            return
        self._out.append(token)
        if kind in _CLOSED_BY:
            self._open.append(_Closed(_CLOSED_BY[kind]))
        elif kind == "CASE":
            self._open.append(_Open(is_case=True))
        elif kind in _BINDS:
            self._open.append(_Open(is_case=False))

    def _column(self, token: Word) -> tuple[int, bool]:
        """Return the token's column (from 1), and whether it is the first on its line."""
        start = token.start_pos or 0
        if start >= self._line_end:
            text = token.source.text
            self._line_start = text.rfind("\n", 0, start) + 1
            end = text.find("\n", start)
            self._line_end = len(text) if end < 0 else end + 1
            return start - self._line_start + 1, True
        return start - self._line_start + 1, False

    def _after_operand(self) -> bool:
        return bool(self._out) and self._out[-1].type in _OPERAND_ENDS

    def _is_case(self, index: int) -> bool:
        context = self._open[index]
        return isinstance(context, _Open) and context.is_case

    def _ends_items(self, token: Word, column: int) -> bool:
        """End the lists that a line's first token is on or left of the column of; return whether it begins another item."""
        while True:
            index = len(self._open) - 1
            while index >= 0 and isinstance(self._open[index], _Open):
                index -= 1
            context = self._open[index] if index >= 0 else None
            if not isinstance(context, _List) or column > context.column:
                return False
            while len(self._open) - 1 > index:
                self._pop()
            if column == context.column and token == context.sign:
                self._out.append(_added("NEXT_ITEM", token, token.end_pos or 0))
                return True
            if token in ("/\\", "\\/"):
                self._look_for_slip(token, column, context)
            self._pop()

    def _look_for_slip(self, token: Word, column: int, ended: _List) -> None:
        """Report a bullet that ends a list by a column or two, and begins or continues no other."""
        others = {(c.column, c.sign) for c in self._open if isinstance(c, _List)}
        if (column, str(token)) in others or token != ended.sign or ended.column - column > 2:
            return
        self._wrong.append(
            Diagnostic(
                Code.MISALIGNED_JUNCTION,
                f"this `{token}` is not in the column of the list above it",
                Label(token.span, f"in column {column}"),
                (Label(ended.first.span, f"the list is in column {ended.column}"),),
                "align the signs of a list exactly, or use parentheses",
            )
        )

    def _begin(self, token: Word, column: int, *, is_first: bool) -> None:
        kind = "AND_LIST" if token == "/\\" else "OR_LIST"
        if is_first and "\t" in token.source.text[self._line_start : token.start_pos or 0]:
            self._wrong.append(
                Diagnostic(
                    Code.TAB_IN_JUNCTION,
                    "a tab stands before a list whose columns matter",
                    Label(token.span, "in which column is this?"),
                    help="indent with spaces",
                )
            )
        self._out.append(word(kind, str(token), token.source, token.start_pos or 0, token.end_pos or 0))
        self._open.append(_List(column, str(token), token))

    def _close(self, kind: str) -> None:
        """End everything up to what this token closes; nothing if it closes nothing that is open."""
        index = len(self._open) - 1
        while index >= 0 and self._open[index] != _Closed(kind):
            context = self._open[index]
            if isinstance(context, _Closed) and kind in ("THEN", "ELSE", "IN_BODY"):
                return
            index -= 1
        if index < 0:
            return
        while len(self._open) - 1 >= index:
            self._pop()

    def _end_arm(self) -> None:
        """End the lists inside the condition or value of the innermost `CASE`, if that is what is open."""
        index = len(self._open) - 1
        while index >= 0 and isinstance(self._open[index], _List):
            index -= 1
        if index >= 0 and self._is_case(index):
            while len(self._open) - 1 > index:
                self._pop()

    def _pop(self) -> None:
        if isinstance(self._open.pop(), _List):
            last = self._out[-1]
            self._out.append(_added("END_LIST", last, last.end_pos or 0))


def _added(kind: str, beside: Word, at: int) -> Word:
    source: Source = beside.source
    return word(kind, "", source, at, at)
