"""What to say of a token that cannot stand where it does: in the reader's words, with the slip that people usually make."""

from __future__ import annotations

from typing import Final

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Diagnostic, Label
from pluscheck.lang.lexer import KEYWORDS, SIGNS, Word

_SHOWN: Final = {kind: f"`{sign}`" for sign, kind in reversed(SIGNS.items())} | {
    kind: f"`{name}`" for name, kind in reversed(KEYWORDS.items())
}
_OPERAND: Final = frozenset(("NAME", "NUMBER", "LPAREN", "LBRACE", "LSQUARE", "IF", "CASE", "QUANTIFIER"))
_OPERATORS: Final = frozenset(("EQUALS", "ELEMENT", "RELATION", "OPERATION", "MINUS", "PLUS"))
_BEGINS_STATEMENT: Final = frozenset(("AWAIT", "SKIP", "GOTO", "WHILE"))
_BEGINS_DECLARATION: Final = frozenset(("SORT", "ENUM", "VAR", "MODEL"))
_OPERAND_TOKENS: Final = frozenset(
    "NAME NUMBER STRING TRUE FALSE BOOLEAN NONE AT LTUPLE LSQUARE LBRACE LPAREN IF CASE LET CHOOSE QUANTIFIER PREFIX BOX "
    "AND_LIST OR_LIST MINUS RTUPLE".split()
)
_LIST_TOKENS: Final = frozenset(("AND_LIST", "OR_LIST", "NEXT_ITEM", "END_LIST"))
_MOST_SHOWN = 5


def unexpected_token(token: Word, part: list[Word], expected: frozenset[str]) -> Diagnostic:
    """Return the diagnostic for a token that the grammar does not allow; `part` are the declaration's tokens, without those of lists."""
    place = next((i for i, each in enumerate(part) if each.start_pos == token.start_pos), len(part))
    before = part[place - 1] if 0 < place <= len(part) else None
    if token.type == "END_LIST" and before is not None:
        token = part[place] if place < len(part) else before
    return Diagnostic(
        Code.UNEXPECTED_TOKEN,
        f"{_found(token)} cannot stand here",
        Label(token.span, _wanted(expected)),
        help=_slip(token, before, expected),
    )


def unexpected_end(at: Word, part: list[Word]) -> Diagnostic:
    """Return the diagnostic for a declaration that breaks off; `part` are its tokens."""
    if not part:
        return Diagnostic(
            Code.UNEXPECTED_TOKEN,
            "there is no module here",
            Label(at.span, "the file ends here"),
            help="a specification begins with `module Name`",
        )
    return Diagnostic(
        Code.UNEXPECTED_TOKEN,
        "this declaration breaks off",
        Label(at.span, "something is missing after this"),
        (Label(part[0].span, "it begins here"),),
        next((f"`{each}` is written `{_WORDS[each]}`" for each in part[-2:-1] if each in _WORDS), None),
    )


def _found(token: Word) -> str:
    if token.type in ("AND_LIST", "OR_LIST", "NEXT_ITEM"):
        return f"`{token}`" if token else "the next item of this list"
    kind = {"NAME": "the name ", "NUMBER": "the number ", "STRING": "the string "}.get(token.type, "")
    return f"{kind}`{token.span.text or token}`"


def _wanted(expected: frozenset[str]) -> str:
    """Return what could stand there instead."""
    kinds = set(expected) - _LIST_TOKENS - {"$END"}
    wanted: list[str] = []
    if kinds >= _BEGINS_STATEMENT:
        wanted.append("a statement")
        kinds -= _OPERAND_TOKENS | set(KEYWORDS.values())
    elif kinds >= _BEGINS_DECLARATION:
        wanted.append("a declaration")
        kinds -= {"NAME", *KEYWORDS.values()}
    elif kinds >= _OPERAND:
        wanted.append("an expression")
        kinds -= _OPERAND_TOKENS
    if kinds >= {"OPERATION", "MINUS"}:
        wanted.append("an operator")
        kinds -= _OPERATORS | {"LSQUARE", "DOT", "PRIME", "LPAREN"}
    if "NAME" in kinds:
        wanted.append("a name")
    wanted += sorted(_SHOWN[kind] for kind in kinds - {"NAME"} if kind in _SHOWN)
    if not wanted:
        return "not here"
    if len(wanted) > _MOST_SHOWN:
        wanted = [*wanted[:_MOST_SHOWN], "..."]
    return f"expected {' or '.join(wanted)}" if len(wanted) < 3 else f"expected one of {', '.join(wanted)}"


def _slip(token: Word, before: Word | None, expected: frozenset[str]) -> str | None:
    """Return what the writer probably meant."""
    text = token.span.text
    previous = "" if before is None else before.span.text
    match token.type:
        case "DEFINES" if "ASSIGN" in expected or "EQUALS" in expected:
            return "equality is `=`; `==` defines; assignment is `:=`"
        case "EQUALS" if "DEFINES" in expected:
            return "a definition is written `==`"
        case "ASSIGN":
            return "`:=` assigns, in statements only; a definition is `==`, an initial value `=`"
        case "PARALLEL" if "RELATION" in expected:
            return "disjunction is written `\\/`; `||` stands between simultaneous assignments"
        case "PARALLEL":
            return "`||` stands between simultaneous assignments"
        case "BANG":
            return "negation is written `~`"
        case "OR_BRANCH" if "RELATION" in expected:
            return "disjunction is written `\\/`; `or` is for the branches of `either`"
        case "NAME" if text in ("and", "not", "implies", "in", "forall", "exists"):
            return f"`{text}` is written `{_WORDS[text]}`"
        case "NAME" if previous in ("and", "or", "not"):
            return f"`{previous}` is written `{_WORDS[previous]}`"
        case "ARROW" if "MAPS_TO" in expected:
            return "a function's value comes after `|->`; `->` is for sets of functions"
        case "MAPS_TO" if "ARROW" in expected:
            return "a set of functions is written `[S -> T]`"
        case "LBRACE" if previous in ("if", "while", "with"):
            return f"write `{previous} (...) {{ ... }}`, with parentheses"
        case _ if "SEMICOLON" in expected and before is not None and "RBRACE" in expected:
            return "statements are separated by `;`"
        case _ if "SEMICOLON" in expected and token.type == "RBRACE":
            return "each entry of a model ends with `;`"
        case "MODULE":
            return "a file holds one module, and begins with it"
        case _ if text in KEYWORDS and "NAME" in expected:
            return f"`{text}` is a word of the language and cannot be a name"
        case _ if "MODULE" in expected:
            return "a specification begins with `module Name`"
        case _:
            return None


_WORDS: Final = {
    "and": "/\\",
    "or": "\\/",
    "not": "~",
    "implies": "=>",
    "in": "\\in",
    "forall": "\\A x \\in S : ...",
    "exists": "\\E x \\in S : ...",
}
