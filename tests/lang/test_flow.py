"""Labels and the flow of control: what each rule of PlusCal forbids, and what it allows."""

import re

import pytest

from pluscheck.base.diagnostics import Diagnostic
from pluscheck.base.errors import SpecError
from pluscheck.base.source import Source
from pluscheck.lang.front import elaborate

DECLARATIONS = r"""
module Spec
sort Task, Other
enum Mode == { free, busy }
type Both == Task | Other
const Most : 1..9 == 3
var x : 0..9 = 0
var f : [Mode -> 0..9] = [m \in Mode |-> 0]
var r : [a : 0..9, g : [Mode -> 0..9]] = [a |-> 0, g |-> [m \in Mode |-> 0]]
procedure Callee() { C1: return; }
macro leave(l) { if (x > l) { goto Done; }; }
macro test() { await x = 0; }
macro twice() { if (x > 1) { goto Done; }; x := 1; }
"""


def diagnostics(text: str) -> tuple[Diagnostic, ...]:
    try:
        elaborate(Source("Spec.plus", DECLARATIONS + text))
    except SpecError as error:
        return error.diagnostics
    return ()


def in_process(body: str) -> str:
    return f"process P {{ {body} }}"


ALLOWED = {
    "a label in front of everything": "A: x := 1; B: x := 2; C: while (x < 3) { D: x := 3; };",
    "statements in one step": "A: x := 1; x := 2; if (x = 2) { x := 3; } else { skip; }; x := 4;",
    "what follows a loop": "A: while (x < 3) { x := x + 1; }; x := 0;",
    "a jump at the end of a loop": "A: while (x < 3) { if (x = 1) { goto A; }; };",
    "a label after an if with a goto": "A: if (x = 1) { goto A; }; B: skip;",
    "a return or goto after a call": "A: call Callee(); goto A; B: call Callee(); C: skip;",
    "a call at the end": "A: while (x < 3) { call Callee(); };",
    "a call at the end of a branch": "A: if (x = 1) { call Callee(); } else { x := 1; }; B: skip;",
    "jumps in a with": "A: with (m \\in Mode) { if (m = free) { goto A; } else { x := 1; }; };",
    "jumps to where the process is over": "A: if (x = 1) { goto Done; } else { goto A; };",
    "forward and into a branch": "A: goto C; B: if (x = 1) { C: skip; };",
    "labels that nobody goes to": "A: goto A; B: skip;",
    "a macro that jumps at the end": "A: leave(1);",
    "side by side": "A: f[free] := 1 || f[busy] := 2 || r.a := 1 || r.g[free] := 2 || r.g[busy] := 3;",
}


@pytest.mark.parametrize("body", ALLOWED.values(), ids=ALLOWED)
def test_allowed(body):
    assert diagnostics(in_process(body)) == ()


