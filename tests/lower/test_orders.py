"""Orders: as written they are the parts one after another; with constraints off they are all linear extensions, each as if it were written out."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations

import pytest

from pluscheck.base.codes import Code
from pluscheck.base.errors import SpecError
from pluscheck.base.source import Source
from pluscheck.core.digest import system_digest
from pluscheck.core.semantics import FaultyStart, Taken, initial_states, is_deadlock, steps
from pluscheck.core.system import Role, State, TransitionSystem
from pluscheck.core.values import Function
from pluscheck.lang.front import elaborate
from pluscheck.lower import lower

SHARED = """
var x : 0..3 = 0
var log : Seq(1..4, 4) = <<>>
"""


def system(body: str, model: str = "", *, more: str = "", process: str = "P") -> TransitionSystem:
    text = f"module Orders\n{SHARED}{more}\nprocess {process} {{\n{body}\n}}\nmodel m {{ {model} }}\n"
    return lower(elaborate(Source("Orders.plus", text)), "m").system


def reached(of: TransitionSystem, most: int = 20_000) -> tuple[set[State], set[State]]:
    """Return the shared variables of all reachable states, with where the process is, and of those that are deadlocks."""
    places = [i for i, v in enumerate(of.variables) if v.role in (Role.SHARED, Role.PROGRAM_COUNTER)]
    todo = [start for start in initial_states(of) if not isinstance(start, FaultyStart)]
    seen, stuck = set(todo), set()
    while todo:
        state = todo.pop()
        if is_deadlock(of, state):
            stuck.add(state)
        for outcome in steps(of, state):
            assert isinstance(outcome, Taken)
            if outcome.target not in seen:
                seen.add(outcome.target)
                todo.append(outcome.target)
        assert len(seen) < most

    def shown(states: set[State]) -> set[State]:
        return {tuple(repr(state[i]) for i in places) for state in states}

    return shown(seen), shown(stuck)


def ordered(parts: list[str], after: str = "Work: x := 0;") -> str:
    return "Begin: skip;\norder Acquire {\n" + "\n} then {\n".join(parts) + "\n};\n" + after


def one_after_another(parts: list[str], after: str = "Work: x := 0;") -> str:
    return "Begin: skip;\n" + "\n".join(parts) + "\n" + after


PARTS = [
    "A: log := Append(log, 1); A2: await x < 3; x := x + 1;",
    "B: log := Append(log, 2); if (x = 2) { goto Work; };",
    "C: either { x := 0; } or { await x > 0; C2: skip; }; C3: log := Append(log, 3);",
]


def test_as_written_it_is_the_parts_one_after_another() -> None:
    of = system(ordered(PARTS))
    assert [(c.name, c.parts) for c in of.constants] == [("Acquire", ("A", "B", "C"))]
    bare = replace(of, constants=())
    assert system_digest(bare, []) == system_digest(system(one_after_another(PARTS)), [])


@pytest.mark.parametrize("model", ["Acquire[A, C] = FALSE;", ""])
def test_what_follows_from_the_others_may_be_off(model: str) -> None:
    variables = [v.name for v in system(ordered(PARTS), model).variables]
    assert variables == ["x", "log", "pc.P"]


def linear_extensions(number: int, before: set[tuple[int, int]]) -> Iterator[tuple[int, ...]]:
    for order in permutations(range(number)):
        if all(order.index(a) < order.index(b) for a, b in before):
            yield order


def random_part(number: int, chooser: random.Random) -> str:
    name = "ABCD"[number]
    statements = [
        f"log := Append(log, {number + 1});",
        f"await x # {chooser.randrange(4)};",
        f"x := {chooser.randrange(4)};",
        f"if (x < {chooser.randrange(4)}) {{ x := (x + 1) % 4; }};",
        f"either {{ skip; }} or {{ await x = {chooser.randrange(4)}; {name}9: x := (x + 2) % 4; }}; {name}8: skip;",
        f"if (x = {chooser.randrange(4)}) {{ goto Work; }};",
    ]
    chosen = [statements[0], *chooser.sample(statements[1:], chooser.randint(0, 3))]
    chooser.shuffle(chosen)
    labelled = [f"{name}{i or ''}: {statement}" for i, statement in enumerate(chosen)]
    return " ".join(labelled)


@pytest.mark.parametrize("seed", range(60))
def test_the_runs_are_those_of_all_linear_extensions(seed: int) -> None:
    chooser = random.Random(seed)
    number = chooser.randint(2, 4)
    parts = [random_part(i, chooser) for i in range(number)]
    pairs = [(a, b) for a in range(number) for b in range(a + 1, number)]
    off = {pair for pair in pairs if chooser.random() < 0.6}
    names = "ABCD"
    model = " ".join(f"Acquire[{names[a]}, {names[b]}] = FALSE;" for a, b in sorted(off))
    states: set[State] = set()
    stuck: set[State] = set()
    for order in linear_extensions(number, set(pairs) - off):
        found = reached(system(one_after_another([parts[i] for i in order])))
        states |= found[0]
        stuck |= found[1]
    assert reached(system(ordered(parts), model)) == (states, stuck)


ELSEWHERE = """
process Elsewhere {
  Change: x := (x + 2) % 4;
  Look:   await x # 1;
  Reset:  x := 0;
}
"""


@pytest.mark.parametrize("seed", range(100, 120))
def test_the_runs_among_others_are_those_of_all_linear_extensions(seed: int) -> None:
    chooser = random.Random(seed)
    number = chooser.randint(2, 3)
    parts = [random_part(i, chooser) for i in range(number)]
    names = "ABCD"
    model = " ".join(f"Acquire[{names[a]}, {names[b]}] = FALSE;" for a in range(number) for b in range(a + 1, number))
    found = [reached(system(one_after_another([*order]), more=ELSEWHERE)) for order in permutations(parts)]
    union = set().union(*[states for states, _ in found]), set().union(*[stuck for _, stuck in found])
    assert reached(system(ordered(parts), model, more=ELSEWHERE)) == union


CALLED = "procedure append(n : 1..4) { Into: log := Append(log, n); Back: return; }\n"


def test_a_part_may_call() -> None:
    parts = [
        "A: call append(1); A2: x := x + 1;",
        "B: if (x = 0) { call append(2); }; B2: skip;",
        "C: while (x = 1) { x := 2; call append(3); }",
    ]
    off = " ".join(f"Acquire[{pair}] = FALSE;" for pair in ("A, B", "A, C", "B, C"))
    found = [reached(system(one_after_another([*order]), more=CALLED)) for order in permutations(parts)]
    union = set().union(*[states for states, _ in found]), set().union(*[stuck for _, stuck in found])
    assert reached(system(ordered(parts), off, more=CALLED)) == union
    bare = replace(system(ordered(parts), more=CALLED), constants=())
    assert system_digest(bare, []) == system_digest(system(one_after_another(parts), more=CALLED), [])


def held(of: TransitionSystem, variable: str, at: str) -> set[str]:
    """Return what a variable holds in the reachable states in which the process is at a label."""
    todo = [start for start in initial_states(of) if not isinstance(start, FaultyStart)]
    seen = set(todo)
    while todo:
        for outcome in steps(of, todo.pop()):
            assert isinstance(outcome, Taken)
            if outcome.target not in seen:
                seen.add(outcome.target)
                todo.append(outcome.target)
    place, counter = of.variable_index(variable), of.variable_index("pc.P")
    return {repr(state[place]) for state in seen if repr(state[counter]) == at}


@pytest.mark.parametrize(
    "leaving",
    ["goto Out;", "call append(1); goto Out;", "if (x = 0) { goto Out; };", "either { goto Out; } or { skip; };"],
)
def test_whoever_leaves_has_run_nothing(leaving: str) -> None:
    parts = [f"A: skip; A2: {leaving}", "B: skip;"]
    of = system(ordered(parts, "Work: skip; Out: skip;"), "Acquire[A, B] = FALSE;", more=CALLED)
    assert held(of, "AcquireDone", "Out") == {"frozenset()"}
    assert held(of, "AcquireDone", "A2") == {"frozenset()", "frozenset({B})"}


def test_a_jump_within_a_part_forgets_nothing() -> None:
    parts = ["A: if (x < 2) { x := x + 1; goto A; };", "B: skip;"]
    of = system(ordered(parts), "Acquire[A, B] = FALSE;")
    assert held(of, "AcquireDone", "A") == {"frozenset()", "frozenset({B})"}
    assert held(of, "AcquireDone", "B") == {"frozenset()", "frozenset({A})"}


def test_a_jump_by_a_macro_leaves_too() -> None:
    leave = "macro leave() { if (x = 0) { goto Out; }; }\n"
    parts = ["A: skip; A2: leave();", "B: skip;"]
    of = system(ordered(parts, "Work: skip; Out: skip;"), "Acquire[A, B] = FALSE;", more=leave)
    assert held(of, "AcquireDone", "Out") == {"frozenset()"}


def test_who_enters_again_begins_anew() -> None:
    again = "Work: if (x < 1) { x := x + 1; log := <<>>; goto Begin; };"
    parts = ["A: log := Append(log, 1);", "B: log := Append(log, 2); if (x = 0) { x := 1; log := <<>>; goto Begin; };"]
    states, _ = reached(system(ordered(parts, again), "Acquire[A, B] = FALSE;"))
    logs = {state[1] for state in states}
    assert logs == {"()", "(1,)", "(2,)", "(1, 2)", "(2, 1)"}


def test_each_process_has_its_own() -> None:
    text = f"""module Orders
