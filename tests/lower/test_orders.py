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
    ],
)
def test_what_is_wrong_is_said(body: str, code: Code) -> None:
    with pytest.raises(SpecError) as caught:
        system(body + "\n")
    assert code in {d.code for d in caught.value.diagnostics}, caught.value.diagnostics


def test_its_two_words_are_names_everywhere_else() -> None:
    of = system("order: then := then + order;", more="const order : 1..1 == 1\nvar then : 0..3 = 0\n")
    assert [v.name for v in of.variables] == ["x", "log", "then", "pc.P"]
