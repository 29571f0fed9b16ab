"""What processes and procedures do, step by step, as PlusCal has it."""

from __future__ import annotations

import pytest

from lowering import initial, named, only, run, shown, system_of
from pluscheck.core.evaluator import evaluate
from pluscheck.core.exprs import FaultKind
from pluscheck.core.semantics import FaultyStart, Taken, initial_states, steps
from pluscheck.core.system import Role


def test_a_process_goes_from_label_to_label_and_ends_at_done():
    spec = "var x : 0..3 = 0 process P { A: x := 1; x := x + 1; B: x := 3; }"
    assert run(spec, "P.A") == {"x": "2", "pc.P": "B"}
    assert run(spec, "P.A", "P.B") == {"x": "3", "pc.P": "Done"}


def test_it_is_no_deadlock_that_every_process_is_done():
    system = system_of("process P { A: skip; } process Q(self \\in 0..1) { B: skip; }")
    state = initial(system)
    assert evaluate(system, system.terminal, state) is False
    while possible := list(steps(system, state)):
        state = possible[0].target
    assert evaluate(system, system.terminal, state) is True


def test_a_terminal_of_the_users_own_is_one_more():
    system = system_of("var x : 0..1 = 1 terminal == x = 1 process P { A: await FALSE; }")
    assert evaluate(system, system.terminal, initial(system)) is True


def test_a_loop_takes_one_step_each_time_round():
    spec = "var x : 0..9 = 0 process P { A: while (x < 2) { x := x + 1; }; x := x + 5; }"
    assert run(spec, "P.A") == {"x": "1", "pc.P": "A"}
    assert run(spec, "P.A", "P.A") == {"x": "2", "pc.P": "A"}
    assert run(spec, "P.A", "P.A", "P.A") == {"x": "7", "pc.P": "Done"}


def test_a_loop_with_labels_inside_comes_back_to_its_own():
    spec = "var x : 0..9 = 0 process P { A: while (x < 4) { x := x + 1; B: x := x + 2; }; C: x := 0; }"
    assert run(spec, "P.A", "P.B") == {"x": "3", "pc.P": "A"}
    assert run(spec, "P.A", "P.B", "P.A", "P.B", "P.A") == {"x": "6", "pc.P": "C"}


def test_goto_leads_to_a_label_or_to_the_end():
    spec = "var x : 0..9 = 0 process P { A: x := x + 1; if (x < 2) { goto A; }; B: goto Done; C: x := 9; }"
    assert run(spec, "P.A", "P.A", "P.B") == {"x": "2", "pc.P": "Done"}


def test_each_process_has_its_own_locals():
    spec = """
    enum Id == {a, b}
    process P(self \\in Id) var n : 0..3 = 0; var me : Id = self; { A: n := n + 1; B: await me = b; n := 3; }
    invariant I == n[a] = 0
    """
    system = system_of(spec)
    first = initial(system)
    assert shown(system, first)["me"] == "(a :> a @@ b :> b)"
    ends = named(system, first, "P.A")
    assert [end["n"] for end in ends] == ["(a :> 1 @@ b :> 0)", "(a :> 0 @@ b :> 1)"]
    state = [step.target for step in steps(system, first)][1]
    assert shown(system, only(system, state, "P.B"))["n"] == "(a :> 0 @@ b :> 3)"
    assert evaluate(system, system.properties[0].formula, state) is True


def test_locals_that_start_as_any_element():
    spec = """
    enum Id == {a, b}
    process P(self \\in Id) var n : 0..3 \\in {1, 2}; var m : {a, b} \\in {self}; { A: skip; }
    """
    system = system_of(spec)
    starts = [shown(system, state) for state in initial_states(system)]
    assert len(starts) == 4
    assert {start["m"] for start in starts} == {"(a :> a @@ b :> b)"}


def test_the_start_of_a_local_depends_only_on_what_those_before_it_can_be():
    spec = """
    process P(self \\in 1..2) var a : 0..2 \\in {self, 2}; var b : 0..2 = 2 \\div a; var c : 0..2 \\in {b}; { A: skip; }
    """
    system = system_of(spec)
    starts = [state for state in initial_states(system) if not isinstance(state, FaultyStart)]
    assert [shown(system, start)["c"] for start in starts] == ["(1 :> 2 @@ 2 :> 1)", "(1 :> 1 @@ 2 :> 1)"]
    assert not any(isinstance(start, FaultyStart) for start in initial_states(system))


def test_an_element_that_a_local_cannot_start_as_is_a_fault_also_where_the_set_depends_on_the_process():
    for chosen in ("{self, 1}", "{3}"):
        spec = f"process P(self \\in 1..4) var a : 0..2 \\in {chosen}; {{ A: skip; }}"
        starts = list(initial_states(system_of(spec)))
        assert starts
        assert all(isinstance(start, FaultyStart) and start.site.kind is FaultKind.OUT_OF_RANGE for start in starts)


PROCEDURE = """
var x : 0..99 = 2
procedure Add(k : 0..9)
  var before : 0..99 = x;
  var fixed : 0..9 = 1 + 2;
{ S: x := x + k; T: x := x + before; fixed := 0; return; }
"""


