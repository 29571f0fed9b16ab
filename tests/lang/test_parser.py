"""Text to trees: what is accepted, how operators bind, where lists end, and what is said of everything else."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Diagnostic
from pluscheck.base.errors import SpecError
from pluscheck.base.load import source_from_bytes
from pluscheck.base.source import Source
from pluscheck.lang import syntax as s
from pluscheck.lang.parser import MAX_DEPTH, not_yet, parse
from pluscheck.lang.precedence import ASSOCIATIVE, INFIX, PREFIX

ROOT = Path(__file__).parents[2]
SPECS = sorted(
    [*ROOT.glob("spec/**/*.plus"), *ROOT.glob("src/pluscheck/stdlib/*.plus"), *ROOT.glob("tests/corpus/*.plus")]
)


def module(text: str) -> s.Module:
    return parse(Source("Test.plus", text))


def expr(text: str) -> s.Expr:
    (declaration,) = module(f"module Test\ninvariant I ==\n{text}\n").declarations
    assert isinstance(declaration, s.PropertyDecl)
    return declaration.body


def statement(text: str) -> s.Statement:
    (declaration,) = module("module Test\naction A { " + text + " }").declarations
    assert isinstance(declaration, s.ActionDecl)
    (labelled,) = declaration.body
    return labelled.statement


def codes(text: str | bytes) -> list[Code]:
    try:
        parse(source_from_bytes(text, "Test.plus") if isinstance(text, bytes) else Source("Test.plus", text))
    except SpecError as error:
        return [d.code for d in error.diagnostics]
    return []


def names(*letters: str) -> tuple[s.Name, ...]:
    return tuple(s.Name(letter) for letter in letters)


A, B, C, D = names("a", "b", "c", "d")


def conj(*items: s.Expr) -> s.Junct:
    return s.Junct(s.Junction.AND, items)


def disj(*items: s.Expr) -> s.Junct:
    return s.Junct(s.Junction.OR, items)


# ------------------------------------------------------------------------------------------- how it reads


def test_how_it_reads() -> None:
    text = """
module ReadersWriter

sort Reader
enum Mode == { idle, reading }

switch CheckWriter : BOOLEAN == TRUE        \\* may be dropped: is it needed?

var mode   : [Reader -> Mode] = [r \\in Reader |-> idle]
var writer : BOOLEAN          = FALSE

action StartRead(r \\in Reader) {
  await mode[r] = idle;
  await CheckWriter => ~writer;
  mode[r] := reading;
}
action StopRead(r \\in Reader) { await mode[r] = reading; mode[r] := idle; }
action StartWrite { await ~writer /\\ \\A r \\in Reader : mode[r] = idle; writer := TRUE; }

invariant Exclusion == writer => \\A r \\in Reader : mode[r] = idle
witness   Overlap   == \\E r, s \\in Reader : r # s /\\ mode[r] = reading /\\ mode[s] = reading

