"""Text to tokens. The language's words and signs, in ASCII and Unicode, with nested comments and decoration skipped."""

from __future__ import annotations

import re
from typing import Final

from lark import Token

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Diagnostic, Label
from pluscheck.base.source import Source, Span

MAX_NUMBER = 2**63
"""Larger number literals are refused: no range can have so many values."""


class Word(Token):
    """A token that knows its source. `type` is a terminal of the grammar, the text is the ASCII spelling."""

    source: Source
    list_above: Word | None = None
    """Of a `/\\` that is a little to the right of a list's: the list's first one."""

    @property
    def span(self) -> Span:
        """The token's characters."""
        return Span(self.source, self.start_pos or 0, self.end_pos or 0)


def word(kind: str, text: str, source: Source, start: int, end: int) -> Word:
    """Return a token."""
    token = Word(kind, text, start_pos=start, end_pos=end)
    token.source = source
    return token


KEYWORDS: Final = {
    "module": "MODULE",
    "extends": "EXTENDS",
    "sort": "SORT",
    "enum": "ENUM",
    "type": "TYPE",
    "lock_type": "LOCK_TYPE",
    "const": "CONST",
    "switch": "SWITCH",
    "var": "VAR",
    "init": "INIT",
    "macro": "MACRO",
    "procedure": "PROCEDURE",
    "action": "ACTION",
    "process": "PROCESS",
    "fair": "FAIR",
    "invariant": "INVARIANT",
    "transition": "TRANSITION",
    "witness": "WITNESS",
    "lemma": "LEMMA",
    "property": "PROPERTY",
    "terminal": "TERMINAL",
    "model": "MODEL",
    "scope": "SCOPE",
    "expect": "EXPECT",
    "await": "AWAIT",
    "when": "AWAIT",
    "if": "IF_STATEMENT",
    "else": "ELSE_STATEMENT",
    "either": "EITHER",
    "or": "OR_BRANCH",
    "with": "WITH",
    "while": "WHILE",
    "goto": "GOTO",
    "call": "CALL",
    "return": "RETURN",
    "skip": "SKIP",
    "assert": "ASSERT",
    "IF": "IF",
    "THEN": "THEN",
    "ELSE": "ELSE",
    "CASE": "CASE",
    "OTHER": "OTHER",
    "LET": "LET",
    "IN": "IN_BODY",
    "EXCEPT": "EXCEPT",
    "CHOOSE": "CHOOSE",
    "TRUE": "TRUE",
    "FALSE": "FALSE",
    "BOOLEAN": "BOOLEAN",
    "LAMBDA": "LAMBDA",
    "RECURSIVE": "RECURSIVE",
    "None": "NONE",
    "λ": "LAMBDA",
    "SUBSET": "PREFIX",
    "UNION": "PREFIX",
    "DOMAIN": "PREFIX",
    "UNCHANGED": "PREFIX",
    "ENABLED": "PREFIX",
}

_SPELLINGS: Final = {  # the ASCII spelling, and other ways to write it
    "/\\": "∧ \\land",
    "\\/": "∨ \\lor",
    "~": "¬ \\lnot \\neg",
    "=>": "⇒",
    "<=>": "⇔ ≡ \\equiv",
    "~>": "↝",
    "\\A": "∀",
    "\\E": "∃",
    "\\in": "∈",
    "\\notin": "∉",
    "\\subseteq": "⊆",
    "\\subset": "⊂",
    "\\cup": "∪ \\union",
    "\\cap": "∩ \\intersect",
    "#": "≠ /=",
    "<=": "≤ =< \\leq",
    ">=": "≥ \\geq",
    "|->": "↦",
    "->": "→",
    "==": "≜",
    "<<": "⟨",
    ">>": "⟩",
    "\\X": "× \\times",
    "\\o": "∘ \\circ",
    "\\div": "÷",
    "[]": "□",
    "<>": "◇",
    "..": "‥",
    "||": "‖",
}

