"""Scopes, constants and expectations of models, and what is too large."""

from __future__ import annotations

import time

import pytest

from lowering import codes, elaborated, initial, model_of, shown, system_of
from pluscheck.base.errors import SpecError
from pluscheck.core import types as t
from pluscheck.core.system import Expected, PropertyKind
from pluscheck.core.values import show
from pluscheck.lower import models
from pluscheck.lower.text import system_text


def values(text: str, name: str | None = None) -> dict[str, str]:
    return {constant.name: show(constant.value) for constant in system_of(text, name).constants}


def expected(text: str, name: str | None = None) -> dict[str, tuple[str, bool]]:
    return {x.property: (x.expected.value, x.explicit) for x in model_of(text, name).expectations}


def all_codes(text: str) -> list[str]:
    """Return the codes of what is wrong with a specification or its model."""
    try:
        return codes(text)
    except SpecError as error:
        return [diagnostic.code.value for diagnostic in error.diagnostics]


# --------------------------------------------------------------------------------- which models there are


def test_a_spec_without_models_that_needs_nothing_has_one():
    assert models(elaborated("const c : 0..1 == 0")) == ("default",)
    assert models(elaborated("sort S model a { scope S = 1; } model b extends a {}")) == ("a", "b")


@pytest.mark.parametrize("needy", ["sort S", "const c : 0..1"])
def test_a_spec_without_models_that_needs_one_is_told(needy):
    with pytest.raises(SpecError) as error:
        models(elaborated(needy))
    assert [diagnostic.code.value for diagnostic in error.value.diagnostics] == ["PC507"]


# ------------------------------------------------------------------------------------------------ scopes


def test_elements_of_a_sort_have_names_of_their_own_or_numbers():
    system = system_of("sort A, B model m { scope A = 2; scope B = {x, y}; }")
    assert {sort: [atom.label for atom in atoms] for sort, atoms in system.scope.items()} == {
        "A": ["A1", "A2"],
        "B": ["x", "y"],
    }


def test_scopes_are_inherited_and_replaced():
    spec = "sort A, B model m { scope A = 2; scope B = 2; } model n extends m { scope B = 3; }"
    assert {sort: len(atoms) for sort, atoms in system_of(spec, "n").scope.items()} == {"A": 2, "B": 3}


def test_every_sort_needs_a_scope_that_makes_sense():
    assert codes("sort A, B model m {}") == ["PC501", "PC501"]
    assert codes("sort A model m { scope A = 0; }") == ["PC502"]
    assert codes("sort A model m { scope A = 64; }") == []
    assert codes("sort A model m { scope A = 65; }") == ["PC502"]
    assert codes("sort A model m { scope A = 9999999999999999; }") == ["PC502"]


# --------------------------------------------------------------------------------------------- constants


def test_constants_are_evaluated_in_the_order_of_their_needs():
    spec = """
    const A : 0..B + 1 == B + Twice(C)
    const B : 0..9 == C * 2
    const C : 0..9 == 1
    Twice(n) == n + n - C
    model m { }
    model n { C = 2; A = 5; }
    """
    assert values(spec, "m") == {"A": "3", "B": "2", "C": "1"}
    assert values(spec, "n") == {"A": "5", "B": "4", "C": "2"}


