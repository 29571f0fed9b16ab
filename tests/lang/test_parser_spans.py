"""A node's span is its text, all of it and nothing else: carets point at it, and traces quote it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings

import trees
from pluscheck.base.source import Source
from pluscheck.lang import syntax as s
from pluscheck.lang.parser import parse
from pluscheck.lang.printer import print_module

ROOT = Path(__file__).parents[2]
SPECS = sorted(
    [*ROOT.glob("spec/**/*.plus"), *ROOT.glob("src/pluscheck/stdlib/*.plus"), *ROOT.glob("tests/corpus/*.plus")]
)
EXPRESSIONS = tuple(each for each in get_args(s.Expr) if each is not s.Lambda)
STATEMENTS = get_args(s.Statement)
HEADED = s.MacroDecl | s.ProcedureDecl | s.ActionDecl | s.ProcessDecl | s.ModelDecl | s.Module
"""The span of these is their head: nobody wants a caret under a whole process."""


def parents(node: s.Node) -> Iterator[tuple[s.Node, s.Node]]:
    """Yield every node with its parent."""
    pending: list[Any] = [getattr(node, field.name) for field in fields(node)]
    while pending:
        item = pending.pop()
        if isinstance(item, tuple):
            pending.extend(item)
        elif isinstance(item, s.Node):
            yield node, item
            yield from parents(item)


def alone(node: s.Node) -> s.Node:
    """Return what the text of an expression or statement is when it stands by itself, in the columns in which it stood."""
    indent = " " * (node.span.column - 1)
    head = "terminal ==" if isinstance(node, EXPRESSIONS) else "action A {"
    tail = "" if isinstance(node, EXPRESSIONS) else "\n}"
    (declaration,) = parse(Source("Alone.plus", f"module T\n{head}\n{indent}{node.span.text}{tail}\n")).declarations
    if isinstance(declaration, s.TerminalDecl):
        return declaration.predicate
    assert isinstance(declaration, s.ActionDecl)
    return declaration.body[0].statement


def assert_exact(module: s.Module) -> None:
    for parent, node in parents(module):
        if not isinstance(parent, HEADED):
            assert parent.span.start <= node.span.start <= node.span.end <= parent.span.end, (parent, node)
        if isinstance(node, s.Ident):
            assert node.span.text == node.name
        elif isinstance(node, (*EXPRESSIONS, *STATEMENTS)):
            assert alone(node) == node


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_the_spans_of_the_specs_we_have_are_exact(path: Path) -> None:
    assert_exact(parse(Source(path.name, path.read_text(encoding="utf-8"))))


@settings(deadline=None, max_examples=100, suppress_health_check=list(HealthCheck))
@given(trees.modules)
def test_spans_are_exact(module: s.Module) -> None:
    assert_exact(parse(Source("Test.plus", print_module(module))))


@pytest.mark.parametrize(
    "text", ["(a)", "((a) + b)", "(a /\\ b) => (c)", "(f)[x]", "(a)'", "(r).x", "\\A x \\in S : (a)", "~(a)"]
)
def test_parentheses_are_part_of_the_text(text: str) -> None:
    module = parse(Source("Test.plus", f"module T\nterminal == {text}\n"))
    (declaration,) = module.declarations
    assert isinstance(declaration, s.TerminalDecl)
    assert declaration.predicate.span.text == text
    assert_exact(module)
