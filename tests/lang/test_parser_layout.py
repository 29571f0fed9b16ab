"""Aligned lists, wherever they stand: their columns alone say what belongs together."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pluscheck.base.codes import Code
from pluscheck.base.errors import SpecError
from pluscheck.base.source import Source
from pluscheck.lang import syntax as s
from pluscheck.lang.parser import parse


def expr(text: str) -> s.Expr:
    (declaration,) = parse(Source("Test.plus", f"module Test\nterminal ==\n{text}\n")).declarations
    assert isinstance(declaration, s.TerminalDecl)
    return declaration.predicate


def codes(text: str) -> list[Code]:
    try:
        parse(Source("Test.plus", f"module Test\n{text}\n"))
    except SpecError as error:
        return [each.code for each in error.diagnostics]
    return []


# ---------------------------------------------------------------------------------------------------- a law


names = st.sampled_from("abcd").map(s.Name)


def larger(inner: st.SearchStrategy[s.Expr]) -> st.SearchStrategy[s.Expr]:
    items = st.lists(inner, min_size=1, max_size=3).map(tuple)
    junct = st.builds(s.Junct, st.sampled_from(s.Junction), items)
    binder = st.just((s.Binder((s.Ident("x"),), s.Name("S")),))
    definition = st.builds(s.OperatorDecl, st.just(s.Ident("v")), st.just(()), inner)
    return st.one_of(
        junct,
        junct,
        st.builds(s.If, inner, inner, inner),
        st.builds(s.Quantified, st.sampled_from(s.Quantifier), binder, inner),
        st.builds(s.Let, st.lists(definition, min_size=1, max_size=2).map(tuple), inner),
        st.builds(
            s.Case,
            st.lists(st.builds(s.CaseArm, inner, inner), min_size=1, max_size=2).map(tuple),
            st.none() | inner,
        ),
        st.builds(s.UnaryOp, st.just(s.Unary.ALWAYS), inner),
        st.builds(s.BinaryOp, st.just(s.Binary.IMPLIES), inner, inner),
        st.builds(lambda *fields: s.RecordLiteral(fields), st.builds(s.RecordField, st.just(s.Ident("f")), inner)),
        st.builds(lambda *each: s.SetLiteral(each), inner, inner),
    )


trees = st.recursive(names, larger, max_leaves=20)


def laid(expr: s.Expr, at: int) -> str:
    """Return the text of an expression that begins in column `at` (from 0), with all junctions as aligned lists."""
    new = "\n" + " " * at
    match expr:
        case s.Junct(op, items):
            return new.join(f"{op.value} {laid(item, at + 3)}" for item in items)
        case s.If(condition, yes, no):
            return f"IF {laid(condition, at + 3)}{new} THEN {laid(yes, at + 6)}{new} ELSE {laid(no, at + 6)}"
        case s.Quantified(quantifier, _, body):
            return f"{quantifier.value} x \\in S :  \\* all of them{new}  {laid(body, at + 2)}"
        case s.Let(definitions, body):
            texts = [f"v == {laid(each.body, at + 9)}" for each in definitions]
            return f"LET {f'{new}    '.join(texts)}{new}IN {laid(body, at + 3)}"
        case s.Case(arms, other):
            texts = [f"({laid(a.condition, at + 6)}){new}  -> ({laid(a.value, at + 6)})" for a in arms]
            if other is not None:
                texts.append(f"OTHER{new}  -> ({laid(other, at + 6)})")
            return "CASE " + f"{new}  [] ".join(texts)
        case s.UnaryOp(_, operand):
            return f"[]({laid(operand, at + 3)})"
        case s.BinaryOp(_, left, right):
            return f"({laid(left, at + 1)}{new}){new}   => ({laid(right, at + 7)})"
        case s.RecordLiteral((field,)):
            return f"[f |-> {laid(field.value, at + 7)}]"
        case s.SetLiteral((first, second)):
            return f"{{ {laid(first, at + 2)},{new}  {laid(second, at + 2)} }}"
        case s.Name(name):
            return name
        case _:
            raise AssertionError(expr)


@settings(deadline=None, max_examples=300, suppress_health_check=list(HealthCheck))
@given(trees, st.integers(0, 7))
def test_columns_alone_say_what_belongs_together(tree: s.Expr, at: int) -> None:
    assert expr(" " * at + laid(tree, at)) == tree


@settings(deadline=None, max_examples=50, suppress_health_check=list(HealthCheck))
@given(trees)
def test_the_columns_count_in_statements_too(tree: s.Expr) -> None:
    text = (
        f"action A {{\n  if ({laid(tree, 6)}) {{\n    await {laid(tree, 10)};\n"
        f"    x := {laid(tree, 9)} \n      || y[{laid(tree, 11)}] := a;\n  }};\n}}\n"
    )
    (declaration,) = parse(Source("Test.plus", f"module Test\n{text}")).declarations
    assert isinstance(declaration, s.ActionDecl)
    choice = declaration.body[0].statement
    assert isinstance(choice, s.IfStatement)
    assert choice.condition == tree
    assert choice.yes[0].statement == s.Await(tree)


# ------------------------------------------------------------------------------------------- what stands where


@pytest.mark.parametrize(
    ("text", "same"),
    [
        # Definitions in one line, of which a list is the last thing.
        ("LET x == /\\ a  y == \\/ b IN c", "LET x == (/\\ a) y == (\\/ b) IN c"),
        ("LET x == \\A z \\in S : /\\ a  F(_) == b IN c", "LET x == (\\A z \\in S : (/\\ a)) F(_) == b IN c"),
        # `[]` ends an item only where it begins an arm.
        ("CASE a -> /\\ []b\n          /\\ c\n  [] d -> a", "CASE a -> ([]b /\\ c) [] d -> a"),
        ("[S -> {/\\ a}]", "[S -> {(/\\ a)}]"),
        # Another sign, or something else, in the same column ends the list.
        ("  /\\ a\n  /\\ b\n  \\/ c", "(a /\\ b) \\/ c"),
        ("  \\/ a\n  \\/ b\n  => c", "(a \\/ b) => c"),
        ("  /\\ a\n   = b\n  /\\ c", "(a = b) /\\ c"),
        # What is in brackets does not end the lists outside.
        ("  /\\ f[\n a ]\n  /\\ c", "f[a] /\\ c"),
        ("  /\\ (\\/ a\n      \\/ b)\n  /\\ c", "(a \\/ b) /\\ c"),
        # Other spellings are the same signs; comments and empty lines are not there.
        ("  ∧ a\n\n  (* . *)\n  \\land b\n  /\\ c", "a /\\ b /\\ c"),
        ("  \\lor a\n  ∨ b", "a \\/ b"),
        ("  /\\ a\n(* left *)\n\\* left\n  /\\ b", "a /\\ b"),
    ],
)
def test_where_items_end(text: str, same: str) -> None:
    assert expr(text) == expr(same)


# ---------------------------------------------------------------------------------------------------- mistakes


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("P ==\n  /\\ a\n /\\ b", [Code.MISALIGNED_JUNCTION]),
        ("P ==\n  /\\ a\n/\\ b", [Code.MISALIGNED_JUNCTION]),
        ("P ==\n   /\\ a\n/\\ b", []),  # as far away as this, it is meant: (/\ a) /\ b
        ("P ==\n  /\\ \\/ a\n    \\/ b", [Code.MISALIGNED_JUNCTION]),
        ("P ==\n  /\\ a \\/ b\n   /\\ c", [Code.MISALIGNED_JUNCTION]),
        ("P ==\n  /\\ a /\\ b\n   /\\ c", []),  # a little to the right: the same either way
        ("P ==\n  /\\ a \\/ b\n     /\\ c", [Code.PRECEDENCE_CONFLICT]),
        ("P ==\n\t/\\ a", [Code.TAB_IN_JUNCTION]),
        ("P == a\n\t/\\ b", []),  # no list
        ("P == /\\ a\n\t/\\ b", [Code.TAB_IN_JUNCTION]),
        ("action A {\n\tawait /\\ a /\\ b;\n}", []),  # a list of one item, compared with nothing
        ("action A {\n\tawait /\\ a\n              /\\ b;\n}", [Code.TAB_IN_JUNCTION]),
        ("action A {\n\tawait a;\n\tx := {y \\in S : a};\n}", []),
        ("P == \\A x \\in S : /\\ a\n  /\\\n", [Code.UNEXPECTED_TOKEN]),
    ],
)
def test_columns_that_nobody_meant(text: str, found: list[Code]) -> None:
    assert codes(text) == found


# -------------------------------------------------------------------------------------------------------- time


@pytest.mark.parametrize(
    "unit",
    [
        ("CASE a ->\n", ""),
        ("CASE ", "IN "),
        ("CASE ", "THEN "),
        ("/\\ ", "-> "),
        ("/\\ ", "[] "),
        ("\\A ", ": "),
        ("IF ", "ELSE "),
        ("LET x == ", ""),
        ("F(", ")"),
        ("\n/\\ a", "\n \\/ b"),
    ],
)
def test_whatever_is_piled_up_takes_linear_time(unit: tuple[str, str]) -> None:
    """Sixteen times the text must not take anything like the 256 times that a search through all that is open would."""

    def seconds(times: int) -> float:
        begin = time.process_time()
        codes("P == " + unit[0] * times + "a\n/\\ b " + unit[1] * times)
        return time.process_time() - begin

    seconds(10)
    assert seconds(16_000) < 70 * max(seconds(1_000), 0.003)
