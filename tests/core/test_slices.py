"""A slice keeps the last writer of everything that what fails reads, and so on backwards: its effects alone write the same values into all that is read."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from lowering import system_of
from pluscheck.core.dependence import Part
from pluscheck.core.semantics import Taken, holds, initial_states, steps
from pluscheck.core.slices import ActionStep, Slice, effect, sliced
from pluscheck.core.system import Property, State, TransitionSystem
from pluscheck.core.values import Function, Record, Value

COPY = """module Copy
enum Place == { here, there }
var box   : [Place -> 0..3] = [p \\in Place |-> 0]
var noise : 0..9            = 0
var seen  : 0..3            = 0
action Put(n \\in 1..3) { box[here] := n; }
action Move  { box[there] := box[here]; }
action Look  { await box[there] # 0; seen := box[there]; }
action Noise { noise := noise + 1; }
action Other { box[here] := 0; }
action Reset { box[there] := 0; seen := 0; }
invariant Small == seen < 3
transition Quiet == seen' = 3 => noise' = 0
invariant Emptied == box[here] = 0
"""

Run = tuple[list[State], list[ActionStep]]


def taken(system: TransitionSystem, *wanted: str | tuple[str, int]) -> Run:
    states = [next(start for start in initial_states(system) if isinstance(start, tuple))]
    found: list[ActionStep] = []
    for each in wanted:
        name, *arguments = (each,) if isinstance(each, str) else each
        one = next(
            step
            for step in steps(system, states[-1])
            if isinstance(step, Taken) and step.action.name == name and [v for _, v in step.arguments] == arguments
        )
        found.append(ActionStep(one.action, one.arguments))
        states.append(one.target)
    return states, found


def claim_of(system: TransitionSystem, name: str) -> Property:
    return next(p for p in system.properties if p.name == name)


def names(found: Sequence[ActionStep], kept: Slice) -> list[str]:
    return [step.action.name for step, is_needed in zip(found, kept.needed, strict=True) if is_needed]


RUN = ("Noise", ("Put", 1), "Move", ("Put", 3), "Noise", "Move", "Other", "Look", "Noise")


def test_only_the_writes_that_lead_to_the_failure_are_needed() -> None:
    system = system_of(COPY)
    states, found = taken(system, *RUN)
    assert names(found, sliced(system, claim_of(system, "Small"), states, found)) == ["Put", "Move", "Look"]


def test_who_wrote_a_value_is_told_even_if_it_was_there_at_first_too() -> None:
    """The value is what it was before anything happened, but not since nothing happened."""
    system = system_of(COPY.replace("Emptied == box[here] = 0", "Emptied == box[here] # 0 \\/ noise = 0"))
    states, found = taken(system, ("Put", 1), "Other", "Noise")
    assert names(found, sliced(system, claim_of(system, "Emptied"), states, found)) == ["Other", "Noise"]


def test_who_stores_what_was_there_already_has_written_it() -> None:
    system = system_of(COPY.replace("Emptied == box[here] = 0", "Emptied == box[there] # 0 \\/ noise = 0"))
    states, found = taken(system, "Move", "Noise", "Reset")
    assert names(found, sliced(system, claim_of(system, "Emptied"), states, found)) == ["Noise", "Reset"]


def test_of_a_transition_property_the_last_step_is_needed() -> None:
    system = system_of(COPY)
    states, found = taken(system, *RUN[:-1])
    kept = sliced(system, claim_of(system, "Quiet"), states, found)
    assert kept.needed[-1]
    assert "Noise" in names(found, kept)
    assert "Other" not in names(found, kept)


# ---------------------------------------------------------------------------------------- for any system

PARTS = (
    "a := {e};",
    "b := {e};",
    "f[x] := {e};",
    "f[y] := {e};",
    "r.low := {e};",
    "r.high := {e};",
    "f := [p \\in Place |-> IF p = x THEN f[y] ELSE {e}];",
    "if (a < b) { r.low := {e}; } else { b := {e}; };",
    "if (f[x] = 0) { f[y] := {e}; a := r.high; };",
    "s := s \\cup {{e}};",
    "s := IF a \\in s THEN {} ELSE s;",
    "r := [low |-> {e}, high |-> r.low];",
    "await a < 3 \\/ b > 0; a := {e};",
)
TERMS = ("0", "1", "2", "a", "b", "f[x]", "f[y]", "r.low", "r.high", "(a + b) % 3", "IF a \\in s THEN 1 ELSE b")
CLAIMS = (
    "a + f[x] # 2",
    "\\A p \\in Place : f[p] < 2 \\/ r.low = 0",
    "~(1 \\in s /\\ b = 1)",
    "r.high # 1 \\/ f[y] # 1",
    "a = b => r.low = 0",
    "\\A n \\in s : f[x] # n",
    "CASE a = 0 -> TRUE [] a = b -> r.high = 0 [] OTHER -> f[y] < 2",
    "\\E p \\in {q \\in Place : f[q] < b} : f[p] = r.low",
)


def random_system(chooser: random.Random) -> TransitionSystem:
    lines = [
        "module Random",
        "enum Place == { x, y }",
        "var a : 0..2 = 0",
        "var b : 0..2 = 0",
        "var f : [Place -> 0..2] = [p \\in Place |-> 0]",
        "var r : [low : 0..2, high : 0..2] = [low |-> 0, high |-> 0]",
        "var s : SUBSET 0..2 = {}",
    ]
    for number in range(6):
        part = chooser.choice(PARTS).replace("{e}", chooser.choice(TERMS))
        lines.append(f"action A{number} {{ {part} }}")
    lines += [f"invariant I{number} == {formula}" for number, formula in enumerate(CLAIMS)]
    return system_of("\n".join(lines) + "\n")


def at(system: TransitionSystem, state: State, name: str, part: Part) -> Value:
    here = state[system.variable_index(name)]
    for key in part:
        assert isinstance(here, Function | Record)
        here = here.mapping[key] if isinstance(here, Function) else here[str(key)]
    return here


@pytest.mark.parametrize("seed", range(60))
def test_the_effects_of_what_is_needed_write_what_is_read(seed: int) -> None:
    chooser = random.Random(seed)
    system = random_system(chooser)
    states: list[State] = [next(start for start in initial_states(system) if isinstance(start, tuple))]
    found: list[ActionStep] = []
    checked = left_out = 0
    for _ in range(40):
        outcomes = [one for one in steps(system, states[-1]) if isinstance(one, Taken)]
        if not outcomes:
            break
        one = chooser.choice(outcomes)
        found.append(ActionStep(one.action, one.arguments))
        states.append(one.target)
        for claim in system.properties:
            if holds(system, claim, states[-1]):
                continue
            kept = sliced(system, claim, states, found)
            state = states[0]
            for step, is_needed in zip(found, kept.needed, strict=True):
                state = effect(system, step, state) if is_needed else state
            assert kept.read
            assert not holds(system, claim, state)
            for name, part in kept.read:
                assert at(system, state, name, part) == at(system, states[-1], name, part), (claim.name, name, part)
            checked += 1
            left_out += len(found) - sum(kept.needed)
    assert not checked or left_out  # something is always beside the point