def test_a_procedure_gets_arguments_and_leaves_nothing_behind():
    spec = PROCEDURE + "process P { A: call Add(x + 1); B: skip; }"
    assert run(spec) == {"x": "2", "pc.P": "A", "k": "0", "before": "0", "fixed": "3"}
    assert run(spec, "P.A") == {"x": "2", "pc.P": "S", "k": "3", "before": "2", "fixed": "3"}
    assert run(spec, "P.A", "P.S", "P.T") == {"x": "7", "pc.P": "B", "k": "0", "before": "0", "fixed": "3"}


def test_an_address_is_kept_only_where_there_are_several():
    spec = PROCEDURE + "process P { A: call Add(1); B: call Add(2); C: skip; }"
    assert [v.name for v in system_of(spec).variables if v.role is Role.RETURN] == ["return.Add"]
    assert run(spec, "P.A", "P.S", "P.T")["pc.P"] == "B"
    assert run(spec, "P.A", "P.S", "P.T", "P.B")["return.Add"] == "C"
    assert run(spec, "P.A", "P.S", "P.T", "P.B", "P.S", "P.T")["pc.P"] == "C"
    once = PROCEDURE + "process P { A: call Add(1); B: goto A; }"
    assert [v for v in system_of(once).variables if v.role is Role.RETURN] == []


def test_a_call_before_a_goto_or_a_return_needs_no_label_after_it():
    spec = """
    var x : 0..9 = 0
    procedure Inner() { I: x := x + 1; return; }
    procedure Outer(o : 0..9) { O: call Inner(); return; }
    process P { A: call Outer(7); B: call Inner(); goto A; }
    """
    assert run(spec, "P.A")["o"] == "7"
    assert run(spec, "P.A", "P.O") == {"x": "0", "pc.P": "I", "o": "0", "return.Inner": "B"}
    assert run(spec, "P.A", "P.O", "P.I") == {"x": "1", "pc.P": "B", "o": "0", "return.Inner": "A"}
    assert run(spec, "P.A", "P.O", "P.I", "P.B", "P.I")["pc.P"] == "A"


def test_a_tail_call_hands_on_where_to_return():
    spec = """
    procedure Inner() { I: return; }
    procedure Outer() { O: call Inner(); return; }
    process P { A: call Outer(); B: call Outer(); C: skip; }
    """
    assert run(spec, "P.A", "P.O", "P.I")["pc.P"] == "B"
    assert run(spec, "P.A", "P.O", "P.I", "P.B", "P.O", "P.I")["pc.P"] == "C"


@pytest.mark.parametrize("ends", ["return;", "call Q(); return;"])
@pytest.mark.parametrize("process", ["P", "P(self \\in 0..1)"])
def test_what_a_return_forgets_was_evaluated_and_may_have_faulted(ends: str, process: str) -> None:
    spec = f"""
    var x : 0..3 = 0
    procedure Q() {{ T: return; }}
    procedure R(k : 0..3) var l : 0..3 = 0; {{ S: l := 1 \\div k; {ends} }}
    process {process} {{ A: call R(x); B: skip; }}
    """
    system = system_of(spec)
    (state, *_) = [step.target for step in steps(system, initial(system)) if isinstance(step, Taken)]
    assert "PC706" in named(system, state, "P.S")


def test_several_processes_have_a_procedure_each():
    spec = """
    enum Id == {a, b}
    sort Page
    procedure Take(t : 0..3) { S: t := t + 1; T: return; }
    process P(self \\in Id) { A: call Take(1); B: skip; }
    process Q(me \\in Page) { C: call Take(2); D: skip; }
    invariant I == \\A i \\in Id, j \\in Page : pc[i] = "T" /\\ pc[j] = "T" => t[i] = 2 /\\ t[j] = 3
    model m { scope Page = 1; }
    """
    system = system_of(spec)
    assert [v.name for v in system.variables] == ["pc.P", "P.t", "pc.Q", "Q.t"]
    state = initial(system)
    for action in ("P.A", "P.S"):
        state = next(step.target for step in steps(system, state) if step.action.name == action)
    state = only(system, state, "Q.C")
    state = only(system, state, "Q.S")
    assert shown(system, state)["P.t"] == "(a :> 2 @@ b :> 0)"
    assert evaluate(system, system.properties[0].formula, state) is True


def test_labels_of_procedures_keep_apart_from_those_of_the_process():
    spec = """
    var x : 0..9 = 0
    procedure One() { S: x := x + 1; return; }
    process P { A: call One(); B: skip; }
    process Q { A: call One(); B: skip; }
    """
    assert run(spec, "P.A", "P.S") == {"x": "1", "pc.P": "B", "pc.Q": "A"}


def test_initial_predicates_can_mention_where_processes_are():
    spec = 'process P(self \\in 0..1) var n : 0..2; { A: skip; } init pc[0] = "A" /\\ n[0] = 2 /\\ n[1] = 1'
    assert shown(system_of(spec), initial(system_of(spec)))["n"] == "(0 :> 2 @@ 1 :> 1)"
