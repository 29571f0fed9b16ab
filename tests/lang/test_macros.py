"""Macros are substitution: what they come to, that nothing is captured, and what is said of mistakes."""

from time import monotonic

import pytest

from pluscheck.base.errors import SpecError
from pluscheck.base.source import Source
from pluscheck.lang import syntax as s
from pluscheck.lang.findings import Findings
from pluscheck.lang.front import elaborate
from pluscheck.lang.macros import Expansion, expand_macros
from pluscheck.lang.modules import load_modules
from pluscheck.lang.parser import parse
from pluscheck.lang.walk import descend


def parsed(text: str) -> s.Module:
    return parse(Source("Spec.plus", "module Spec\n" + text))


def expanded(text: str) -> Expansion:
    findings = Findings()
    expansion = expand_macros(load_modules(Source("Spec.plus", "module Spec\n" + text)), findings)
    findings.raise_if_any()
    return expansion


def mistakes(text: str) -> list[tuple[str, str]]:
    with pytest.raises(SpecError) as caught:
        expanded(text)
    return [(d.code.value, d.primary.span.text) for d in caught.value.diagnostics]


# With macros, and what it comes to. The bodies are compared as trees.
TABLE = {
    "arguments replace parameters": (
        "macro inc(x, n) { x := x + n; } action A { inc(a[1], b * 2); }",
        "action A { a[1] := a[1] + b * 2; }",
    ),
    "several statements take the place of one": (
        "macro two(x) { x := 1; await x = 1; } action A { skip; two(a); skip; }",
        "action A { skip; a := 1; await a = 1; skip; }",
    ),
    "no arguments": ("macro reset() { a := 1; } action A { reset(); }", "action A { a := 1; }"),
    "the label stays with the first": (
        "macro two(x) { x := 1; x := 2; } process P { L: two(a); }",
        "process P { L: a := 1; a := 2; }",
    ),
    "anywhere in a statement": (
        "macro m(x) { x := 1; } process P { L: while (b) { either { m(a); } or { if (c) { m(a); } else { m(b); } } } }",
        "process P { L: while (b) { either { a := 1; } or { if (c) { a := 1; } else { b := 1; } } } }",
    ),
    "macros use macros": (
        "macro set(x, v) { x := v; } macro both(x) { set(x, 1); set(b, x); } action A { both(a); }",
        "action A { a := 1; b := a; }",
    ),
    "what is no parameter means what it means at the use": (
        "macro m(x) { x := self; } process P(self \\in S) { L: m(a); }",
        "process P(self \\in S) { L: a := self; }",
    ),
    "fields, labels and strings are no names": (
        'macro m(x) { x.x := [x |-> pc[p] = "x"]; } action A { m(a); }',
        'action A { a.x := [x |-> pc[p] = "x"]; }',
    ),
    "an operator may be an argument": (
        "macro m(F, x) { x := F(x); } action A { m(Twice, a); }",
        "action A { a := Twice(a); }",
    ),
    "bound names stay as long as they can": (
        "macro m(x) { with (y \\in S) { x := y; } } action A { m(a); m(b); }",
        "action A { with (y \\in S) { a := y; } with (y \\in S) { b := y; } }",
    ),
    "a bound name does not capture an argument": (
        "macro m(x) { with (y \\in S) { x := y; } } action A(y \\in T) { m(a[y]); }",
        "action A(y \\in T) { with (y_2 \\in S) { a[y] := y_2; } }",
    ),
    "a bound name does not hide one at the use": (
        "macro m(x) { with (y \\in S) { x := y; } } action A { with (y \\in T) { m(a); } }",
        "action A { with (y \\in T) { with (y_2 \\in S) { a := y_2; } } }",
    ),
    "a bound name does not hide the identifier of a procedure's caller": (
        "macro m(x) { with (self \\in S) { x := self; } } process P(self \\in T) { L: call Q(); } procedure Q() { L: m(a); }",
        "process P(self \\in T) { L: call Q(); } procedure Q() { L: with (self_2 \\in S) { a := self_2; } }",
    ),
    "a new name is new": (
        "macro m(x) { with (y \\in S) { x := y; } } action A(y \\in T) { m(a[y]); y_2 := y_3; }",
        "action A(y \\in T) { with (y_4 \\in S) { a[y] := y_4; } y_2 := y_3; }",
    ),
    "every binder": (
        "macro m(a) { b := << \\A x \\in a : x, \\E x, y \\in a : x, CHOOSE x \\in a : x, {x \\in a : x}, {x : x \\in a},"
        " [x \\in a |-> x], LET x == a f(y) == x + y IN f(x), F(LAMBDA x : x + a) >>; } action A(x \\in T) { m({x}); }",
        "action A(x \\in T) { b := << \\A x_2 \\in {x} : x_2, \\E x_2, y \\in {x} : x_2, CHOOSE x_2 \\in {x} : x_2,"
        " {x_2 \\in {x} : x_2}, {x_2 : x_2 \\in {x}}, [x_2 \\in {x} |-> x_2],"
        " LET x_2 == {x} f(y) == x_2 + y IN f(x_2), F(LAMBDA x_2 : x_2 + {x}) >>; }",
    ),
    "a later binding sees an earlier one": (
        "macro m(v) { with (x \\in v, y = x) { b := <<x, y, v>>; } } action A(x \\in T) { m({x}); }",
        "action A(x \\in T) { with (x_2 \\in {x}, y = x_2) { b := <<x_2, y, {x}>>; } }",
    ),
    "what one macro binds and the other one too": (
        "macro in(x) { with (y \\in S) { x := y; } } macro out(x) { with (y \\in T) { in(x[y]); } } action A { out(a); }",
        "action A { with (y \\in T) { with (y_2 \\in S) { a[y] := y_2; } } }",
    ),
}


