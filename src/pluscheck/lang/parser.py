"""Text to surface tree: tokens, then declarations one by one, so that a mistake in one does not hide those in the next."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import fields, replace
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any, Final

from lark import Lark, Token, UnexpectedToken
from lark.lexer import Lexer

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Diagnostic, Label
from pluscheck.base.errors import SpecError
from pluscheck.base.source import Source, Span
from pluscheck.lang import syntax as s
from pluscheck.lang.builder import Builder
from pluscheck.lang.layout import laid_out
from pluscheck.lang.lexer import Word, tokens
from pluscheck.lang.parts import Part, parts
from pluscheck.lang.syntax_errors import breaks_off, diagnosed

MAX_DEPTH = 256
"""How deep a tree may be. Later passes recurse over trees, and nobody reads deeper ones."""

MOST_DIAGNOSTICS = 50
"""After so many, the rest of a file is not parsed."""


def parse(source: Source) -> s.Module:
    """Return the module that a file holds. Raises SpecError with all that is wrong with its syntax."""
    words, wrong = tokens(source)
    unread = frozenset(each.primary.span.start for each in wrong if each.code is Code.UNEXPECTED_CHARACTER)
    parser, builder = _parser()
    builder.wrong = []
    header: s.Module | None = None
    declarations: list[s.Declaration] = []
    spoilt: Word | None = None  # this token is out of place, because the part before it breaks off
    for number, part in enumerate(parts(words, wrong)):
        if len(wrong) + len(builder.wrong) >= MOST_DIAGNOSTICS:
            break
        laid, start = laid_out(part.words, wrong), "declarations" if number else "header"
        try:
            tree = parser.parse(laid, start=start)
        except UnexpectedToken as error:
            is_known = bool(part.words) and (part.words[0] is spoilt or _stumbles(error.token, part, unread))
            if not is_known:
                wrong.append(diagnosed(error.token, _acceptable(parser, start, laid, error.token), part, source))
            spoilt = part.following if breaks_off(error.token, part) else None
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


def parse_expression(source: Source) -> s.Expr:
    """Return the one expression that a source holds. Raises SpecError with all that is wrong with its syntax."""
    words, wrong = tokens(source)
    parser, builder = _parser()
    builder.wrong = []
    part = Part(words, None)
    laid = laid_out(words, wrong)
    found: s.Expr | None = None
    try:
        found = parser.parse(laid, start="expr")  # type: ignore[assignment]  # what `Builder` returns for an expression
    except UnexpectedToken as error:
        if not wrong:
            wrong.append(diagnosed(error.token, _acceptable(parser, "expr", laid, error.token), part, source))
    wrong.extend(builder.wrong)
    if found is not None:
        wrong.extend(_too_deep([found]))
    if wrong or found is None:
        raise SpecError(_first_at_each_place(wrong)[:MOST_DIAGNOSTICS])
    return found


def _acceptable(parser: Lark, start: str, laid: list[Word], wrong: Token) -> frozenset[str]:
    """Return the kinds of token that could stand where the wrong one does.

    The exception itself knows only what could after what that token made the parser reduce.
    """
    reading = parser.parse_interactive(start=start)
    reading.parser_state.parse_conf = copy(reading.parser_state.parse_conf)
    reading.parser_state.parse_conf.callbacks = {}  # trees were built up to here already
    for token in laid:
        if token is wrong:
            break
        reading.feed_token(token)
    return frozenset(reading.accepts())  # type: ignore[no-untyped-call]  # Lark leaves it so


def _stumbles(token: Token, part: Part, unread: frozenset[int]) -> bool:
    """Return whether the part has, before the error, what could not be read, which is reported already."""
    end = part.words[-1].start_pos if token.type == "$END" else token.start_pos
    return any(each.start_pos in unread and each.start_pos <= (end or 0) for each in part.words)


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
    """Return the parser and what builds its trees."""
    builder = Builder()
    grammar = resources.files("pluscheck.lang").joinpath("grammar.lark")
    parser = Lark(
        grammar.read_text(encoding="utf-8"),
        parser="lalr",
        lexer=_Given,
        transformer=builder,
        start=["header", "declarations", "expr"],
        maybe_placeholders=False,
        cache=_kept_tables(grammar),
    )
    return parser, builder


def _kept_tables(grammar: Traversable) -> str | bool:
    """Return the file in which the tables are kept, as making them takes longer than reading most specifications; False if they are not to be.

    They stand beside the code that Python has compiled, this module's among it, under the same conditions: who could change them could change that code.
    Lark makes them anew where they are missing, broken, or those of another grammar or of another Lark, and goes on where they cannot be written.
    """
    if sys.dont_write_bytecode or not isinstance(grammar, Path):
        return False
    try:
        return str(Path(cache_from_source(str(grammar))).with_suffix(".tables"))
    except NotImplementedError:  # this Python keeps nothing that it compiles
        return False


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


def _too_deep(trees: Sequence[s.Node]) -> Iterator[Diagnostic]:
    for tree in trees:
        for node, depth in _nodes(tree):
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
