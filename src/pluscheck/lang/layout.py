r"""Aligned `/\` and `\/` lists, as TLA+ has them: columns become brackets.

A list begins at a `/\` (or `\/`) where an operand is expected. Its items are the same sign in the same column. An item ends at the first
token on or left of that column, or at what closes or separates something that was open before the list. After Lamport,
"Specifying Systems", section 15.2.2, with the reading of SANY, TLA+'s own parser.

Three tokens are added: `AND_LIST` or `OR_LIST` where a list begins, `NEXT_ITEM` between its items, `END_LIST` where it ends.

Linear in the number of tokens, whatever they are: what is open is on a stack, what is looked for in it is remembered, and all that is
passed over is popped.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Diagnostic, Label
from pluscheck.lang.lexer import OPERAND_ENDS, Word, word

SLIP = 2
"""So many columns beside its list, a bullet is there by accident."""


@dataclass(frozen=True, slots=True)
class _List:
    """An open junction list. `has_tab` if a tab stands before its first bullet, so that its column depends on the editor."""

    column: int
    sign: str
    first: Word
    has_tab: bool


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
_WORD_CLOSERS: Final = frozenset(("THEN", "ELSE", "IN_BODY"))
_SEPARATORS: Final = frozenset(("COMMA", "SEMICOLON", "COLON", "PARALLEL", "MAPS_TO", "ASSIGN", "EXCEPT", "DEFINES"))
_BEGINS_ANEW: Final = frozenset(("NAME", "LBRACE", "VAR", "RECURSIVE"))
"""After an operand these begin something else: a definition in a `LET`, a body, a declaration."""
_BINDS: Final = frozenset(("QUANTIFIER", "CHOOSE", "LAMBDA"))
_SIGNS: Final = ("/\\", "\\/")


def laid_out(words: list[Word], wrong: list[Diagnostic]) -> list[Word]:
    """Return the tokens with those of junction lists added. What looks misaligned is added to `wrong`."""
    return _Layout(wrong).run(words)


class _Layout:
    def __init__(self, wrong: list[Diagnostic]) -> None:
        self._wrong = wrong
        self._out: list[Word] = []
        self._open: list[_Context] = []
        self._inner: list[int] = []
        """For each open context, the index of the innermost one at or below it that is no `_Open` (-1 if there is none)."""
        self._closed: list[int] = []
        """Likewise for the innermost `_Closed`."""
        self._bullets: Counter[tuple[int, str]] = Counter()
        """How many open lists there are with a column and a sign."""
        self._line_start = -1
        self._line_end = -1
        self._first_tab = -1
        self._said_tab = False

    def run(self, words: list[Word]) -> list[Word]:
        for token in words:
            self._take(token)
        while self._open:
            self._pop()
        return self._out

    def _take(self, token: Word) -> None:
        kind = token.type
        column, is_first = self._column(token)
        if is_first and self._open and self._ends_items(token, column):
            return
        after_operand = bool(self._out) and (self._out[-1].type in OPERAND_ENDS or self._out[-1].type == "END_LIST")
        if kind in _CLOSERS:
            self._close(kind)
        elif kind in _SEPARATORS:
            self._separate(is_colon=kind == "COLON")
        elif kind == "ARROW" or (after_operand and (kind == "BOX" or kind in _BEGINS_ANEW)):
            while self._open and isinstance(self._open[-1], _List):
                self._pop()
        elif kind == "RELATION" and token in _SIGNS and not after_operand:
            self._begin(token, column, is_first=is_first)
            return
        self._out.append(token)
        if kind in _CLOSED_BY:
            self._push(_Closed(_CLOSED_BY[kind]))
        elif kind == "CASE":
            self._push(_Open(is_case=True))
        elif kind in _BINDS:
            self._push(_Open(is_case=False))

    def _column(self, token: Word) -> tuple[int, bool]:
        """Return the token's column (from 1), and whether it is the first on its line."""
        start = token.start_pos or 0
        if start >= self._line_end:
            text = token.source.text
            self._line_start = text.rfind("\n", 0, start) + 1
            end = text.find("\n", start)
            self._line_end = len(text) if end < 0 else end + 1
            self._first_tab = text.find("\t", self._line_start, self._line_end)
            return start - self._line_start + 1, True
        return start - self._line_start + 1, False

    def _has_tab(self, token: Word) -> bool:
        return 0 <= self._first_tab < (token.start_pos or 0)

    def _ends_items(self, token: Word, column: int) -> bool:
        """End the lists that a line's first token is on or left of the column of; return whether it begins another item."""
        is_bullet = token in _SIGNS
        while self._open:
            index = self._inner[-1]
            context = self._open[index] if index >= 0 else None
            if not isinstance(context, _List):
                return False
            if is_bullet and (context.has_tab or self._has_tab(token)):
                self._unclear(token)
            if column > context.column:
                if is_bullet and token == context.sign and column - context.column <= SLIP:
                    token.list_above = context.first
                return False
            while len(self._open) - 1 > index:
                self._pop()
            if column == context.column and token == context.sign:
                self._out.append(_bullet("NEXT_ITEM", token))
                return True
            self._pop()
            if token == context.sign and context.column - column <= SLIP and not self._bullets[column, str(token)]:
                self._wrong.append(misaligned(token, context.first))
        return False

    def _begin(self, token: Word, column: int, *, is_first: bool) -> None:
        kind = "AND_LIST" if token == "/\\" else "OR_LIST"
        has_tab = self._has_tab(token)
        if is_first and has_tab:
            self._unclear(token)
        self._out.append(_bullet(kind, token))
        self._push(_List(column, str(token), token, has_tab))

    def _unclear(self, token: Word) -> None:
        if self._said_tab:
            return
        self._said_tab = True
        self._wrong.append(
            Diagnostic(
                Code.TAB_IN_JUNCTION,
                "a tab stands before a list whose columns matter",
                Label(token.span, "in which column is this?"),
                help="indent with spaces",
            )
        )

    def _separate(self, *, is_colon: bool) -> None:
        """End the lists and `CASE`s in front of a separator, and by a colon the names that it binds."""
        while self._open:
            context = self._open[-1]
            if isinstance(context, _Closed):
                return
            if isinstance(context, _Open) and not context.is_case:
                if is_colon:
                    self._pop()
                return
            self._pop()

    def _close(self, kind: str) -> None:
        """End everything up to what this token closes; nothing if something else is to be closed before."""
        index = _last(self._closed)
        if kind not in _WORD_CLOSERS:  # a bracket closes an `IF` without `THEN`, too
            while index >= 0 and self._by(index) in _WORD_CLOSERS:
                index = self._closed[index - 1] if index else -1
        if index >= 0 and self._by(index) == kind:
            while len(self._open) > index:
                self._pop()

    def _by(self, index: int) -> str:
        context = self._open[index]
        return context.by if isinstance(context, _Closed) else ""

    def _push(self, context: _Context) -> None:
        index = len(self._open)
        self._inner.append(_last(self._inner) if isinstance(context, _Open) else index)
        self._closed.append(index if isinstance(context, _Closed) else _last(self._closed))
        if isinstance(context, _List):
            self._bullets[context.column, context.sign] += 1
        self._open.append(context)

    def _pop(self) -> None:
        context = self._open.pop()
        self._inner.pop()
        self._closed.pop()
        if isinstance(context, _List):
            self._bullets[context.column, context.sign] -= 1
            last = self._out[-1]
            self._out.append(word("END_LIST", "", last.source, last.end_pos or 0, last.end_pos or 0))


def misaligned(bullet: Word, first: Word) -> Diagnostic:
    """Return the diagnostic for a bullet that stands beside the column of a list, whose first bullet is `first`."""
    columns = bullet.span.column, first.span.column
    return Diagnostic(
        Code.MISALIGNED_JUNCTION,
        f"this `{bullet}` is not in the column of the list above it",
        Label(bullet.span, f"in column {columns[0]}"),
        (Label(first.span, f"the list is in column {columns[1]}"),),
        "align the signs of a list exactly, or use parentheses",
    )


def _last(indices: list[int]) -> int:
    return indices[-1] if indices else -1


def _bullet(kind: str, sign: Word) -> Word:
    return word(kind, str(sign), sign.source, sign.start_pos or 0, sign.end_pos or 0)