@pytest.mark.parametrize(("before", "after"), TABLE.values(), ids=TABLE)
def test_a_use_becomes_the_body(before, after):
    assert expanded(before).modules[-1].declarations == parsed(after).declarations


def test_a_library_macro_does_not_see_what_its_user_declares():
    text = "module Spec\nvar y : BOOLEAN = FALSE\naction A { m(y); }"
    library = parse(Source("Lib.plus", "module Lib\nmacro m(x) { await \\A y \\in BOOLEAN : x; }"))
    user = parse(Source("Spec.plus", text.replace("Spec\n", "Spec\nextends Lib\n")))
    findings = Findings()
    _, found = expand_macros((library, user), findings).modules
    findings.raise_if_any()
    expected = parse(Source("Spec.plus", text.replace("m(y)", "await \\A y_2 \\in BOOLEAN : y")))
    assert found.declarations == expected.declarations


def test_every_use_has_nodes_of_its_own():
    text = "macro m(x, v) { x := v; x := v; } action A { m(a, b + 1); m(a, b + 1); } action B { m(a, {1}); }"
    nodes = [node for module in expanded(text).modules for d in module.declarations for node in descend(d)]
    assert len({id(node) for node in nodes}) == len(nodes)


def test_an_argument_keeps_its_place_and_the_body_its_own():
    expansion = expanded("macro m(x) { x := x + 1; }\naction A { m(a); }")
    (action,) = expansion.modules[-1].declarations
    names = [node for node in descend(action) if isinstance(node, s.Name)]
    assert [(n.name, n.span.line) for n in names] == [("a", 3), ("a", 3)]
    (one,) = [node for node in descend(action) if isinstance(node, s.Number)]
    assert one.span.line == 2
    assert expansion.uses[id(one.span)].span.text == "m(a)"


MISTAKES = [
    ("macro set(x) { x := 1; } action A { sett(a); }", [("PC201", "sett")]),
    ("macro m(x) { n(x); }", [("PC201", "n")]),
    ("procedure P(x : BOOLEAN) { L: return; } action A { P(TRUE); }", [("PC201", "P")]),
    ("macro m(x) { x := 1; } action A { m(a, b); }", [("PC206", "m(a, b)")]),
    ("macro m(x) { x := 1; } macro m(y) { skip; }", [("PC202", "m")]),
    ("var m : BOOLEAN = FALSE macro m(x) { x := 1; }", [("PC202", "m")]),
    ("macro Len(x) { x := 1; }", [("PC202", "Len")]),
    ("macro m(x, x) { x := 1; }", [("PC202", "x")]),
    ("macro m(x) { with (x \\in S) { skip; } }", [("PC212", "x")]),
    ("macro m(x) { await \\A x \\in S : x; }", [("PC212", "x")]),
    ("macro m(x) { L: x := 1; }", [("PC402", "L")]),
    ("macro m(x) { m(x); } action A { m(a); }", [("PC411", "m(x)")]),
    ("macro m(F) { await F(1); } action A { m(1 + 1); }", [("PC207", "1 + 1")]),
]