sort T
{SHARED}
process P(self \\in T) {{
  Begin: skip;
  order Acquire {{ A: log := Append(log, 1); }} then {{ B: log := Append(log, 2); }}
}}
model m {{ scope T = 2; Acquire[A, B] = FALSE; }}
"""
    of = lower(elaborate(Source("Orders.plus", text)), "m").system
    _, stuck = reached(of)
    states, _ = reached(of)
    assert not stuck
    assert {s[1] for s in states if s[1].count(",") == 3} == {repr(p) for p in {*permutations((1, 1, 2, 2))}}


def test_in_a_procedure_too() -> None:
    more = """
procedure lock_all() {
  Enter: skip;
  order Acquire { A: log := Append(log, 1); } then { B: log := Append(log, 2); }
  Leave: return;
}
"""
    states, stuck = reached(system("Begin: call lock_all(); Work: x := 1;", "Acquire[A, B] = FALSE;", more=more))
    assert not stuck
    assert {s[1] for s in states} == {"()", "(1,)", "(2,)", "(1, 2)", "(2, 1)"}


LOCKING = """
procedure lock_all(n : 0..1) {
  Enter: skip;
  order Acquire { A: log := Append(log, 1 + 2 * n); } then { B: log := Append(log, 2 + 2 * n); }
  Leave: return;
}
"""


def test_two_processes_may_run_the_same_procedure_each_in_its_own_order() -> None:
    other = LOCKING + "process Q { Start: call lock_all(1); }\n"
    states, stuck = reached(system("Begin: call lock_all(0);", "Acquire[A, B] = FALSE;", more=other))
    assert not stuck
    assert {s[1] for s in states if s[1].count(",") == 3} == {repr(p) for p in permutations((1, 2, 3, 4))}
    states, _ = reached(system("Begin: call lock_all(0);", more=other))
    kept = [p for p in permutations((1, 2, 3, 4)) if p.index(1) < p.index(2) and p.index(3) < p.index(4)]
    assert {s[1] for s in states if s[1].count(",") == 3} == {repr(p) for p in kept}


def test_identifiers_are_as_processes_apart() -> None:
    """Each of two processes picks its own order: as with two processes that are written out, in all pairs of orders."""
    steps_of = [f"A: await x # 2; log := Append(log, {i});" for i in (1, 2)]
    parts = [steps_of[0], "B: x := (x + 1) % 4; log := Append(log, 2);"]
    name = r"P(self \in Who)"
    whole = "Begin: skip; order Acquire { " + " } then { ".join(parts) + " }"
    of = system(whole, "Acquire[A, B] = FALSE;", more="enum Who == { p, q }\n", process=name)

    def shared(found: tuple[set[State], set[State]]) -> tuple[set[State], set[State]]:
        return {s[:2] for s in found[0]}, {s[:2] for s in found[1]}

    states: set[State] = set()
    stuck: set[State] = set()
    for one in permutations(parts):
        for other in permutations(parts):
            second = f"process Q {{ Begin: skip; {' '.join(other)} }}\n"
            found = shared(reached(system("Begin: skip; " + " ".join(one), more=second)))
            states |= found[0]
            stuck |= found[1]
    assert shared(reached(of)) == (states, stuck)


def models_of(*entries: str) -> list[TransitionSystem]:
    """Return systems of models each of which extends the one before."""
    text = f"module Orders\n{SHARED}\nprocess P {{\n{ordered(PARTS)}\n}}\nswitch Other : BOOLEAN == TRUE\n"
    for i, entry in enumerate(entries):
        text += f"model m{i} {f'extends m{i - 1} ' if i else ''}{{ {entry} }}\n"
    elaborated = elaborate(Source("Orders.plus", text))
    return [lower(elaborated, f"m{i}").system for i in range(len(entries))]


def off(of: TransitionSystem) -> set[str]:
    (constant,) = [c for c in of.constants if c.parts]
    assert isinstance(constant.value, Function)
    return {repr(pair) for pair, value in constant.value.pairs if value is False}


def test_models_inherit_what_is_said_of_an_order() -> None:
    found = models_of("Acquire[A, B] = FALSE;", "Acquire[B, C] = FALSE;", "Acquire[A, B] = TRUE;")
    assert [off(of) for of in found] == [{"(A, B)"}, {"(A, B)", "(B, C)"}, {"(B, C)"}]


def of_behaviour(of: TransitionSystem) -> str:
    return system_digest(replace(of, model="", constants=()), [])


def test_nothing_rests_on_the_value_of_an_order_that_is_open() -> None:
    text = f"module Orders\n{SHARED}\nprocess P {{\n{ordered(PARTS)}\n}}\nswitch Other : BOOLEAN == TRUE\n"
    text += "model m { }\nmodel n { Acquire[A, B] = FALSE; Acquire[A, C] = FALSE; }\n"
    elaborated = elaborate(Source("Orders.plus", text))
    one, other = [lower(elaborated, name, open_switches=frozenset({"Acquire"})).system for name in ("m", "n")]
    assert of_behaviour(one) == of_behaviour(other)
    assert [(c.name, c.is_switch) for c in one.constants] == [("Acquire", True), ("Other", False)]
    closed = lower(elaborated, "n").system
    assert [(c.name, c.is_switch) for c in closed.constants] == [("Acquire", True), ("Other", True)]


@pytest.mark.parametrize("seed", range(20))
def test_open_it_runs_as_the_model_has_it(seed: int) -> None:
    chooser = random.Random(seed)
    parts = [random_part(i, chooser) for i in range(3)]
    pairs = [pair for pair in ("A, B", "A, C", "B, C") if chooser.random() < 0.5]
    model = " ".join(f"Acquire[{pair}] = FALSE;" for pair in pairs)
    text = f"module Orders\n{SHARED}\nprocess P {{\n{ordered(parts)}\n}}\nmodel m {{ {model} }}\n"
    elaborated = elaborate(Source("Orders.plus", text))
    assert reached(lower(elaborated, "m", open_switches=frozenset({"Acquire"})).system) == reached(
        lower(elaborated, "m").system
    )


def test_which_parts_have_been_run_can_be_mentioned() -> None:
    more = "witness Both == AcquireDone = {B}\n"
    assert "AcquireDone" in [v.name for v in system(ordered(PARTS[:2]), more=more).variables]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("Begin: skip; order O { A: skip; } then { skip; }", Code.MISSING_LABEL),
        ("order O { A: skip; } then { B: skip; }", Code.MISSING_LABEL),
        ("Begin: if (x = 0) { order O { A: skip; } then { B: skip; } };", Code.ORDER_NOT_ALLOWED),
        (
            "Begin: skip; order O { A: skip; order Q { C: skip; } then { D: skip; } } then { B: skip; }",
            Code.ORDER_NOT_ALLOWED,
        ),
        ("Begin: skip; order O { A: skip; } then { B: skip; }; Again: goto B;", Code.JUMP_INTO_ORDER),
        ("Begin: skip; order O { A: goto B; } then { B: skip; }", Code.JUMP_INTO_ORDER),
        ("Begin: skip; order O { A: skip; } then { A: skip; }", Code.DUPLICATE_NAME),
        ("Begin: skip; order x { A: skip; } then { B: skip; }", Code.DUPLICATE_NAME),
        ("Begin: skip; order O { A: skip; } then { }", Code.MISSING_LABEL),
        ("Begin: skip; order O { A: skip; }", Code.UNEXPECTED_TOKEN),
        ("Begin: skip; order { A: skip; } then { B: skip; }", Code.UNEXPECTED_TOKEN),
        ("Begin: skip; order O { } then { }", Code.MISSING_LABEL),
        ("Begin: skip; order O { A: skip; } then { B: skip; }; x := 1;", Code.MISSING_LABEL),
        ("Begin: skip; order O { A: call F(); } then { B: skip; }", Code.MISSING_LABEL),
        ("Begin: skip; order O { A: if (x = 0) { call F(); }; } then { B: skip; }", Code.MISSING_LABEL),
        ("Begin: skip; order O { A: either { skip; } or { call F(); }; } then { B: skip; }", Code.MISSING_LABEL),
        ("Begin: skip; order O { A: skip; } then { B: with (y \\in {1}) { call F(); }; }", Code.MISSING_LABEL),
        ("Begin: while (x = 0) { order O { A: skip; } then { B: skip; } }", Code.ORDER_NOT_ALLOWED),
        ("Begin: with (y \\in {1}) { order O { A: skip; } then { B: skip; } }", Code.ORDER_NOT_ALLOWED),
        ("Begin: skip; order P { A: skip; } then { B: skip; }", Code.DUPLICATE_NAME),
        ("Begin: skip; order A { A: skip; } then { B: skip; }", Code.DUPLICATE_NAME),
        ("Begin: skip; order O { x: skip; } then { B: skip; }", Code.DUPLICATE_NAME),
        ("Begin: skip; order O { Done: skip; } then { B: skip; }", Code.DUPLICATE_NAME),
        ("Begin: ODone := {}; order O { A: skip; } then { B: skip; }", Code.NOT_ASSIGNABLE),
        ("Begin: skip; order O { A: ODone := {B}; } then { B: skip; }", Code.NOT_ASSIGNABLE),
    ],
)
def test_what_is_wrong_is_said(body: str, code: Code) -> None:
    with pytest.raises(SpecError) as caught:
        system(body + "\n", more="procedure F() { F1: return; }\n")
    assert code in {d.code for d in caught.value.diagnostics}, caught.value.diagnostics


@pytest.mark.parametrize("entry", ["O[B, A] = FALSE;", "O[A, A] = FALSE;"])
def test_only_pairs_as_written_can_be_set(entry: str) -> None:
    with pytest.raises(SpecError) as caught:
        system("Begin: skip; order O { A: skip; } then { B: skip; }", entry)
    assert [d.code for d in caught.value.diagnostics] == [Code.BAD_CONSTANT_VALUE]


def test_two_orders_of_one_name_are_told_apart_by_it() -> None:
    twice = "Begin: skip; order O { A: skip; } then { B: skip; }; More: skip; order O { C: skip; } then { D: skip; }"
    with pytest.raises(SpecError) as caught:
        system(twice)
    assert [d.message for d in caught.value.diagnostics] == ["`O` is declared twice"]


@pytest.mark.parametrize("name", ["pair", "next", "part", "element"])
def test_it_takes_no_name_but_its_own(name: str) -> None:
    of = system(ordered(PARTS), "Acquire[A, B] = FALSE;", more=f"var {name} : 0..1 = 0\n")
    assert [v.name for v in of.variables] == ["x", "log", name, "pc.P", "AcquireDone"]


def test_a_variable_called_done_is_one_as_any() -> None:
    assert "WorkDone" in [
        v.name for v in system("Begin: WorkDone := {1};", more="var WorkDone : SUBSET 1..2 = {}\n").variables
    ]


def test_one_after_the_other_by_labels_of_their_own() -> None:
    body = """
      First: order O { A: log := Append(log, 1); } then { B: log := Append(log, 2); }
      Second: order Q { C: log := Append(log, 3); } then { D: log := Append(log, 4); }
    """
    states, _ = reached(system(body, "O[A, B] = FALSE; Q[C, D] = FALSE;"))
    assert {s[1] for s in states if s[1].count(",") == 3} == {
        repr((*one, *other)) for one in permutations((1, 2)) for other in permutations((3, 4))
    }


def test_its_two_words_are_names_everywhere_else() -> None:
    of = system("order: then := then + order;", more="const order : 1..1 == 1\nvar then : 0..3 = 0\n")
    assert [v.name for v in of.variables] == ["x", "log", "then", "pc.P"]
