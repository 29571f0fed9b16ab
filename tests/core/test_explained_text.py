"""What is said of a piece of the text is true of that text: whoever reads it again and asks the evaluator gets the same answer."""

from __future__ import annotations

import random

import pytest

from lowering import system_of
from pluscheck.core.evaluator import evaluate
from pluscheck.core.explain import Explanation, explain
from pluscheck.core.semantics import Taken, initial_states, steps
from pluscheck.core.system import State, TransitionSystem
from pluscheck.core.values import show
from pluscheck.core.waiting import waiting

VARIABLES = """module Text
enum Place == { x, y }
var a : 0..3 \\in 0..3
var b : 0..3 \\in 0..3
var on : BOOLEAN \\in BOOLEAN
var s : SUBSET (0..2) \\in SUBSET (0..2)
var f : [Place -> 0..2] \\in [Place -> 0..2]
Small(named) == named < 2
Both == a = 1 /\\ b # 1
"""
ATOMS = (
    "a # 2",
    "a = b",
    "a /= b",
    "a > b",
    "a >= 1",
    "~on",
    "on",
    "on # (a = 1)",
    "on <=> b < 2",
    "a \\notin s",
    "b \\in s",
    "s \\subset {0, 1}",
    "{0, 1} \\subseteq s",
    "s # {}",
    "f[x] # f[y]",
    "Both",
    "~Both",
    "Small(a)",
    "~Small(b)",
    "~(LET named == a IN named # b)",
    "f # [p \\in Place |-> 0]",
)


def formula(chooser: random.Random, depth: int) -> str:
    if depth == 0:
        return chooser.choice(ATOMS)
    parts = [formula(chooser, depth - 1) for _ in range(3)]
    return chooser.choice(
        [
            f"(({parts[0]}) /\\ ({parts[1]}))",
            f"(({parts[0]}) \\/ ({parts[1]}))",
            f"(({parts[0]}) => ({parts[1]}))",
            f"~({parts[0]})",
            f"(({parts[0]}) <=> ({parts[1]}))",
            f"(IF {parts[0]} THEN {parts[1]} ELSE {parts[2]})",
            f"(\\A p \\in Place : f[p] # 1 \\/ {parts[0]})",
            f"(\\E n \\in 0..2 : n \\notin s /\\ ~(n = a /\\ {parts[0]}))",
        ]
    )


def again(atom: Explanation, state: State, more: str = "") -> object:
    """Return what the text of an atom is in the state, read by itself."""
    names = "".join(f"LET {name} == {show(value)} IN " for name, value in atom.bindings)
    system = system_of(f"{VARIABLES}{more}\ninvariant Again == {names}({atom.span.text})\n")
    return evaluate(system, system.properties[0].formula, state)


def start(system: TransitionSystem, chooser: random.Random) -> State:
    return chooser.choice([state for state in initial_states(system) if isinstance(state, tuple)])


@pytest.mark.parametrize("seed", range(60))
def test_every_atom_is_as_its_text_says(seed: int) -> None:
    chooser = random.Random(seed)
    system = system_of(f"{VARIABLES}\ninvariant Whole == {formula(chooser, chooser.randint(0, 3))}\n")
    state = start(system, chooser)
    why = explain(system, system.properties[0].formula, state)
    atoms = [atom for atom in why.atoms() if "named" not in atom.span.text]  # which is nothing by itself
    for atom in atoms:
        assert atom.truth == again(atom, state), atom.span.text


CHOICES = """process P {
  Try: if ({0}) { await {1}; } else { await {2}; goto Try; };
  Then: if ({3}) { await {1}; a := 0; } else { await {2}; };
}
"""


@pytest.mark.parametrize("seed", range(40))
def test_what_keeps_a_process_waiting_is_as_its_text_says(seed: int) -> None:
    chooser = random.Random(seed)
    body = CHOICES
    for number in range(4):
        body = body.replace(f"{{{number}}}", formula(chooser, chooser.randint(0, 1)))
    system = system_of(f"{VARIABLES}{body}")
    for _ in range(20):
        state = start(system, chooser)
        (entry,) = waiting(system, state)
        possible = any(isinstance(one, Taken) for one in steps(system, state))
        assert possible or entry.blocked
        atoms = [atom for one in entry.blocked if one.explanation is not None for atom in one.explanation.atoms()]
        for atom in atoms:
            if "named" not in atom.span.text:
                assert atom.truth == again(atom, state, body), atom.span.text


def test_a_proper_subset_is_one_sign() -> None:
    system = system_of(f"{VARIABLES}\ninvariant Whole == s \\subset {{0, 1}}\n")
    state = next(s for s in initial_states(system) if isinstance(s, tuple) and s[3] == frozenset({0, 1}))
    (atom,) = explain(system, system.properties[0].formula, state).atoms()
    assert (atom.span.text, atom.truth) == ("s \\subset {0, 1}", False)
    assert [shown.text for shown in atom.values] == ["s"]


def test_of_an_if_only_the_way_that_is_gone_is_waited_on() -> None:
    system = system_of(f"{VARIABLES}process P {{ Try: if (a = 1) {{ await on; goto Try; }} else {{ await ~on; }}; }}")
    for state in (s for s in initial_states(system) if isinstance(s, tuple)):
        (entry,) = waiting(system, state)
        if not any(True for _ in steps(system, state)):
            (one,) = entry.blocked
            assert one.clause.span.text.strip(" ;") == ("await on" if state[0] == 1 else "await ~on")