@pytest.mark.parametrize(("text", "expected"), MISTAKES)
def test_mistakes(text, expected):
    assert mistakes(text) == expected


def test_a_while_cannot_stand_in_a_macro():
    assert [code for code, _ in mistakes("macro m(x) { while (x) { skip; } }")] == ["PC402"]


def test_each_link_of_a_circle_is_shown():
    with pytest.raises(SpecError) as caught:
        expanded("macro a(x) { b(x); } macro b(x) { skip; c(x); } macro c(x) { a(x); } action A { c(v); }")
    (diagnostic,) = caught.value.diagnostics
    labels = (diagnostic.primary, *diagnostic.secondary)
    assert (diagnostic.code, [x.span.text for x in labels]) == ("PC411", ["b(x)", "c(x)", "a(x)"])


def test_a_macro_of_a_module_that_is_not_extended_is_not_seen(tmp_path):
    (tmp_path / "Top.plus").write_text("module Top\nextends Left, Right\n")
    (tmp_path / "Left.plus").write_text("module Left\nmacro left(x) { x := 1; }\n")
    (tmp_path / "Right.plus").write_text("module Right\naction A { left(a); }\n")
    findings = Findings()
    expand_macros(load_modules(tmp_path / "Top.plus"), findings)
    (diagnostic,) = findings.in_order()
    assert (diagnostic.code, diagnostic.primary.span.text) == ("PC201", "left")
    assert "module Left" in diagnostic.help


def test_a_mistake_in_a_body_says_by_which_use():
    text = "module Spec\nvar a : 0..3 = 0\nvar b : BOOLEAN = FALSE\n"
    text += "macro inc(x) { x := x + 1; }\nmacro twice(x) { inc(x); inc(x); }\naction A { twice(a); }\naction B { twice(b); }"
    with pytest.raises(SpecError) as caught:
        elaborate(Source("Spec.plus", text))
    uses = {
        (label.span.line, label.span.text)
        for diagnostic in caught.value.diagnostics
        for label in diagnostic.secondary
        if "use of the macro" in label.text
    }
    assert (7, "twice(b)") in uses
    assert (6, "twice(a)") not in uses


def test_a_mistake_in_an_operator_that_a_body_uses_says_by_which_use_of_the_macro():
    text = "module Spec\nextends RwLock\nvar x : BOOLEAN = FALSE\nsort Task\naction A(t \\in Task) { lock_excl(x, t); }"
    with pytest.raises(SpecError) as caught:
        elaborate(Source("Spec.plus", text))
    for diagnostic in caught.value.diagnostics:
        assert diagnostic.primary.span.source.name == "<library>/RwLock.plus"
        assert "lock_excl(x, t)" in [label.span.text for label in diagnostic.secondary]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (
            "macro m0(x) { x := 1; }\n"
            + "".join(f"macro m{i + 1}(x) {{ m{i}(x); m{i}(x); }}\n" for i in range(60))
            + "action A { m60(a); }",
            "PC602",
        ),
        (
            "macro m0(x) { x := 1; }\n"
            + "".join(f"macro m{i + 1}(x) {{ m{i}(x); }}\n" for i in range(5_000))
            + "action A { m5000(a); }",
            "PC105",
        ),
        (
            "macro m0(x) { a := x; }\n"
            + "".join(f"macro m{i + 1}(x) {{ m{i}(x + 1 + 1 + 1 + 1 + 1); }}\n" for i in range(200))
            + "action A { m200(a); }",
            "PC105",
        ),
        (
            "macro m0(x) { a := x; }\n"
            + "".join(f"macro m{i + 1}(x) {{ m{i}(<<x, x>>); }}\n" for i in range(60))
            + "action A { m60(a); }",
            "PC602",
        ),
    ],
    ids=["many statements", "many macros", "a deep expression", "a large expression"],
)
def test_what_would_be_huge_ends_soon(text, code):
    start = monotonic()
    with pytest.raises(SpecError) as caught:
        elaborate(Source("Spec.plus", "module Spec\n" + text))
    assert monotonic() - start < 60  # seconds on a busy machine; without a limit most of these would never end
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == code
    assert diagnostic.primary.span.line == text.count("\n") + 2  # where the user began