def test_an_index_replaces_a_part_of_the_inherited_value():
    spec = """
    enum F == {src, dst}
    type R == [n : 0..3, on : [F, BOOLEAN -> BOOLEAN]]
    switch Drain : [F -> BOOLEAN] == [f \\in F |-> TRUE]
    const T : R == [n |-> 0, on |-> [f \\in F, b \\in BOOLEAN |-> b]]
    const S : Seq(0..3, 3) == <<1, 2>>
    model m { Drain[src] = FALSE; T.on[dst, TRUE] = FALSE; T.n = 2; S[2] = 3; }
    model n extends m { Drain[dst] = FALSE; }
    model o extends n { Drain = [f \\in F |-> f = dst]; }
    """
    assert values(spec, "m") == {
        "Drain": "(src :> FALSE @@ dst :> TRUE)",
        "T": "[n |-> 2, on |-> (<<src, FALSE>> :> FALSE @@ <<src, TRUE>> :> TRUE @@ <<dst, FALSE>> :> FALSE @@ <<dst, TRUE>> :> FALSE)]",
        "S": "<<1, 3>>",
    }
    assert values(spec, "n")["Drain"] == "(src :> FALSE @@ dst :> FALSE)"
    assert values(spec, "o")["Drain"] == "(src :> FALSE @@ dst :> TRUE)"
    assert [constant.is_switch for constant in system_of(spec, "m").constants] == [True, False, False]


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        ("const C : 0..3 model m {}", ["PC503"]),
        ("const C : 0..3 == 4", ["PC504"]),
        ("const C : 0..3 model m { C = 4; }", ["PC504"]),
        ("const C : [0..1 -> 0..3] == [i \\in 0..2 |-> 0]", ["PC504"]),
        ("const C : [0..1 -> 0..3] == [i \\in 0..1 |-> 0] model m { C[2] = 1; }", ["PC504"]),
        ("const C : Seq(0..3, 1) == <<0>> model m { C[2] = 1; }", ["PC504"]),
        ("const C : Seq(0..3, 1) == <<0, 1>>", ["PC504"]),
        ("const C : 0..3 == 1 \\div 0", ["PC605"]),
        ("const C : 0..3 == CHOOSE c \\in 0..3 : c > 3", ["PC605"]),
        ("RECURSIVE F(_) F(n) == IF n = 0 THEN 0 ELSE F(n - 1) const C : 0..3 == F(200)", ["PC605"]),
        ("const A : 0..3 == 0 const B : 0..3 == 0 model m { A = B; B = A; }", ["PC211"]),
        ("const A : 0..3 == 1 var x : 2..A = 2 var y : 5..A = 5 var z : 9..A = 9", ["PC603", "PC603", "PC603"]),
        ("const A : SUBSET (0..3) == {} var f : [A -> BOOLEAN] = [a \\in A |-> TRUE]", ["PC603"]),
        ("var q : Seq(0..3, 0 - 1) = <<>>", ["PC603"]),
        ("sort S const C : 0..3 const D : 0..3 == 9 model m { }", ["PC501", "PC503", "PC504"]),
    ],
)
def test_what_is_wrong_with_constants_and_types_is_told(spec, found):
    assert codes(spec) == found


def test_a_constant_that_is_wrong_is_told_once_however_often_it_is_used():
    assert codes("const A : 0..3 == 9 const B : 0..A == 0 var x : 0..A = 0 var y : 0..A = 0") == ["PC504"]


# ---------------------------------------------------------------------------------------------- types


def test_generic_types_are_expanded():
    spec = """
    enum E == {a, b}
    type Q(T, n) == Seq(T, n + Extra)
    type P(T) == Q(T, 2) \\X Option(T)
    const Extra : 0..3 == 1
    var p : P(E) = <<<<a>>, None>>
    """
    enum = t.EnumType("E", ("a", "b"))
    assert system_of(spec).variables[0].type == t.TupleType((t.SeqType(enum, 3), t.OptionType(enum)))


def test_unions_are_flattened():
    spec = """
    sort S  enum E == {a, b}  enum F == {c}
    type U == S | E  type V == U | F
    var v : V = c
    model m { scope S = 1; }
    """
    (variable,) = system_of(spec).variables
    assert isinstance(variable.type, t.UnionType)
    assert [part.name for part in variable.type.parts] == ["S", "E", "F"]


# ----------------------------------------------------------------------------------------- expectations

PROPERTIES = "var x : 0..1 = 0 action A { x := 1; } invariant I == TRUE witness W == x = 1 transition T == TRUE\n"


def test_every_property_is_expected_to_hold_and_every_witness_to_be_reachable():
    assert expected(PROPERTIES) == {
        "I": ("holds", False),
        "W": ("reachable", False),
        "T": ("holds", False),
        "deadlock": ("holds", False),
        "faults": ("holds", False),
    }


def test_a_lemma_is_checked_as_an_invariant_is_and_known_for_what_it_is():
    spec = "var x : 0..1 = 0 action A { x := 1; } lemma L == x < 2 invariant I == L\n"
    assert expected(spec)["L"] == ("holds", False)
    assert [(p.name, p.kind) for p in system_of(spec).properties] == [
        ("L", PropertyKind.LEMMA),
        ("I", PropertyKind.INVARIANT),
    ]


def test_an_expectation_replaces_the_inherited_one():
    spec = PROPERTIES + "model a { expect I, T violated; depth 3; } model b extends a { expect T bounded 7; depth 9; }"
    model = model_of(spec, "b")
    found = {x.property: x for x in model.expectations}
    assert (found["I"].expected, found["T"].expected, found["T"].depth) == (Expected.VIOLATED, Expected.BOUNDED, 7)
    assert model.depth == 9
    assert found["T"].span.text == "expect T bounded 7;"


def test_check_restricts_what_is_checked():
    spec = (
        PROPERTIES
        + "model a { check I, W; expect deadlock violated; } model b extends a { check T; } model c extends a {}"
    )
    assert list(expected(spec, "a")) == ["I", "W", "deadlock"]
    assert list(expected(spec, "b")) == ["T"]
    assert list(expected(spec, "c")) == ["I", "W", "deadlock"]


