"""A formula written in a specification's language and read back is the formula: it has the same value in every state, and the same faults."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from generate import BOOL, SYSTEM, states, typed_expressions
from lowering import elaborated
from pluscheck.base.errors import SpecError
from pluscheck.base.source import Source
from pluscheck.core import exprs as e
from pluscheck.core.evaluator import Fault, evaluate
from pluscheck.core.semantics import initial_states
from pluscheck.core.system import Role
from pluscheck.core.types import FunctionType, SortType, enum_atoms
from pluscheck.core.values import Atom
from pluscheck.core.walk import subterms
from pluscheck.core.wellformed import faults_of_form
from pluscheck.lower import lower
from pluscheck.lower.predicates import NotExpressibleError, PredicateWriter, lowered_predicates

GENERATED = elaborated(
    r"""
    module Generated
    sort Page
    enum Mode == { free, shared, excl }
    type Actor == Page | Mode
    const Limit : 0..3 == 2
    const Drain : [Mode -> BOOLEAN] == [m1 \in Mode |-> m1 # shared]
    var b : BOOLEAN
    var n : 0..3
    var m : -2..1
    var even : {0, 2}
    var mode : Mode
    var page : Page
    var actor : Actor
    var owner : Option(Page)
    var held : SUBSET Page
    var modes : SUBSET Mode
    var numbers : SUBSET (0..3)
    var f : [Page -> 0..3]
    var g : [0..3 -> BOOLEAN]
    var grid : [Page, Mode -> BOOLEAN]
    var holders : [Mode -> SUBSET Page]
    var r : [a : 0..3, b : BOOLEAN]
    var nested : [at : Option(Page), seen : SUBSET Page]
    var t : Page \X (0..3)
    var q : Seq(0..3, 2)
    var pages : Seq(Page, 2)
    Plus(x, y) == x + y
    First(x, y) == x
    Twice(s) == s \o s
    Holds(p) == p \in held
    RECURSIVE Sum(_)
    Sum(s) == IF s = {} THEN 0 ELSE LET x == CHOOSE x1 \in s : \A y \in s : x1 <= y IN x + Sum(s \ {x})
    model base { scope Page = 2; }
    """
)
"""The variables, constants and operators of `generate`, as a specification."""


def outcome(system, expr, state):
    """Return the value, or the kind of fault."""
    try:
        return evaluate(system, expr, state)
    except Fault as fault:
        return fault.site.kind


def read_back(text):
    """Return what the text means, or None where nothing tells the type of a part of it, as in `None = None`."""
    try:
        return lowered_predicates(GENERATED, "base", [Source("clause", text)])
    except SpecError as error:
        if {d.code.value for d in error.diagnostics} <= {"PC307"}:
            return None
        raise


@settings(max_examples=300, deadline=None)
@given(typed_expressions(BOOL), st.lists(states(), min_size=3, max_size=6))
def test_a_formula_read_back_means_the_same(formula, some):
    lowered = lower(GENERATED, "base").system
    assert [v.name for v in lowered.variables] == [v.name for v in SYSTEM.variables]
    try:
        text = PredicateWriter(GENERATED, lowered).text(formula)
    except NotExpressibleError:  # an element of a sort
        assume(False)
    back = read_back(text)
    assume(back is not None)
    assert faults_of_form(back.system) == []
    (again,) = back.formulas
    for state in some:
        assert outcome(SYSTEM, formula, state) == outcome(back.system, again, state), text


PROCESSES = elaborated(
    r"""
    sort W, R
    enum Phase == { off, on }
    var x : 0..2 = 0
    var lock : Option(W) = None
    procedure Flush(amount : 0..2)
      var left : 0..2 = 0;
    {
      F1: left := amount;
      F2: return;
    }
    procedure Log(entry : BOOLEAN)
    {
      G1: return;
    }
    process Writer(self \in W)
      var i : 0..2 = 0;
      var seen : [Phase -> BOOLEAN] = [ph \in Phase |-> FALSE];
    {
      A: call Flush(1);
      B: call Flush(2);
      C: seen[on] := TRUE;
    }
    process Reader(me \in R)
      var j : SUBSET R = {};
    {
      A: call Flush(0);
      D: call Flush(0);
      E: j := {me};
    }
    process Low(low \in 0..1) { A: skip; B: skip; }
    process High(high \in 2..3) var k : 0..1 = 0; { A: k := 1; }
    process Daemon var d : [Phase -> 0..1] = [ph \in Phase |-> 0]; { A: call Log(TRUE); B: call Log(FALSE); C: d[on] := 1; }
    process Idler { A: call Log(FALSE); B: call Log(TRUE); C: skip; }
    model base { scope W = 2; scope R = 2; }
    """
)


def variables(expr):
    """Return the names of the variables that an expression mentions."""
    return {part.name for part in subterms([expr]) if isinstance(part, e.Var)}


def scalars(system):
    """Yield a formula about each element of each variable: that it is what it is in the only initial state, in terms of bound names."""
    (state,) = initial_states(system)
    for variable, value in zip(system.variables, state, strict=True):
        whole = e.Var(variable.name)
        match variable.type:
            case FunctionType(domain, _):
                results = [result for _, result in value.pairs]
                some = [e.Eq(e.App(whole, e.Local("p")), e.Lit(result)) for result in results]
                binder = e.Binder("p", e.AllOf(domain))
                yield e.Forall((binder,), some[0])
                yield e.Exists((binder,), e.Not(some[-1]))
                yield e.Eq(whole, e.Lambda((binder,), e.Lit(results[0])))
            case _ if isinstance(value, Atom):
                yield e.Eq(whole, e.Lit(value))
                yield e.In(whole, e.SetLit((e.Lit(value),)))
            case _:
                yield e.Eq(whole, e.Lit(value))


def test_every_part_of_a_process_can_be_named():
    system = lower(PROCESSES, "base").system
    assert {variable.role for variable in system.variables} == set(Role)
    writer = PredicateWriter(PROCESSES, system)
    formulas = list(scalars(system))
    texts = [writer.text(formula) for formula in formulas]
    read = lowered_predicates(PROCESSES, "base", [Source("clause", text) for text in texts])
    (state,) = initial_states(system)
    for text, formula, again in zip(texts, formulas, read.formulas, strict=True):
        assert evaluate(system, formula, state) == evaluate(read.system, again, state), text
    mentioned = set()
    for formula, again in zip(formulas, read.formulas, strict=True):
        assert variables(formula) == variables(again)
        mentioned |= variables(formula)
    assert mentioned == {variable.name for variable in system.variables}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('pc[Flush, Daemon] = "A"', "PC301"),
        ('pc[Low, Daemon] = "A"', "PC301"),
        ('pc[Daemon, Log] = "A"', "PC207"),
        ('pc[x, Daemon] = "A"', "PC301"),
        ('pc[Writer] = "A"', "PC301"),
        ('\\A p \\in 0..1 : pc[p] = "A"', "PC407"),
        ('\\A p \\in W : pc[Reader, p] = "A"', "PC301"),
        ('\\A p \\in 0..1 : pc[Low, p] = "F1"', "PC403"),
        ("entry[Writer] = FALSE", "PC207"),
        ("x' = 0", "PC308"),
        ("[](x = 0)", "PC107"),
        ("x = 0 invariant Y == TRUE", "PC102"),
        ("x", "PC304"),
        ("", "PC102"),
    ],
)
def test_what_is_no_predicate_is_told(text, code):
    with pytest.raises(SpecError) as caught:
        lowered_predicates(PROCESSES, "base", [Source("clause", text)])
    assert [d.code.value for d in caught.value.diagnostics] == [code]
    assert all(d.primary.span.source.name == "clause" for d in caught.value.diagnostics)


def test_an_element_of_a_sort_has_no_name():
    system = lower(PROCESSES, "base").system
    formula = e.Eq(e.Var("lock"), e.SomeOf(e.Lit(system.scope["W"][0])))
    with pytest.raises(NotExpressibleError):
        PredicateWriter(PROCESSES, system).text(formula)


def text_of(formula, spec=PROCESSES):
    return PredicateWriter(spec, lower(spec, "base").system).text(formula)


def test_a_formula_reads_as_a_person_would_write_it():
    system = lower(PROCESSES, "base").system
    (labels,) = [v.type.range for v in system.variables if v.name == "pc.Writer"]
    at, p = e.App(e.Var("pc.Writer"), e.Local("p")), e.Binder("p", e.AllOf(SortType("W")))
    is_at = [e.Eq(at, e.Lit(atom)) for atom in enum_atoms(labels)]
    assert text_of(e.Forall((p,), e.Or((is_at[0], e.Or((is_at[1], is_at[2])))))) == (
        '\\A p \\in W : pc[p] \\in {"A", "B", "C"}'
    )
    assert text_of(e.Forall((p,), e.Not(e.Or(tuple(is_at[:2]))))) == '\\A p \\in W : pc[p] \\notin {"A", "B"}'
    other = e.Binder("q~2", e.AllOf(SortType("W")))
    holds = e.Not(e.Eq(e.Var("lock"), e.SomeOf(e.Local("p"))))
    differ = e.Not(e.Eq(e.Local("p"), e.Local("q~2")))
    assert text_of(e.Forall((p, other), e.Implies(differ, e.And((holds, e.And((is_at[0], is_at[1]))))))) == (
        '\\A p, q \\in W : p # q => lock # Some(p) /\\ pc[p] = "A" /\\ pc[p] = "B"'
    )
    wide = e.And(tuple(e.Eq(e.Var("x"), e.Arith(e.Arithmetic.ADD, e.Var("x"), e.Lit(n))) for n in range(12)))
    lines = text_of(e.Or((wide, is_at_start(system)))).splitlines()
    assert lines[:2] == ["\\/ /\\ x = x + 0", "   /\\ x = x + 1"]
    assert text_of(e.Let("i", e.Var("x"), e.Let("x", e.Local("i"), e.Eq(e.Local("x"), e.Local("i"))))) == (
        "LET i2 == x x2 == i2 IN x2 = i2"
    )


def is_at_start(system):
    (daemon,) = [v.type for v in system.variables if v.name == "pc.Daemon"]
    return e.Eq(e.Var("pc.Daemon"), e.Lit(enum_atoms(daemon)[0]))


def test_thousands_of_definitions_inside_each_other_are_no_problem():
    formula = e.Eq(e.Local("part3000"), e.Lit(0))
    for number in range(3000, 0, -1):
        before = e.Var("x") if number == 1 else e.Local(f"part{number - 1}")
        formula = e.Let(f"part{number}", before, formula)
    (again,) = lowered_predicates(PROCESSES, "base", [Source("clause", text_of(formula))]).formulas
    names = []
    while isinstance(again, e.Let):
        names.append(again.name)
        again = again.body
    assert names == [f"part{number}" for number in range(1, 3001)]
    assert again == e.Eq(e.Local("part3000"), e.Lit(0))
