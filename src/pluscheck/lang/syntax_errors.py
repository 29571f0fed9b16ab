"""What to say of a token that cannot stand where it does: in the reader's words, with the slip that people usually make."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from lark import Token

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Diagnostic, Label
from pluscheck.base.source import Source, Span
from pluscheck.lang.lexer import KEYWORDS, SIGNS, Word, word
from pluscheck.lang.parts import Part, on_one_line

_SHOWN: Final = (
    {kind: f"`{sign}`" for sign, kind in reversed(SIGNS.items())}
    | {kind: f"`{name}`" for name, kind in reversed(KEYWORDS.items())}
    | {"NAME": "a name", "NUMBER": "a number", "STRING": "a string", "THEN_PART": "`then`", "NEEDS": "`needs`"}
)
_LIST_TOKENS: Final = frozenset(("AND_LIST", "OR_LIST", "NEXT_ITEM", "END_LIST"))
_OPERAND: Final = frozenset(
    "NAME NUMBER STRING TRUE FALSE BOOLEAN NONE AT LTUPLE LSQUARE LBRACE LPAREN IF CASE LET CHOOSE QUANTIFIER PREFIX BOX "
    "MINUS".split()
)
_STATEMENT: Final = frozenset("AWAIT IF_STATEMENT EITHER ORDER WITH WHILE GOTO CALL RETURN SKIP ASSERT".split())
_DECLARATION: Final = frozenset(
    "SORT ENUM TYPE LOCK_TYPE CONST SWITCH VAR INIT RECURSIVE MACRO PROCEDURE ACTION PROCESS FAIR INVARIANT TRANSITION WITNESS LEMMA "
    "PROPERTY TERMINAL MODEL".split()
)
_ENTRY: Final = frozenset(("SCOPE", "EXPECT", "NEEDS"))
_TYPE_OPERATOR: Final = frozenset(("OPERATION", "MINUS", "PLUS"))
_OPERATOR: Final = _TYPE_OPERATOR | {"EQUALS", "ELEMENT", "RELATION"}
_POSTFIX: Final = frozenset(("LSQUARE", "DOT", "PRIME", "LPAREN"))
_HEAD: Final = frozenset(("LPAREN", "DEFINES"))
"""What comes after the name of an operator that is being defined; any name can be taken for one."""
_MOST_SHOWN: Final = 5

_FOREIGN: Final = {
    "and": "/\\",
    "AND": "/\\",
    "or": "\\/",
    "OR": "\\/",
    "not": "~",
    "NOT": "~",
    "implies": "=>",
    "iff": "<=>",
    "xor": "#",
    "mod": "%",
    "div": "\\div",
    "in": "\\in",
    "union": "\\cup",
    "intersect": "\\cap",
    "forall": "\\A x \\in S : ...",
    "exists": "\\E x \\in S : ...",
}
"""Operators of other languages, and what is written here."""

_DECLARED_ELSEWHERE: Final = (
    dict.fromkeys(("variable", "variables", "VARIABLE", "VARIABLES"), "a variable is declared by `var x : T = e`")
    | dict.fromkeys(("constant", "constants", "CONSTANT", "CONSTANTS"), "a constant is declared by `const c : T`")
    | dict.fromkeys(("EXTENDS", "import", "include", "use"), "`extends A, B` stands right after `module Name`")
    | dict.fromkeys(("def", "define", "let", "function", "fun"), "an operator is defined by `Op(x) == e`")
    | {"MODULE": "a specification begins with `module Name`"}
)
"""How declarations begin in other languages, and what is written here."""


@dataclass(frozen=True, slots=True)
class _Mistake:
    """A token that cannot stand where it does, those of its part before it, and the kinds of token that could stand there."""

    token: Word
    earlier: list[Word]
    expected: frozenset[str]

    @property
    def before(self) -> str:
        """The text before the token."""
        return self.earlier[-1].span.text if self.earlier else ""


def breaks_off(token: Token, part: Part) -> bool:
    """Return whether something is missing at the end of the part, and the next begins on the same line."""
    return part.following is not None and bool(part.words) and _is_end(token, part) and _is_followed(part)


def _is_end(token: Token, part: Part) -> bool:
    last = part.words[-1].end_pos if part.words else 0
    return token.type == "$END" or (token.type == "END_LIST" and token.start_pos == last)


def _is_followed(part: Part) -> bool:
    return part.following is not None and on_one_line(part.words[-1], part.following)


def diagnosed(token: Token, acceptable: frozenset[str], part: Part, source: Source) -> Diagnostic:
    """Return what is to be said of a token that cannot stand where it does in its part, and of what could."""
    expected = acceptable - _LIST_TOKENS
    if not part.words:
        first = Span(source, 0, 0) if part.following is None else part.following.span
        return _diagnostic("there is no module here", first, "expected `module`", "a specification begins with it")
    if _is_end(token, part):
        return _end(part, expected)
    place = next((i for i, each in enumerate(part.words) if (each.start_pos or 0) >= (token.start_pos or 0)), 0)
    mistake = _Mistake(part.words[place], part.words[:place], expected)
    return _name_out_of_place(mistake) or _diagnostic(
        f"{_found(mistake.token)} cannot stand here", mistake.token.span, _wanted(expected), _slip(mistake)
    )


def _diagnostic(message: str, span: Span, label: str, help_line: str | None) -> Diagnostic:
    return Diagnostic(Code.UNEXPECTED_TOKEN, message, Label(span, label), help=help_line)


def _end(part: Part, expected: frozenset[str]) -> Diagnostic:
    """Return the diagnostic for a part that breaks off."""
    last = part.words[-1]
    if part.following is not None and _is_followed(part):
        mistake = _Mistake(part.following, part.words, expected)
        wrong = _name_out_of_place(mistake)
        if wrong is not None:
            return wrong
        message = f"{_found(part.following)} cannot stand here"
        return _diagnostic(message, part.following.span, _wanted(expected), _slip(mistake))
    at = word("$END", "", source=last.source, start=last.end_pos or 0, end=last.end_pos or 0)
    mistake = _Mistake(at, part.words, expected)
    wrong = _name_out_of_place(mistake)
    if wrong is not None:
        return wrong
    begins = () if len(part.words) < 2 else (Label(part.words[0].span, "it begins here"),)
    needed = expected - _OPERATOR - _POSTFIX if not expected >= _OPERAND else expected
    what = "this breaks off" if part.words[0].type == "MODULE" else "this declaration breaks off"
    return Diagnostic(Code.UNEXPECTED_TOKEN, what, Label(at.span, _wanted(needed or expected)), begins, _slip(mistake))


def _found(token: Word) -> str:
    kind = {"NAME": "the name ", "NUMBER": "the number ", "STRING": "the string "}.get(token.type, "")
    return f"{kind}`{token.span.text}`"


def _name_out_of_place(mistake: _Mistake) -> Diagnostic | None:
    """Return the diagnostic if the mistake is the name before: any name is taken for that of an operator that is defined."""
    earlier, token = mistake.earlier, mistake.token
    if not (earlier and mistake.expected <= _HEAD and "DEFINES" in mistake.expected):
        return None
    name = earlier[-1]
    if name.type != "NAME" or token.type in ("EQUALS", "ASSIGN"):
        return None
    for each in reversed(earlier[-2:]):
        if each in _FOREIGN:
            return _diagnostic(f"{_found(each)} cannot stand here", each.span, "not an operator", _instead(each))
    if len(earlier) == 1:
        return _diagnostic(
            f"`{name}` begins no declaration", name.span, "expected a declaration", _declaration_meant(name, token)
        )
    if earlier[-2].type in _DECLARATION or earlier[-2].type == "LET":
        return None
    if _is_in_let(earlier):
        help_line = "`LET` definitions end with `IN`"
        return _diagnostic(f"{_found(name)} cannot stand here", name.span, "expected `IN` or an operator", help_line)
    return _diagnostic(f"{_found(name)} cannot stand here", name.span, "expected an operator or a declaration", None)


def _declaration_meant(name: Word, token: Word) -> str | None:
    if name in _DECLARED_ELSEWHERE:
        return _DECLARED_ELSEWHERE[name]
    if token.type == "COLON":
        return f"a variable is declared by `var {name} : ...`"
    if token.type == "LSQUARE":
        return f"a function is defined by `{name} == [x \\in S |-> e]`"
    declaring = [keyword for keyword, kind in KEYWORDS.items() if kind in _DECLARATION]
    close = get_close_matches(name.lower(), declaring, n=1)
    return f"did you mean `{close[0]}`?" if close else None


def _is_in_let(words: list[Word]) -> bool:
    depth = 0
    for each in words:
        depth += (each.type == "LET") - (each.type == "IN_BODY" and depth > 0)
    return depth > 0


def _wanted(expected: frozenset[str]) -> str:
    """Return what could stand there instead."""
    kinds = set(expected) - {"$END"}
    groups: list[str] = []
    if kinds >= _OPERATOR:
        groups.append("an operator")
        kinds -= _OPERATOR | _POSTFIX
    elif kinds >= _TYPE_OPERATOR and not kinds >= _OPERAND:  # `=` and `\in` end a type
        groups.append("an operator")
        kinds -= _TYPE_OPERATOR | _POSTFIX
    if kinds >= _STATEMENT:
        kinds -= _STATEMENT | _OPERAND
        if "SEMICOLON" not in kinds:
            groups.append("a statement")
    elif kinds >= _DECLARATION:
        kinds -= _DECLARATION | {"NAME", "SEMICOLON"}
        groups.append("a declaration")
    elif kinds >= _ENTRY:
        kinds -= _ENTRY | {"NAME"}
        groups.append("an entry of a model")
    elif kinds >= _OPERAND:
        kinds -= _OPERAND
        groups.append("an expression")
    wanted = [*sorted(_SHOWN[kind] for kind in kinds if kind in _SHOWN), *groups]
    if not wanted:
        return "nothing can stand here"
    if len(wanted) > _MOST_SHOWN:
        wanted = [*wanted[:_MOST_SHOWN], "..."]
    return f"expected {' or '.join(wanted)}" if len(wanted) < 3 else f"expected one of {', '.join(wanted)}"


def _instead(foreign: str) -> str:
    return f"`{foreign}` is written `{_FOREIGN[foreign]}`"


def _slip(mistake: _Mistake) -> str | None:
    """Return what the writer probably meant."""
    expected, before = mistake.expected, mistake.before
    text = mistake.token.span.text
    match mistake.token.type:
        case "DEFINES" if expected & {"ASSIGN", "EQUALS"}:
            return "equality is `=`; `==` defines; assignment is `:=`"
        case "EQUALS" if "DEFINES" in expected:
            return "a definition is written `==`"
        case "EQUALS" if before in ("+", "-", "*"):
            return f"there is no `{before}=`: write `x := x {before} 1`"
        case "PLUS" if before == "+":
            return "there is no `++`: write `x := x + 1`"
        case "ASSIGN":
            return "`:=` assigns, in statements only; a definition is `==`, an initial value `=`"
        case "PARALLEL" if "RELATION" in expected and "PARALLEL" not in expected:
            return "disjunction is written `\\/`; `||` stands between simultaneous assignments"
        case "BANG":
            return "negation is written `~`"
        case "OR_BRANCH" if "RELATION" in expected:
            return "disjunction is written `\\/`; `or` is for the branches of `either`"
        case "IF_STATEMENT" if expected >= _OPERAND:
            return "a choice between values is `IF c THEN a ELSE b`"
        case "ELSE_STATEMENT" if before == ";":
            return "no `;` stands before `else`"
        case "ARROW" if "MAPS_TO" in expected:
            return "a value comes after `|->`; `->` is for sets of functions"
        case "MAPS_TO" if "ARROW" in expected:
            return "a set of functions is written `[S -> T]`"
        case "MODULE":
            return "a file holds one module, and begins with it"
        case kind if kind in _STATEMENT and expected >= _DECLARATION:
            return "statements stand in an `action`, a `process`, a `procedure` or a `macro`"
        case "NAME" if text in _FOREIGN:
            return _instead(text)
        case _:
            pass
    if before in _FOREIGN and not (before == "or" and expected == {"NAME"}):  # in `needs A or B;`
        return _instead(before)
    if expected == {"LPAREN"} and before in ("if", "while", "with"):
        return f"write `{before} (...) {{ ... }}`, with parentheses"
    if expected == {"NAME"} and before == "order":
        return "an order has a name: `order Name { A: ... } then { B: ... }`"
    if expected == {"THEN_PART"}:
        return "an order has two parts or more: `order Name { A: ... } then { B: ... }`"
    if expected == {"LBRACE"}:
        is_enum = mistake.earlier[0].type == "ENUM"
        return "write `enum Name == { a, b }`" if is_enum else "statements stand in braces, even a single one"
    if expected == {"COLON", "ELEMENT"}:
        return "say what it ranges over: `x \\in S`"
    if expected == {"COMMA", "NAME"} and mistake.earlier[0].type == "MODEL":
        return "say what is expected: `expect Name violated;`, or `holds`, `proved`, `reachable`, `unreachable`"
    if "SEMICOLON" in expected and "RBRACE" in expected:
        return "statements are separated by `;`"
    if "SEMICOLON" in expected and mistake.token.type == "RBRACE":
        return "each entry of a model ends with `;`"
    if text in KEYWORDS and "NAME" in expected and not expected & {"SORT", "AWAIT"}:
        return f"`{text}` is a word of the language and cannot be a name"
    if "MODULE" in expected:
        return "a specification begins with `module Name`"
    return None