# What is wrong is between « and », as far as its first line goes.
FORBIDDEN = {
    "no label at the start": ("PC401", in_process("«x := 1»;")),
    "no label at the start of a procedure": ("PC401", "procedure Q() { «return»; }"),
    "a loop without a label": ("PC401", in_process("A: skip; «while (x < 3) { x := x + 1; }»;")),
    "a loop in a branch without a label": ("PC401", in_process("A: if (x = 1) { «while (x < 3) { x := x + 1; }» };")),
    "after an if with a goto": ("PC401", in_process("A: if (x = 1) { goto A; }; «x := 2»;")),
    "after an if with a label": ("PC401", in_process("A: if (x = 1) { x := 0; B: x := 2; }; «x := 2»;")),
    "after an either with a call": ("PC401", in_process("A: either { call Callee(); } or { skip; }; «skip»;")),
    "after an if around an if": ("PC401", in_process("A: if (x = 1) { if (x > 0) { goto A; }; }; «x := 2»;")),
    "after an if around a labelled loop": (
        "PC401",
        in_process("A: if (x = 1) { B: while (x < 3) { skip; }; }; «skip»;"),
    ),
    "after a with that jumps": ("PC401", in_process("A: with (m \\in Mode) { if (x = 1) { goto A; }; }; «skip»;")),
    "after a jump in a with": ("PC401", in_process("A: with (m \\in Mode) { if (x = 1) { goto A; }; «skip»; };")),
    "after a call": ("PC401", in_process("A: call Callee(); «x := 1»;")),
    "a call after a call": ("PC401", in_process("A: call Callee(); «call Callee()»;")),
    "after a macro that jumps": ("PC401", in_process("A: leave(1); «x := 1»;")),
    "a macro after a jump": ("PC401", in_process("A: if (x = 1) { goto A; }; «test()»;")),
    "a macro after a macro that jumps": ("PC401", in_process("A: leave(1); «leave(2)»;")),
    "a label in an action": ("PC402", "action Act { «A»: skip; }"),
    "a loop in an action": ("PC402", "action Act { «while (x < 3) { x := x + 1; }»; }"),
    "a label in a with": ("PC402", in_process("A: with (m \\in Mode) { «B»: skip; };")),
    "a label deep in a with": ("PC402", in_process("A: with (m \\in Mode) { if (x = 1) { «B»: skip; } };")),
    "a loop in a with": ("PC402", in_process("A: with (m \\in Mode) { «while (x < 3) { x := x + 1; }» };")),
    "an unknown label": ("PC403", in_process("A: goto «B»;")),
    "another process's label": ("PC403", in_process("A: goto «B»;") + " process Q { B: skip; }"),
    "a procedure's label": ("PC403", in_process("A: call Callee(); B: goto «C1»;")),
    "a recursive procedure": ("PC404", "procedure Q() { A: «call Q()»; return; }"),
    "a call in an action": ("PC405", "action Act { «call Callee()»; }"),
    "a goto in an action": ("PC405", "action Act { «goto A»; }"),
    "a return in a process": ("PC406", in_process("A: «return»;")),
    "a return in an action": ("PC406", "action Act { «return»; skip; }"),
    "after a goto": ("PC409", in_process("A: goto A; «x := 1»; x := 2;")),
    "after a return": ("PC409", "procedure Q() { A: return; «x := 1»; B: return; }"),
    "after branches that all leave": ("PC409", in_process("A: if (x = 1) { goto A; } else { goto Done; }; «x := 1»;")),
    "after a loop without end": ("PC409", in_process("A: while (TRUE) { x := 1; }; «x := 2»;")),
    "a goto after a goto in a with": ("PC409", in_process("A: with (m \\in Mode) { goto A; «goto A»; };")),
    "a label twice": ("PC202", in_process("A: skip; «A»: skip;")),
    "a label like the end": ("PC202", in_process("«Done»: skip;")),
    "a label of the procedure too": ("PC202", in_process("C1: call Callee();") + "«»"),
    "a procedure's end": ("PC412", "procedure Q() { A: «x := 1»; }"),
    "a procedure's end after an if": ("PC412", "procedure Q() { A: «if (x = 1) { return; }»; }"),
    "the same variable side by side": ("PC410", in_process("A: x := 1 || «x» := 2;")),
    "the same element side by side": ("PC410", in_process("A: f[free] := 1 || «f[free]» := 2;")),
    "a part and then the whole": ("PC410", in_process("A: «r.g[free]» := 1 || x := 1 || r.g := f;")),
    "the whole and then a part": ("PC410", in_process("A: r := r || «r.a» := 1;")),
    "one sort": ("PC408", "process P(p \\in Task) { A: skip; } process Q(q \\in «Task») { A: skip; }"),
    "a part of a union": ("PC408", "process P(p \\in Task) { A: skip; } process Q(q \\in «Both») { A: skip; }"),
    "one enum": ("PC408", "process P(p \\in Mode) { A: skip; } process Q(q \\in «{busy}») { A: skip; }"),
    "ranges": ("PC408", "process P(p \\in 0..3) { A: skip; } process Q(q \\in «3..4») { A: skip; }"),
    "ranges of constants": ("PC408", "process P(p \\in 0..Most) { A: skip; } process Q(q \\in «5..6») { A: skip; }"),
}