SIGNS: Final = {
    "(": "LPAREN",
    ")": "RPAREN",
    "{": "LBRACE",
    "}": "RBRACE",
    "[": "LSQUARE",
    "]": "RSQUARE",
    "<<": "LTUPLE",
    ">>": "RTUPLE",
    ",": "COMMA",
    ";": "SEMICOLON",
    ":": "COLON",
    "==": "DEFINES",
    ":=": "ASSIGN",
    "||": "PARALLEL",
    "->": "ARROW",
    "|->": "MAPS_TO",
    ".": "DOT",
    "'": "PRIME",
    "!": "BANG",
    "@": "AT",
    "|": "BAR",
    "=": "EQUALS",
    "\\in": "ELEMENT",
    "-": "MINUS",
    "+": "PLUS",
    "~": "PREFIX",
    "<>": "PREFIX",
    "[]": "BOX",
    "\\A": "QUANTIFIER",
    "\\E": "QUANTIFIER",
    **dict.fromkeys(
        ("=>", "<=>", "~>", "/\\", "\\/", "#", "<", ">", "<=", ">=", "\\notin", "\\subseteq", "\\subset"), "RELATION"
    ),
    **dict.fromkeys((":>", "@@", "\\cup", "\\cap", "\\", "..", "%", "*", "\\div", "\\X", "\\o", "^"), "OPERATION"),
}

OPERAND_ENDS: Final = frozenset(
    "NAME NUMBER STRING TRUE FALSE BOOLEAN NONE AT PRIME RPAREN RSQUARE RBRACE RTUPLE".split()
)
"""The tokens with which an operand can end: after them stands an operator, or something new."""

CANONICAL: Final = {other: sign for sign, others in _SPELLINGS.items() for other in others.split()}

_NOT_OURS: Final = {"&&": "/\\", "&": "/\\", "!=": "#"}
"""Signs of other languages, and what is written here."""


def _sign_pattern() -> str:
    signs = sorted({*SIGNS, *CANONICAL, *_NOT_OURS}, key=len, reverse=True)
    return "|".join(
        re.escape(sign) + ("(?![A-Za-z])" if sign[0] == "\\" and sign[-1].isalpha() else "") for sign in signs
    )


_TOKEN: Final = re.compile(
    r"(?P<space>[ \t\r\n\f]+|\\\*[^\n]*)"
    r"|(?P<rule>(?:-{4,}|={4,})[^\n]*)"
    r"|(?P<comment>\(\*)"
    r"|(?P<name>[^\W\d]\w*|\d+[^\W\d]\w*)"
    r"|(?P<number>\d+)"
    r'|(?P<string>"[^"\n]*")'
    rf"|(?P<sign>{_sign_pattern()})"
)
_COMMENT_EDGE: Final = re.compile(r"\(\*|\*\)")

_MOST_BAD_CHARACTERS = 20
"""After so many, the rest of the file is not looked at: it is no specification."""


def tokens(source: Source) -> tuple[list[Word], list[Diagnostic]]:
    """Return the tokens of a text, and what could not be read of it; linear in its length."""
    text, at = source.text, 0
    found: list[Word] = []
    wrong: list[Diagnostic] = []
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            wrong.append(_unexpected(source, at, at + 1))
            if len(wrong) >= _MOST_BAD_CHARACTERS:
                break
            start, at = at, at + 1
            if text[start] == '"':  # it is not closed on its line
                at = end if (end := text.find("\n", at)) >= 0 else len(text)
            found.append(word("NAME", text[start:at], source, start, at))
            continue
        start, at = at, match.end()
        token = match.group()
        match match.lastgroup:
            case "name" if token[0].isdigit():
                wrong.append(_bad_name(source, start, at))
                found.append(word("NAME", token, source, start, at))
            case "name":
                found.append(word(KEYWORDS.get(token, "NAME"), token, source, start, at))
            case "sign" if token in _NOT_OURS:
                wrong.append(_unexpected(source, start, at))
                found.append(word("RELATION", _NOT_OURS[token], source, start, at))  # so that it is the only complaint
            case "sign":
                sign = CANONICAL.get(token, token)
                found.append(word(SIGNS[sign], sign, source, start, at))
            case "number":
                if len(token) > 19 or int(token) >= MAX_NUMBER:
                    wrong.append(_too_large(source, start, at))
                    token = "0"
                found.append(word("NUMBER", token, source, start, at))
            case "string":
                found.append(word("STRING", token, source, start, at))
            case "comment":
                at = _comment_end(text, at)
                if at < 0:
                    wrong.append(_unclosed_comment(source, start))
                    break
            case "rule" if text[text.rfind("\n", 0, start) + 1 : start].strip():  # not at the start of a line
                wrong.append(_unexpected(source, start, start + 4))
            case _:
                pass
    _note_orders(found)
    _note_needs(found)
    return found, wrong