model base     { scope Reader = 3; }
model no_check extends base { CheckWriter = FALSE; expect Exclusion violated; }
"""
    read = module(text)
    assert read.name == s.Ident("ReadersWriter")
    assert [type(each) for each in read.declarations] == [
        *(s.SortDecl, s.EnumDecl, s.ConstDecl, s.VarDecl, s.VarDecl, s.ActionDecl, s.ActionDecl, s.ActionDecl),
        *(s.PropertyDecl, s.PropertyDecl, s.ModelDecl, s.ModelDecl),
    ]
    start, exclusion, variant = read.declarations[5], read.declarations[8], read.declarations[-1]
    mode_of_r = s.Index(s.Name("mode"), (s.Name("r"),))
    assert isinstance(start, s.ActionDecl)
    assert start.params == (s.Param(s.Ident("r"), s.Name("Reader")),)
    assert [each.statement for each in start.body] == [
        s.Await(s.BinaryOp(s.Binary.EQ, mode_of_r, s.Name("idle"))),
        s.Await(s.BinaryOp(s.Binary.IMPLIES, s.Name("CheckWriter"), s.UnaryOp(s.Unary.NOT, s.Name("writer")))),
        s.Assign((s.Assignment(mode_of_r, s.Name("reading")),)),
    ]
    everyone_idle = s.Quantified(
        s.Quantifier.FORALL,
        (s.Binder((s.Ident("r"),), s.Name("Reader")),),
        s.BinaryOp(s.Binary.EQ, mode_of_r, s.Name("idle")),
    )
    assert exclusion == s.PropertyDecl(
        s.PropertyKind.INVARIANT,
        s.Ident("Exclusion"),
        s.BinaryOp(s.Binary.IMPLIES, s.Name("writer"), everyone_idle),
    )
    assert variant == s.ModelDecl(
        s.Ident("no_check"),
        s.Ident("base"),
        (
            s.ValueEntry(s.Ident("CheckWriter"), (), s.Truth(False)),
            s.ExpectEntry((s.Ident("Exclusion"),), s.Expected.VIOLATED),
        ),
    )


def test_the_manual_s_example_has_one_of_each_declaration() -> None:
    manual = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
    (example,) = [text for text in manual.split("```") if text.lstrip().startswith("module ")]
    assert {type(each) for each in module(example).declarations} == set(get_args(s.Declaration))


# ------------------------------------------------------------------------------------------- precedence


TLA_INFIX = {  # "Specifying Systems", table 6; the second number is None where the range is one number
    "=>": (1, None, "-"),
    "<=>": (2, None, "-"),
    "~>": (2, None, "-"),
    "/\\": (3, None, "n"),
    "\\/": (3, None, "n"),
    "=": (5, None, "-"),
    "#": (5, None, "-"),
    "<": (5, None, "-"),
    ">": (5, None, "-"),
    "<=": (5, None, "-"),
    ">=": (5, None, "-"),
    "\\in": (5, None, "-"),
    "\\notin": (5, None, "-"),
    "\\subseteq": (5, None, "-"),
    "\\subset": (5, None, "-"),
    "@@": (6, None, "left"),
    ":>": (7, None, "-"),
    "\\cup": (8, None, "left"),
    "\\cap": (8, None, "left"),
    "\\": (8, None, "-"),
    "..": (9, None, "-"),
    "+": (10, None, "left"),
    "%": (10, 11, "-"),
    "-": (11, None, "left"),
    "\\X": (10, 13, "n"),
    "*": (13, None, "left"),
    "\\div": (13, None, "-"),
    "\\o": (13, None, "left"),
    "^": (14, None, "-"),
}
TLA_PREFIX = {
    "~": (4, 4),
    "[]": (4, 15),
    "<>": (4, 15),
    "UNCHANGED": (4, 15),
    "ENABLED": (4, 15),
    "SUBSET": (8, 8),
    "UNION": (8, 8),
    "DOMAIN": (9, 9),
    "-": (12, 12),
}


def conflicts(text: str) -> bool:
    return codes(f"module Test\ninvariant I == {text}") == [Code.PRECEDENCE_CONFLICT]


def test_the_tables_are_those_of_tla() -> None:
    assert {op: (low, low if high is None else high) for op, (low, high, _) in TLA_INFIX.items()} == INFIX
    assert {op for op, (_, _, kind) in TLA_INFIX.items() if kind != "-"} == ASSOCIATIVE
    assert TLA_PREFIX == PREFIX


@pytest.mark.parametrize("left", TLA_INFIX)
def test_two_operators_bind_as_their_ranges_say(left: str) -> None:
    left_low, left_high, kind = TLA_INFIX[left]
    for right, (right_low, right_high, _) in TLA_INFIX.items():
        text, leftmost, rightmost = f"a {left} b {right} c", f"(a {left} b) {right} c", f"a {left} (b {right} c)"
        if left == right:
            if kind == "left":
                assert expr(text) == expr(leftmost)
            elif kind == "n":
                assert expr(text) not in (expr(leftmost), expr(rightmost))
            else:
                assert conflicts(text)
        elif left_low > (right_high or right_low):
            assert expr(text) == expr(leftmost)
        elif (left_high or left_low) < right_low:
            assert expr(text) == expr(rightmost)
        else:
            assert conflicts(text)
        assert expr(leftmost) != expr(rightmost)


@pytest.mark.parametrize("prefix", TLA_PREFIX)
def test_a_prefix_operator_takes_what_binds_tighter(prefix: str) -> None:
    low, high = TLA_PREFIX[prefix]
    for infix, (infix_low, infix_high, _) in TLA_INFIX.items():
        text = f"{prefix} a {infix} b"
        if high < infix_low:
            assert expr(text) == expr(f"{prefix} (a {infix} b)")
        elif low > (infix_high or infix_low):
            assert expr(text) == expr(f"({prefix} a) {infix} b")
        else:
            assert conflicts(text)
        assert expr(f"a {infix} {prefix} b") == expr(f"a {infix} ({prefix} b)")


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("a + b - c", "a + (b - c)"),  # as in TLA+: `-` binds tighter than `+`
        ("a - b + c", "(a - b) + c"),
        ("~ a = b", "~ (a = b)"),
        ("~ a /\\ b", "(~ a) /\\ b"),
        ("a => b /\\ c", "a => (b /\\ c)"),
        ("- a * b", "- (a * b)"),
        ("- a + b", "(- a) + b"),
        ("x \\in S \\cup T", "x \\in (S \\cup T)"),
        ("x \\in 1 .. n + 1", "x \\in (1 .. (n + 1))"),
        ("f[x].a' = 1", "((f[x]).a)' = 1"),
        ("~ ~ a", "~ (~ a)"),
        ("a => \\A x \\in S : b /\\ c", "a => (\\A x \\in S : (b /\\ c))"),
        ("IF a THEN b ELSE c /\\ d", "IF a THEN b ELSE (c /\\ d)"),
        ("UNCHANGED x /\\ a", "(UNCHANGED x) /\\ a"),
    ],
)
def test_how_operators_bind(text: str, same: str) -> None:
    assert expr(text) == expr(same)


def test_chains_are_flat() -> None:
    assert expr("a /\\ b /\\ c /\\ d") == conj(A, B, C, D)
    assert expr("a \\X b \\X c") == s.Product((A, B, C))
    assert expr("(a \\X b) \\X c") == s.Product((s.Product((A, B)), C))


# ------------------------------------------------------------------------------------------ aligned lists


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("\n  /\\ a\n  /\\ b", conj(A, B)),
        ("\n  /\\ a", conj(A)),
        ("\n  /\\ \\/ a\n     \\/ b\n  /\\ c", conj(disj(A, B), C)),
        ("\n  \\/ /\\ a\n     /\\ b\n  \\/ c\n", disj(conj(A, B), C)),
        ("\n  /\\ a \\/ b\n  /\\ c", conj(disj(A, B), C)),  # no parentheses needed: the columns say it
        ("\n  /\\ a\n     /\\ b\n  /\\ c", conj(conj(A, B), C)),  # to the right of the list: infix
        ("\n  /\\ a (* x *)\n  \\* between\n  /\\ b", conj(A, B)),
        ("(\n  /\\ a\n  /\\ b) => c", s.BinaryOp(s.Binary.IMPLIES, conj(A, B), C)),
        ("\n  /\\ a\n  /\\ b\n => c", s.BinaryOp(s.Binary.IMPLIES, conj(A, B), C)),  # left of the list: it has ended
        ("\n  /\\ a\n     => b\n  /\\ c", conj(s.BinaryOp(s.Binary.IMPLIES, A, B), C)),
        ("IF /\\ a\n   /\\ b\n THEN c ELSE d", s.If(conj(A, B), C, D)),
        ("IF /\\ a /\\ b THEN /\\ c ELSE /\\ d", s.If(conj(conj(A, B)), conj(C), conj(D))),
        ("LET x == /\\ a\n         /\\ b\n IN x", s.Let((s.OperatorDecl(s.Ident("x"), (), conj(A, B)),), s.Name("x"))),
        ("{ /\\ a\n  /\\ b, c }", s.SetLiteral((conj(A, B), C))),
        ("f[/\\ a\n  /\\ b]", s.Index(s.Name("f"), (conj(A, B),))),
        (
            "CASE /\\ a\n     /\\ b -> c\n  [] /\\ c -> d\n  [] OTHER -> /\\ d\n              /\\ a",
            s.Case((s.CaseArm(conj(A, B), C), s.CaseArm(conj(C), D)), conj(D, A)),
        ),
        (
            "\n  /\\ \\A x \\in a : /\\ b\n                  /\\ c\n  /\\ d",
            conj(s.Quantified(s.Quantifier.FORALL, (s.Binder((s.Ident("x"),), A),), conj(B, C)), D),
        ),
        (
            "\n  /\\ \\A x \\in a, y \\in b : c\n  /\\ d",
            conj(
                s.Quantified(s.Quantifier.FORALL, (s.Binder((s.Ident("x"),), A), s.Binder((s.Ident("y"),), B)), C),
                D,
            ),
        ),
    ],
)
def test_lists_end_where_tla_ends_them(text: str, tree: s.Expr) -> None:
    assert expr(text) == tree


def test_lists_stand_in_statements() -> None:
    block = module("module T\naction A {\n  await /\\ a\n        /\\ b;\n  x := /\\ c\n       /\\ d;\n}").declarations[
        0
    ]
    assert isinstance(block, s.ActionDecl)
    assert [each.statement for each in block.body] == [
        s.Await(conj(A, B)),
        s.Assign((s.Assignment(s.Name("x"), conj(C, D)),)),
    ]


# ------------------------------------------------------------------------------------------------ spelling


@pytest.mark.parametrize(
    ("unicode", "ascii_"),
    [
        ("∀ x ∈ S : x ≠ a ∧ ¬ b", "\\A x \\in S : x # a /\\ ~ b"),
        ("∃ x ∈ S ∪ T : x ∉ U ∩ V", "\\E x \\in S \\cup T : x \\notin U \\cap V"),
        ("a ⇒ b", "a => b"),
        ("(a ⇔ b) ∨ (a ≡ b)", "(a <=> b) \\/ (a \\equiv b)"),
        ("[x ∈ S ↦ ⟨x, x⟩]", "[x \\in S |-> <<x, x>>]"),
        ("[S → T] ⊆ U", "[S -> T] \\subseteq U"),
        ("1 ≤ a ∧ b ≥ 2 ∧ a ≠ b", "1 =< a /\\ b >= 2 /\\ a /= b"),
        ("S × T", "S \\times T"),
        ("a ∘ b", "a \\circ b"),
        ("a ÷ 2", "a \\div 2"),
        ("(a ↝ b) ∧ □c ∧ ◇d", "(a ~> b) /\\ []c /\\ <>d"),
        ("F(λ x : x)", "F(LAMBDA x : x)"),
        ("1‥2 ⊂ a", "1 .. 2 \\subset a"),
        ("a \\land (b \\lor \\lnot c) \\land \\neg d", "a /\\ (b \\/ ~c) /\\ ~d"),
        ("1 \\leq a \\equiv b \\geq 2", "1 <= a <=> b >= 2"),
        ("(a \\union b) \\intersect c", "(a \\cup b) \\cap c"),
    ],
)
def test_unicode_is_another_spelling(unicode: str, ascii_: str) -> None:
    assert expr(unicode) == expr(ascii_)


def test_comments_nest_and_rules_are_skipped() -> None:
    text = "module T (* a (* b *) c *)\n---- the locks ----\nsort A \\* and no more\n====\nsort B\n"
    assert [d.name.name for d in module(text).declarations if isinstance(d, s.SortDecl)] == ["A", "B"]


def test_spans_are_exact() -> None:
    tree = expr("a /\\ f[b, c] = {x \\in S : x}")
    assert isinstance(tree, s.Junct)
    assert [item.span.text for item in tree.items] == ["a", "f[b, c] = {x \\in S : x}"]
    assert tree.span.text == "a /\\ f[b, c] = {x \\in S : x}"
    assert statement("x[1] := 2 || y := 3;").span.text == "x[1] := 2 || y := 3"


def test_each_occurrence_is_a_node_of_its_own() -> None:
    tree = expr("a = a")
    assert isinstance(tree, s.BinaryOp)
    assert tree.left == tree.right
    assert tree.left is not tree.right


def test_what_begins_alike_is_told_apart() -> None:
    assert isinstance(expr("[x |-> 1]"), s.RecordLiteral)
    assert isinstance(expr("[x \\in S |-> 1]"), s.FunctionLiteral)
    assert isinstance(expr("[x, y \\in S |-> 1]"), s.FunctionLiteral)
    assert isinstance(expr("[x : S, y : T]"), s.RecordSet)
    assert isinstance(expr("[S, T -> U]"), s.FunctionSet)
    assert isinstance(expr("[f EXCEPT ![1].a = @ + 1, !.b = 2]"), s.Except)
    assert isinstance(expr("{x \\in S : x}"), s.SetFilter)
    assert isinstance(expr("{x : x \\in S}"), s.SetMap)
    assert isinstance(expr("{x \\in S : x \\in T, y \\in U}"), s.SetMap)
    assert isinstance(expr("{x \\in S}"), s.SetLiteral)


# ----------------------------------------------------------------------------------------------- mistakes


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", Code.UNEXPECTED_TOKEN),
        ("sort A", Code.UNEXPECTED_TOKEN),
        ("module T\nvar x : 0..1 := 0", Code.UNEXPECTED_TOKEN),
        ("module T\naction A { x = 1; }", Code.UNEXPECTED_TOKEN),
        ("module T\naction A { x := 1 y := 2; }", Code.UNEXPECTED_TOKEN),
        ("module T\naction A { if x { skip; } }", Code.UNEXPECTED_TOKEN),
        ("module T\ninvariant I == [a |-> 1, b -> 2]", Code.UNEXPECTED_TOKEN),
        ("module T\ninvariant I == \\A x : x", Code.UNEXPECTED_TOKEN),
        ("module T\ninvariant I == a &&", Code.UNEXPECTED_CHARACTER),
        ("module T\ninvariant I == a && b", Code.UNEXPECTED_CHARACTER),
        ("module T\ninvariant I == 1a", Code.UNEXPECTED_CHARACTER),
        ("module T\ninvariant I == $", Code.UNEXPECTED_CHARACTER),
        ("module T (* (* *)", Code.UNCLOSED_COMMENT),
        ("module T\ninvariant I == (a", Code.UNCLOSED_BRACKET),
        ("module T\ninvariant I == a)", Code.UNCLOSED_BRACKET),
        ("module T\ninvariant I == (a]", Code.UNCLOSED_BRACKET),
        ("module T\ninvariant I == a /\\ b \\/ c", Code.PRECEDENCE_CONFLICT),
        ("module T\ninvariant I ==\n  /\\ a\n /\\ b", Code.MISALIGNED_JUNCTION),
        ("module T\ninvariant I ==\n\t/\\ a\n\t/\\ b", Code.TAB_IN_JUNCTION),
        ("module T\nconst c : 0..9223372036854775808", Code.NUMBER_TOO_LARGE),
        ("module T\nmodel m { expect I fine; }", Code.UNEXPECTED_TOKEN),
        ("module T\nmodel m { expect I bounded; }", Code.UNEXPECTED_TOKEN),
        ("module T\nmodel m { depth 3 }", Code.UNEXPECTED_TOKEN),
    ],
)
def test_mistakes_have_codes(text: str, code: Code) -> None:
    assert codes(text)[:1] == [code]


def test_one_mistake_does_not_hide_the_next() -> None:
    text = "module T\nvar x : 0..1 == 0\ninvariant I = x\ninvariant J == (x = 1\ninvariant K == a /\\ b \\/ c\nsort A\n"
    assert codes(text) == [
        Code.UNEXPECTED_TOKEN,
        Code.UNEXPECTED_TOKEN,
        Code.UNCLOSED_BRACKET,
        Code.PRECEDENCE_CONFLICT,
    ]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("Op1 == (\nOp2 == 3 +\nOp3 == 4 5\nOp4 == 1", [2, 3, 4]),
        ("Op1(x, F(_)) == (x\nOp2(x) == x +\nsort A", [2, 3]),
        ("RECURSIVE F(_)\nF(n) == n +\nRECURSIVE G(_)\nG(n) ==", [3, 5]),
        ("action A {\n  x := ;\n}\nOp == +\naction B {\n  await ;\n}", [3, 5, 7]),
        ("action A {\n  x := 1;\nOp == +\nsort 3", [2, 4, 5]),
        ("const c : T == +\nOp == \nswitch s : T +\nOp == 3 3", [2, 3, 5]),
        ("var x : 0..1 := 0\nmodel m { depth x; }\nterminal = 3", [2, 3, 4]),
        ("P == a $ b c\nQ == (a", [2, 3]),
    ],
)
def test_mistakes_in_different_declarations_are_all_found(text: str, places: list[int]) -> None:
    with pytest.raises(SpecError) as caught:
        module(f"module T\n{text}")
    assert [each.primary.span.line for each in caught.value.diagnostics] == places


@pytest.mark.parametrize(
    "text",
    [
        "const c :\nT == 3\nOp ==\n1",
        "invariant\nI == LET\nx == 1\ny == x\nIN y",
        "type A ==\nB\nC == 1",
        "switch s : [A -> B \\X\nC] == d\nE == 1",
        "Op(x,\nF(_)) == x G == LET H(x) == x IN H(1) sort A B == 2;\nC == 3",
        "process P\nvar a : T = x\nvar b : T = {}\n{ L: skip; }\nQ == 1",
        "RECURSIVE F(_), G(_) F(x) == 1 RECURSIVE H H == 2",
    ],
)
def test_where_declarations_end_does_not_depend_on_lines(text: str) -> None:
    together = module(f"module T\n{text}")
    assert module("module T " + " ".join(text.split())) == together
    assert module("module T\n" + "\n  ".join(text.split())) == together


def test_numbers_have_a_limit() -> None:
    assert expr(str(2**63 - 1)) == s.Number(2**63 - 1)
    assert codes(f"module T\nP == {2**63}") == [Code.NUMBER_TOO_LARGE]
    assert codes(f"module T\nP == {'9' * 50_000}") == [Code.NUMBER_TOO_LARGE]


def test_what_is_for_later_is_read_and_named() -> None:
    text = (
        "module T\nfair process P { L: skip; }\nfair+ process Q { L: skip; }\nproperty Live == []<>(x = 1)\n"
        "invariant I == ENABLED x\nfair action A { skip; }\ninvariant J == a ~> b\n"
    )
    assert [d.code for d in not_yet(module(text))] == [Code.NOT_YET] * 6
    assert not_yet(module("module T\ninvariant I == TRUE")) == ()


# -------------------------------------------------------------------------------------------- large inputs


@pytest.mark.parametrize(
    "text",
    [
        "~" * 5000 + "a",
        "(" * 5000 + "a + 1" + ")" * 5000 + " = 2",
        "a" + "[1]" * 5000,
        "{" * 5000 + "}" * 5000,
        "IF a THEN " * 3000 + "b" + " ELSE c" * 3000,
        " + ".join(["a"] * 5000),
        "".join(f"\n{' ' * i}/\\ a" for i in range(1000)),
        "\\A x \\in S : " * 3000 + "a",
    ],
)
def test_depth_is_no_danger(text: str) -> None:
    assert codes(f"module T\ninvariant I == {text}") in ([], [Code.NESTED_TOO_DEEPLY])


def test_depth_has_a_limit_and_length_has_none() -> None:
    assert codes("module T\ninvariant I == " + "~ " * (MAX_DEPTH - 2) + "a") == []
    assert codes("module T\ninvariant I == " + "~ " * (MAX_DEPTH - 1) + "a") == [Code.NESTED_TOO_DEEPLY]
    long = expr(" /\\ ".join(["a"] * 10_000))
    assert isinstance(long, s.Junct)
    assert len(long.items) == 10_000
    aligned = expr("".join("\n  /\\ a" for _ in range(10_000)))
    assert aligned == long


def test_nested_statements_and_comments_are_no_danger() -> None:
    assert codes("module T\naction A { " + "if (a) { " * 3000 + "skip; " + "} " * 3000 + "}") == [
        Code.NESTED_TOO_DEEPLY
    ]
    assert codes("module T " + "(* " * 100_000 + "*) " * 100_000) == []


def test_time_grows_with_length() -> None:
    """Eight times the text must not take the thirty times and more that anything quadratic would."""
    body = "\n".join(f"Op{{n}}_{i}(x) ==\n  /\\ x = {i}\n  /\\ \\A y \\in S : y # x" for i in range(150))

    def seconds(copies: int) -> float:
        text = "module T\n" + "\n".join(body.replace("{n}", str(n)) for n in range(copies))
        begin = time.perf_counter()
        module(text)
        return time.perf_counter() - begin

    seconds(1)
    assert min(seconds(8) for _ in range(2)) < 30 * min(seconds(1) for _ in range(3))


# ---------------------------------------------------------------------------------------------------- laws


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_whatever_bytes_come_in_a_diagnostic_comes_out(data: bytes) -> None:
    assert codes_of_bytes(data) is not None


@settings(max_examples=150, deadline=None)
@given(st.integers(min_value=0), st.sampled_from(SPECS))
def test_whatever_is_done_to_a_spec_a_module_or_a_diagnostic_comes_out(seed: int, path: Path) -> None:
    rng = random.Random(seed)
    text = path.read_text(encoding="utf-8")
    for _ in range(rng.randint(1, 4)):
        at, end = sorted((rng.randrange(len(text) + 1), rng.randrange(len(text) + 1)))
        end = min(end, at + rng.choice((1, 3, 40)))
        piece = rng.choice(
            ("", "(", "}", "/\\", "\\/", " == ", "var", "\n", "\t", "(*", '"', "IF", "𝔸", "::", text[at:end] * 2)
        )
        text = text[:at] + piece + text[end:]
    assert codes_of_bytes(text.encode()) is not None


def codes_of_bytes(data: bytes) -> list[Code]:
    found: tuple[Diagnostic, ...] = ()
    try:
        parse(source_from_bytes(data, "Test.plus"))
    except SpecError as error:
        found = error.diagnostics
        if not found:
            raise
    for diagnostic in found:
        span = diagnostic.primary.span
        assert 0 <= span.start <= len(span.source.text)
    return [d.code for d in found]
