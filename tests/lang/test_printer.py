"""Printing then parsing is the identity, for trees of every class; and what people read has goldens."""

from __future__ import annotations

import os
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import trees
from pluscheck.base.source import Source
from pluscheck.lang import syntax as s
from pluscheck.lang.parser import parse
from pluscheck.lang.printer import WIDTH, print_expr, print_module

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "golden"
SPECS = sorted(
    [*ROOT.glob("spec/**/*.plus"), *ROOT.glob("src/pluscheck/stdlib/*.plus"), *ROOT.glob("tests/corpus/*.plus")]
)

calm = settings(
    deadline=None, max_examples=250, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def reparsed(text: str) -> s.Module:
    return parse(Source("Test.plus", text))


@calm
@given(trees.exprs)
def test_expressions_come_back(expr: s.Expr) -> None:
    text = f"module T\nterminal ==\n  {print_expr(expr)}\n"
    assert reparsed(text).declarations == (s.TerminalDecl(expr),)


@calm
@given(trees.exprs, st.integers(1, 60))
def test_broken_expressions_come_back(expr: s.Expr, width: int) -> None:
    module = s.Module(s.Ident("T"), (), (s.TerminalDecl(expr),))
    assert reparsed(print_module(module, width=width)) == module


@calm
@given(trees.modules, st.sampled_from([1, 20, 40, WIDTH]))
def test_modules_come_back_and_printing_is_a_fixed_point(module: s.Module, width: int) -> None:
    text = print_module(module, width=width)
    assert reparsed(text) == module
    assert print_module(reparsed(text), width=width) == text


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_the_specs_we_have_come_back(path: Path) -> None:
    module = reparsed(path.read_text(encoding="utf-8"))
    assert reparsed(print_module(module)) == module


def test_the_law_is_tried_on_every_class() -> None:
    """A class that is added to the tree must be added to the generators."""
    text = Path(trees.__file__).read_text(encoding="utf-8")
    for union in (s.Expr, s.Statement, s.Declaration, s.ModelEntry):
        for each in get_args(union):
            assert f"s.{each.__name__}" in text


@pytest.mark.parametrize(
    "text",
    [
        "a /\\ (b \\/ c)",
        "(a => b) => c",
        "~(a = b) /\\ ~c",
        "(\\A x \\in S : a) /\\ b",
        "~(a = b) => ~c",
        "a - (b - c) + d",
        "(a + b) - c",
        "{(x \\in S) : y \\in T}",
        "f[x].a' = [f EXCEPT ![x].a = @ + 1]",
        "IF a THEN b ELSE IF c THEN d ELSE e",
        "CASE a -> (CASE b -> c) [] OTHER -> d",
        "- -1",
        "(-1)'",
        "(SUBSET S) \\cup T",
        "a => \\A x \\in S : b /\\ \\E y \\in T : c",
        "~\\A x \\in S : IF a THEN b ELSE c => d",
        "a /\\ b = (\\A x \\in S : c) /\\ d",
        "{\\A x \\in S : a, b}",
        "CASE a -> b = (\\A x \\in S : c) [] OTHER -> d",
    ],
)
def test_only_needed_parentheses_are_printed(text: str) -> None:
    (declaration,) = reparsed(f"module T\nterminal ==\n  {text}\n").declarations
    assert isinstance(declaration, s.TerminalDecl)
    assert print_expr(declaration.predicate) == text


def test_long_declarations_are_broken_as_the_golden_file_says() -> None:
    """`UPDATE_GOLDEN=1 pytest tests/lang` writes it anew, to be looked at in the diff."""
    text = print_module(reparsed((GOLDEN / "wide.plus").read_text(encoding="utf-8")), width=64)
    if os.environ.get("UPDATE_GOLDEN"):
        (GOLDEN / "wide.txt").write_text(text, encoding="utf-8")
    assert text == (GOLDEN / "wide.txt").read_text(encoding="utf-8")
    assert max(map(len, text.splitlines())) <= 72  # what cannot be broken: some heads


def test_that_a_type_is_a_lock_comes_back() -> None:
    text = "module Test\n\nlock_type Gate(T) == [owner : Option(T), waiting : 0..3]\n"
    module = reparsed(text)
    (declaration,) = module.declarations
    assert isinstance(declaration, s.TypeDecl)
    assert declaration.is_lock
    assert "lock_type Gate(T) ==" in print_module(module)
    assert reparsed(print_module(module)) == module