@pytest.mark.parametrize(("code", "text"), FORBIDDEN.values(), ids=FORBIDDEN)
def test_forbidden(code, text):
    blamed = text[text.index("«") + 1 : text.index("»")] or "C1"
    (diagnostic,) = diagnostics(text.replace("«", "").replace("»", ""))
    assert (diagnostic.code.value, diagnostic.primary.span.text) == (code, blamed)


def test_identifiers_that_differ():
    text = "process P(p \\in {0, 1}) { A: skip; } process Q(q \\in 2..3) { A: skip; } process R(m \\in {free}) { A: skip; }"
    text += "process S(m \\in {busy}) { A: skip; } process T(m \\in Task) { A: skip; } process U { A: skip; }"
    assert diagnostics(text) == ()


def test_processes_may_share_a_procedure_and_have_the_same_labels():
    text = in_process("A: call Callee(); B: skip;") + "process Q(q \\in Task) { A: call Callee(); B: skip; }"
    assert diagnostics(text) == ()


def test_procedures_may_have_the_same_labels_unless_a_process_reaches_both():
    text = "procedure Q() { C1: return; } process A { A1: call Callee(); } process B { B1: call Q(); A2: "
    assert diagnostics(text + "skip; }") == ()
    (diagnostic,) = diagnostics(text + "call Callee(); }")
    assert diagnostic.code == "PC202"
    assert {diagnostic.primary.span.text, *(x.span.text for x in diagnostic.secondary)} == {"C1"}


def test_the_circle_of_procedures_is_shown():
    text = "procedure Q() { Q1: call R(); Q2: return; } procedure R() { R1: if (x = 1) { call Q(); }; R2: return; }"
    (diagnostic,) = diagnostics(text + "process P { A: call Q(); }")
    assert diagnostic.code == "PC404"
    assert [x.span.text for x in (diagnostic.primary, *diagnostic.secondary)] == ["call R()", "call Q()"]


def test_a_missing_label_comes_with_a_name_that_is_free():
    text = in_process("L1: skip; while (x < 3) { x := x + 1; }; while (x < 3) { x := x + 1; };")
    found = diagnostics(text)
    assert [d.code for d in found] == ["PC401", "PC401"]
    suggested = [re.findall(r"(\w+): while", d.help or "") for d in found]
    assert suggested == [["L2"], ["L3"]]


def test_a_missing_label_says_because_of_what():
    (diagnostic,) = diagnostics(in_process("A: if (x = 1) { goto A; }; x := 2;"))
    assert [x.span.text for x in diagnostic.secondary] == ["goto A"]


def test_no_label_is_suggested_where_none_can_stand():
    (in_macro,) = diagnostics(in_process("A: twice();"))
    (in_with,) = diagnostics(in_process("A: with (m \\in Mode) { if (x = 1) { goto A; }; skip; };"))
    for diagnostic in (in_macro, in_with):
        assert diagnostic.code == "PC401"
        assert not re.search(r"L\d", diagnostic.help)
    assert "twice()" in [label.span.text for label in in_macro.secondary]


def test_a_misspelt_label():
    (diagnostic,) = diagnostics(in_process("Start: goto Strat;"))
    assert "`Start`" in diagnostic.help


def test_the_place_of_a_statement_with_blocks_is_its_first_line():
    (diagnostic,) = diagnostics("process P {\n  A: skip;\n  while (x < 3) {\n    x := x + 1;\n  };\n}")
    assert diagnostic.primary.span.text == "while (x < 3) {"


def test_mistakes_of_all_passes_are_told_at_once():
    text = "process P { x := TRUE; goto Nowhere; } action A { nothing(x); } invariant I == y = 1"
    assert {d.code.value for d in diagnostics(text)} == {"PC401", "PC301", "PC403", "PC201"}