def _note_orders(words: list[Word]) -> None:
    """Tell the two words of `order NAME { … } then { … }` from names: they are words of the language there, and names everywhere else."""
    for position, found in enumerate(words[:-2]):
        before, kinds = words[position - 1].type, [each.type for each in words[position + 1 : position + 3]]
        if found == "order" and kinds == ["NAME", "LBRACE"]:
            found.type = "ORDER"
        elif found == "order" and kinds[0] == "LBRACE" and before in ("SEMICOLON", "LBRACE", "RBRACE"):
            found.type = (
                "ORDER"  # where a statement begins, no name stands in front of a brace: its own name is missing
            )
        elif found == "then" and kinds[0] == "LBRACE" and before == "RBRACE":
            found.type = "THEN_PART"


def _note_needs(words: list[Word]) -> None:
    """Tell the word of `needs A, B;` in a model from a name, which it is everywhere else: nothing else that stands there has a name or a number behind its first name."""
    for before, found, after in zip(words, words[1:], words[2:], strict=False):
        if found == "needs" and after.type in ("NAME", "NUMBER") and before.type in ("SEMICOLON", "LBRACE"):
            found.type = "NEEDS"


def _comment_end(text: str, at: int) -> int:
    """Return where the comment ends whose text begins at `at`, or -1."""
    depth = 1
    while depth:
        edge = _COMMENT_EDGE.search(text, at)
        if edge is None:
            return -1
        depth += 1 if edge.group() == "(*" else -1
        at = edge.end()
    return at


_INSTEAD: Final = {
    "&&": "conjunction is written `/\\`",
    "&": "conjunction is written `/\\`",
    "!=": "'differs from' is written `#` or `/=`",
    '"': "a string ends on the line on which it begins; comments are `\\* ...` or `(* ... *)`",
    "\\": "operators such as `\\in` and `\\cup` are written with a word right after the backslash",
    "/": "division is written `\\div`, 'differs from' `#` or `/=`, a comment `\\* ...`",
    "`": "names are written without quotes",
    "$": "names are letters, digits and `_`",
    "?": "a choice between values is written `IF c THEN a ELSE b`",
}


def _unexpected(source: Source, start: int, end: int) -> Diagnostic:
    text = source.text[start:end]
    shown = text if text.isprintable() else f"U+{ord(text[0]):04X}"
    return Diagnostic(
        Code.UNEXPECTED_CHARACTER,
        f"`{shown}` means nothing here",
        Label(Span(source, start, end), "not part of the language"),
        help=_INSTEAD.get(text),
    )


def _bad_name(source: Source, start: int, end: int) -> Diagnostic:
    span = Span(source, start, end)
    return Diagnostic(
        Code.UNEXPECTED_CHARACTER,
        f"a name cannot begin with a digit: `{span.text[:60]}`",
        Label(span, "neither a number nor a name"),
    )


def _too_large(source: Source, start: int, end: int) -> Diagnostic:
    return Diagnostic(
        Code.NUMBER_TOO_LARGE,
        "this number is too large",
        Label(Span(source, start, end), "not below 2^63"),
        help="every range is finite and is counted; use a small one that shows the same behaviour",
    )


def _unclosed_comment(source: Source, start: int) -> Diagnostic:
    return Diagnostic(
        Code.UNCLOSED_COMMENT,
        "this comment has no end",
        Label(Span(source, start, start + 2), "begins here"),
        help="comments nest: each `(*` needs its own `*)`",
    )
