"""Text to surface tree: tokens, then declarations one by one, so that a mistake in one does not hide those in the next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from functools import cache
from importlib import resources
from typing import Any, Final

from lark import Lark, UnexpectedToken
from lark.lexer import Lexer

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Diagnostic, Label
from pluscheck.base.errors import SpecError
from pluscheck.base.source import Source, Span
from pluscheck.lang import syntax as s
from pluscheck.lang.builder import Builder
from pluscheck.lang.layout import laid_out
from pluscheck.lang.lexer import Word, tokens, word
from pluscheck.lang.syntax_errors import unexpected_end, unexpected_token

MAX_DEPTH = 256
"""How deep a tree may be. Later passes recurse over trees, and nobody reads deeper ones."""

MOST_DIAGNOSTICS = 50
"""After so many, the rest of a file is not parsed."""

_DECLARES: Final = frozenset(
    "SORT ENUM TYPE CONST SWITCH VAR INIT MACRO PROCEDURE ACTION PROCESS FAIR INVARIANT TRANSITION WITNESS PROPERTY "
    "TERMINAL MODEL".split()
)
"""What begins a declaration. `RECURSIVE` and operators do too, but also stand inside `LET`: they go with what is before them."""
_BRACKETS: Final = {"LPAREN": "RPAREN", "LBRACE": "RBRACE", "LSQUARE": "RSQUARE", "LTUPLE": "RTUPLE"}
_CLOSING: Final = frozenset(_BRACKETS.values())
_BEFORE_BODY: Final = _CLOSING | {"SEMICOLON", "NAME", "NUMBER", "TRUE", "FALSE", "BOOLEAN", "NONE"}
"""What can stand before the `{` of a process's or procedure's body. Before that of a set stands an operator, `:` or the like."""


def parse(source: Source) -> s.Module:
    """Return the module that a file holds. Raises SpecError with all that is wrong with its syntax."""
    words, wrong = tokens(source)
    parser, builder = _parser()
    builder.wrong = []
    header: s.Module | None = None
    declarations: list[s.Declaration] = []
    for number, part in enumerate(_parts(words, wrong)):
        if len(wrong) + len(builder.wrong) >= MOST_DIAGNOSTICS:
            break
        start = "declarations" if number else "header"
        try:
            tree = parser.parse(laid_out(part, wrong), start=start)
        except UnexpectedToken as error:
            _report(wrong, error, source, part)
            continue
        if isinstance(tree, s.Module):
            header = tree
        else:
            declarations.extend(tree)  # type: ignore[arg-type]  # what `Builder.declarations` returns
    wrong.extend(builder.wrong)
    wrong.extend(_too_deep(declarations))
    if wrong or header is None:
        raise SpecError(_first_at_each_place(wrong))
    return replace(header, declarations=tuple(declarations))


def not_yet(module: s.Module) -> tuple[Diagnostic, ...]:
    """Return a diagnostic for each construct that is part of the language but that no engine can check."""
    found: list[Diagnostic] = []
    for declaration in module.declarations:
        match declaration:
            case s.PropertyDecl(s.PropertyKind.TEMPORAL):
                found.append(_not_yet("temporal properties are", declaration.span, "an `invariant` or a `transition`"))
                continue
            case s.ProcessDecl(fairness=fairness) | s.ActionDecl(fairness=fairness) if fairness is not s.Fairness.NONE:
                found.append(_not_yet("fairness is", declaration.span, "safety properties, which need no fairness"))
            case _:
                pass
        for node, _ in _nodes(declaration):
            match node:
                case s.UnaryOp(s.Unary.ENABLED | s.Unary.ALWAYS | s.Unary.EVENTUALLY as op):
                    found.append(_not_yet(f"`{op.value}` is", node.span, "state predicates"))
                case s.BinaryOp(s.Binary.LEADS_TO):
                    found.append(_not_yet("`~>` is", node.span, "state predicates"))
                case _:
                    pass
    return tuple(found)


def _not_yet(what: str, span: Span, instead: str) -> Diagnostic:
    return Diagnostic(
        Code.NOT_YET,
        f"{what} not checked yet",
        Label(span, "can be read, but no engine can check it"),
        help=f"what can be checked: {instead}",
    )


class _Given(Lexer):
    """Lark asks for tokens; they are there already."""

    def __init__(self, lexer_conf: object) -> None:
        pass

    def lex(self, data: Any) -> Iterator[Word]:  # type: ignore[override]  # our 'text' is a list of tokens
        yield from data


@cache
def _parser() -> tuple[Lark, Builder]:
    """Return the parser and what builds its trees. Making the tables takes a tenth of a second: once is enough."""
    builder = Builder()
    grammar = resources.files("pluscheck.lang").joinpath("grammar.lark").read_text(encoding="utf-8")
    parser = Lark(
        grammar,
        parser="lalr",
        lexer=_Given,
        transformer=builder,
        start=["header", "declarations"],
        maybe_placeholders=False,
    )
    return parser, builder


def _parts(words: list[Word], wrong: list[Diagnostic]) -> Iterator[list[Word]]:
    """Yield the tokens of the header, then those of each declaration (an operator's go with the one before).

    Brackets are matched on the way: what is not closed when a declaration begins is reported, and the declaration left out.
    """
    part: list[Word] = []
    open_: list[Word] = []
    in_head = False  # between `process` or `procedure` and its body, where `var` declares a local
    after_fair = False
    is_broken = False
    for token in words:
        kind = token.type
        begins = kind in _DECLARES and not (kind == "VAR" and in_head and not open_)
        begins = begins and not (after_fair and kind in ("PROCESS", "ACTION"))
        if begins or (kind in ("NAME", "RECURSIVE") and not open_ and _is_whole_header(part)):
            if open_:
                wrong.append(_unclosed(open_[-1]))
            if not (is_broken or open_):
                yield part
            elif not part or part[0].type == "MODULE":
                yield part[:2]
            part, open_, in_head, is_broken = [], [], False, False
        before = part[-1].type if part else ""
        part.append(token)
        after_fair = kind == "FAIR" or (after_fair and kind == "PLUS")
        if kind in ("PROCESS", "PROCEDURE"):
            in_head = True
        elif kind == "LBRACE" and before in _BEFORE_BODY:
            in_head = in_head and bool(open_)
        if kind in _BRACKETS:
            open_.append(token)
        elif kind in _CLOSING:
            if open_ and _BRACKETS[open_[-1].type] == kind:
                open_.pop()
            elif not is_broken:
                wrong.append(_mismatched(token, open_[-1] if open_ else None))
                is_broken = True
    if open_ and not is_broken:
        wrong.append(_unclosed(open_[-1]))
    elif not is_broken:
        yield part


def _is_whole_header(part: list[Word]) -> bool:
    """Return whether the part is a whole header, so that a name after it begins an operator."""
    if len(part) < 2 or part[0].type != "MODULE":
        return False
    return part[-1].type == "NAME" and (len(part) == 2 or part[-2].type in ("EXTENDS", "COMMA"))


def _unclosed(bracket: Word) -> Diagnostic:
    return Diagnostic(Code.UNCLOSED_BRACKET, f"this `{bracket}` is not closed", Label(bracket.span, "opened here"))


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


def _report(wrong: list[Diagnostic], error: UnexpectedToken, source: Source, part: list[Word]) -> None:
    token = error.token
    if not isinstance(token, Word) or token.type == "$END":
        end = part[-1].span.end if part else len(source.text)
        wrong.append(unexpected_end(word("$END", "", source, end, end), part))
    else:
        wrong.append(unexpected_token(token, part, frozenset(error.expected)))


_FIELDS: Final[dict[type, tuple[str, ...]]] = {}


def _nodes(root: s.Node) -> Iterator[tuple[s.Node, int]]:
    """Yield every node of a tree with its depth, the root first; without recursion."""
    pending: list[tuple[Any, int]] = [(root, 1)]
    while pending:
        item, depth = pending.pop()
        if isinstance(item, tuple):
            pending.extend((each, depth) for each in item)
        elif isinstance(item, s.Node):
            yield item, depth
            kind = type(item)
            names = _FIELDS.get(kind)
            if names is None:
                names = _FIELDS[kind] = tuple(field.name for field in fields(kind) if field.name != "span")
            for name in names:
                child = getattr(item, name)
                if isinstance(child, s.Node | tuple):
                    pending.append((child, depth + 1))


def _too_deep(declarations: list[s.Declaration]) -> Iterator[Diagnostic]:
    for declaration in declarations:
        for node, depth in _nodes(declaration):
            if depth > MAX_DEPTH:
                yield Diagnostic(
                    Code.NESTED_TOO_DEEPLY,
                    f"this is nested more than {MAX_DEPTH} levels deep",
                    Label(Span(node.span.source, node.span.start, node.span.start + 1), "too deep from here on"),
                    help="define operators for the parts",
                )
                break


def _first_at_each_place(wrong: list[Diagnostic]) -> list[Diagnostic]:
    """Return the diagnostics in the order of the text, one a place."""
    at: dict[int, Diagnostic] = {}
    for diagnostic in wrong:
        at.setdefault(diagnostic.primary.span.start, diagnostic)
    return [at[start] for start in sorted(at)]
