"""Where one declaration ends and the next begins, so that a mistake in one does not hide those in the next.

Brackets are matched on the way: a declaration in which they do not match is reported here, and left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Diagnostic, Label
from pluscheck.lang.lexer import OPERAND_ENDS, Word

_DECLARES: Final = frozenset(
    "SORT ENUM TYPE LOCK_TYPE CONST SWITCH VAR INIT MACRO PROCEDURE ACTION PROCESS FAIR INVARIANT TRANSITION WITNESS LEMMA PROPERTY "
    "TERMINAL MODEL".split()
)
"""What begins a declaration wherever it stands. Names and `RECURSIVE` do so too, but not in a `LET`."""

_BRACKETS: Final = {"LPAREN": "RPAREN", "LBRACE": "RBRACE", "LSQUARE": "RSQUARE", "LTUPLE": "RTUPLE"}
_CLOSING: Final = frozenset(_BRACKETS.values())
_BEFORE_BODY: Final = _CLOSING | {"SEMICOLON", "NAME", "NUMBER", "TRUE", "FALSE", "BOOLEAN", "NONE"}
"""What can stand before the `{` of a process's or procedure's body. Before that of a set stands an operator, `:` or the like."""

_IN_PARAMETERS: Final = frozenset(("NAME", "COMMA"))
_MOST_PARAMETER_BRACKETS = 2
"""The parameters of an operator, and the blanks of one that is an operator itself."""


@dataclass(frozen=True, slots=True)
class Part:
    """The tokens of the header, or of a declaration; `following` is the first token after them."""

    words: list[Word]
    following: Word | None


def parts(words: list[Word], wrong: list[Diagnostic]) -> Iterator[Part]:
    """Yield the header and the declarations. Those with brackets that do not match are added to `wrong` instead; linear."""
    reading = _Reading()
    for at, token in enumerate(words):
        if reading.ends_before(words, at):
            yield from reading.finished(token, wrong)
            reading = _Reading()
        reading.take(token, wrong)
    yield from reading.finished(None, wrong)


class _Reading:
    """A part that is being read."""

    def __init__(self) -> None:
        self.words: list[Word] = []
        self._open: list[Word] = []
        self._lets = 0
        """How many `LET` have no `IN` so far: what is defined in one is no declaration."""
        self._in_head = False
        """Between `process` or `procedure` and its body, where `var` declares a local."""
        self._defines = False
        """There was a `==`."""
        self._is_broken = False

    def ends_before(self, words: list[Word], at: int) -> bool:
        """Return whether the token at an index begins another part."""
        token = words[at]
        if not self.words:
            return at == 0 and token.type in _DECLARES  # the header is missing
        if token.type in _DECLARES:
            return self._declares(token)
        if not self._open and self._is_whole_header():
            return token.type not in ("EXTENDS", "COMMA")
        if token.type == "RECURSIVE":
            return not self._lets and (not self._open or self._is_at_margin(token))
        return token.type == "NAME" and not self._lets and self._defines_operator(words, at)

    def _declares(self, token: Word) -> bool:
        if token.type == "VAR" and self._in_head and not self._open:
            return False
        last = self.words[-1]
        if self.words[0].type == "FAIR" and last.type in ("FAIR", "PLUS"):
            return token.type not in ("PROCESS", "ACTION")
        # `var init : ...`: a word of the language where a name should be
        return not (len(self.words) == 1 and last.type in _DECLARES and on_one_line(last, token))

    def _is_whole_header(self) -> bool:
        if len(self.words) < 2 or self.words[0].type != "MODULE":
            return False
        last = self.words[-1].type
        return last == "NAME" and (len(self.words) == 2 or self.words[-2].type in ("EXTENDS", "COMMA"))

    def _defines_operator(self, words: list[Word], at: int) -> bool:
        """Return whether `name ==` or `name(x, F(_)) ==` stands there, and not as what this part declares or ends with."""
        after_operand = self.words[-1].type in OPERAND_ENDS or self.words[-1].type == "SEMICOLON"
        if not (after_operand and not self._open):
            if self.words[-1].type in _DECLARES or not self._is_at_margin(words[at]):
                return False
            if self.words[0].type in ("CONST", "SWITCH") and not self._defines:
                return False  # `const c : Type ==`
        return _is_definition(words, at)

    def _is_at_margin(self, token: Word) -> bool:
        """Return whether the token is the first on its line, and not to the right of this part's first."""
        first = self.words[0].span
        span = token.span
        return not on_one_line(self.words[-1], token) and span.column <= first.column

    def take(self, token: Word, wrong: list[Diagnostic]) -> None:
        """Add a token to the part."""
        kind = token.type
        before = self.words[-1].type if self.words else ""
        self.words.append(token)
        if kind in ("PROCESS", "PROCEDURE"):
            self._in_head = True
        elif kind == "LBRACE" and before in _BEFORE_BODY:
            self._in_head = self._in_head and bool(self._open)
        elif kind == "LET":
            self._lets += 1
        elif kind == "IN_BODY":
            self._lets = max(0, self._lets - 1)
        elif kind == "DEFINES":
            self._defines = True
        if kind in _BRACKETS:
            self._open.append(token)
        elif kind in _CLOSING:
            if self._open and _BRACKETS[self._open[-1].type] == kind:
                self._open.pop()
            elif not self._is_broken:
                wrong.append(_mismatched(token, self._open[-1] if self._open else None))
                self._is_broken = True

    def finished(self, following: Word | None, wrong: list[Diagnostic]) -> Iterator[Part]:
        """Yield the part, if its brackets match; of a header, which the rest needs, what there is of it."""
        if self._open and not self._is_broken:
            wrong.append(_unclosed(self._open[-1], following))
        if not (self._is_broken or self._open):
            yield Part(self.words, following)
        elif self.words[0].type == "MODULE":
            yield Part(self.words[:2], following)


def _is_definition(words: list[Word], at: int) -> bool:
    """Return whether the name at an index is that of an operator that is defined there."""
    at += 1
    depth = 0
    while at < len(words):
        kind = words[at].type
        if kind == "LPAREN" and depth < _MOST_PARAMETER_BRACKETS:
            depth += 1
        elif kind == "RPAREN" and depth:
            depth -= 1
        elif depth == 0:
            return kind == "DEFINES"
        elif kind not in _IN_PARAMETERS:
            return False
        at += 1
    return False


def on_one_line(first: Word, second: Word) -> bool:
    """Return whether there is no line break between two tokens, of which the first comes first."""
    return first.source.text.find("\n", first.end_pos or 0, second.start_pos or 0) < 0


def _unclosed(bracket: Word, following: Word | None) -> Diagnostic:
    before = () if following is None else (Label(following.span, "this begins another declaration"),)
    return Diagnostic(
        Code.UNCLOSED_BRACKET, f"this `{bracket}` is not closed", Label(bracket.span, "opened here"), before
    )


def _mismatched(closing: Word, opening: Word | None) -> Diagnostic:
    if opening is None:
        return Diagnostic(
            Code.UNCLOSED_BRACKET, f"this `{closing}` closes nothing", Label(closing.span, "nothing is open")
        )
    return Diagnostic(
        Code.UNCLOSED_BRACKET,
        f"`{opening}` is closed by `{closing}`",
        Label(closing.span, "does not match"),
        (Label(opening.span, "opened here"),),
    )