def test_a_module_where_nothing_happens_is_not_deadlocked():
    assert "deadlock" not in expected("Op(x) == x")
    assert "deadlock" in expected("Op(x) == x model m { expect deadlock violated; }")


# ----------------------------------------------------------------------------------------------- sizes


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        ("var x : 0..2 ^ 64 - 1 = 0", ["PC601"]),
        ("var x : 0..9223372036854775807 = 0 action A { x := x + 1; }", []),
        ("var x : SUBSET (0..63) = {}", []),
        ("var x : SUBSET (SUBSET (0..63)) = {}", ["PC601"]),
        ("var x : [0..2 ^ 64 - 1 -> BOOLEAN]", ["PC601"]),
        ("var x : [SUBSET (0..63) -> BOOLEAN]", ["PC601"]),
        ("var x : Seq(0..1, 1000000000000) = <<>>", ["PC601"]),
        ("var x : [0..999, 0..999 -> 0..1]", ["PC601"]),
        ("var x : [0..9999 -> [0..9999 -> 0..1]]", ["PC601"]),
        ("type A == [0..299 -> [0..299 -> BOOLEAN]] var x : A var y : A", ["PC602"]),
        ("var x : 0..1 = 0 invariant I == \\A s \\in SUBSET (0..63) : x \\notin s", []),
        ("type S == SUBSET (0..63) var x : 0..1 = 0 invariant I == \\A s \\in S : x \\notin s", ["PC601"]),
        ("type S == SUBSET (0..63) var x : 0..1 = 0 invariant I == {x} \\in S", []),
        ("type S == SUBSET (0..63) var x : S = {} action A(s \\in S) { x := s; }", ["PC601"]),
        ("const C : 0..1 == Cardinality(SUBSET (SUBSET (SUBSET (0..9))))", ["PC601"]),
        ("const N : 0..10 ^ 12 == 10 ^ 12 var x : 0..N \\in 0..N action A(y \\in 0..1) { x := y; }", []),
        ("const N : 0..10 ^ 12 == 10 ^ 12 var x : 0..1 = 0 invariant I == \\A y \\in 0..N - 1 : x <= y", ["PC601"]),
        ("var x : 0..1 = 0 action A { with (y \\in 0 - 10 ^ 6..10 ^ 6) { x := y; }; }", ["PC601"]),
        ("var x : 0..1 = 0 invariant I == x \\in 0..10 ^ 12", []),
        ("const C : [0..2 ^ 40 -> BOOLEAN]  model m { C = [i \\in {} |-> TRUE]; }", ["PC504"]),
        ("const C : 0..1 == Cardinality({n \\in 0..999999 : n * n > n})", ["PC602"]),
        ("const C : 0..1 == 7 ^ (7 ^ (7 ^ 7))", ["PC605"]),
    ],
)
def test_what_is_too_large_is_a_diagnostic_and_soon(spec, found):
    before = time.process_time()
    assert codes(spec) == found
    assert time.process_time() - before < 5


def test_types_that_double_are_given_up_on():
    doubling = "".join(f"type T{n} == [a : T{n - 1}, b : T{n - 1}]\n" for n in range(1, 60))
    assert set(all_codes(f"type T0 == BOOLEAN\n{doubling}var x : T59")) == {"PC601"}


def test_operators_that_take_operators_are_not_written_out_without_end():
    doubling = "".join(f"O{n}(F(_), v) == O{n - 1}(F, v) + O{n - 1}(F, v)\n" for n in range(1, 40))
    spec = (
        f"var x : 0..9 = 0\nO0(F(_), v) == F(v)\n{doubling}action A(k \\in 0..1) {{ x := O39(LAMBDA y : y + k, 0); }}"
    )
    assert all_codes(spec) == ["PC602"]


def test_long_chains_of_operators_are_no_problem():
    chain = "".join(f"O{n}(v) == O{n - 1}(v) + 1\n" for n in range(1, 400))
    system = system_of(f"var x : 0..999 = 0\nO0(v) == v\n{chain}action A {{ x := 1; x := O399(x); }}")
    assert len(system.operators) == 400
    assert shown(system, initial(system)) == {"x": "0"}


def test_text_is_always_the_same():
    text = "sort S  enum E == {a, b}  var f : [S -> SUBSET E] = [i \\in S |-> {a, b}]  model m { scope S = 3; }"
    assert system_text(model_of(text)) == system_text(model_of(text))


def test_long_chains_of_constants_are_no_problem():
    chain = "".join(f"const C{n} : 0..999 == C{n + 1} + 1\n" for n in range(300))
    assert values(f"{chain}const C300 : 0..999 == 0")["C0"] == "300"
