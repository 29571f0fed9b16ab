"""What a slice leaves out can be left out: the effects of what it keeps end in the same failure, for the same reasons."""

from __future__ import annotations

from collections.abc import Sequence

from lowering import system_of
from pluscheck.core.evaluator import evaluate
from pluscheck.core.semantics import Taken, initial_states, steps
from pluscheck.core.slices import ActionStep, needed_steps
from pluscheck.core.system import State, TransitionSystem

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
invariant Small == seen < 3
transition Quiet == seen' = 3 => noise' = 0
"""


def taken(system: TransitionSystem, *wanted: tuple[str, int | None]) -> tuple[State, list[ActionStep]]:
    first = state = next(start for start in initial_states(system) if isinstance(start, tuple))
    found: list[ActionStep] = []
    for name, argument in wanted:
        one = next(
            step
            for step in steps(system, state)
            if isinstance(step, Taken)
            and step.action.name == name
            and (argument is None or step.arguments[0][1] == argument)
        )
        found.append(ActionStep(one.action, one.arguments))
        state = one.target
    return first, found


def names(found: Sequence[ActionStep], needed: Sequence[bool]) -> list[str]:
    return [step.action.name for step, is_needed in zip(found, needed, strict=True) if is_needed]


RUN = (
    ("Noise", None),
    ("Put", 1),
    ("Move", None),
    ("Put", 3),
    ("Noise", None),
    ("Move", None),
    ("Other", None),
    ("Look", None),
    ("Noise", None),
)


def test_only_the_writes_that_lead_to_the_failure_are_needed() -> None:
    system = system_of(COPY)
    claim = next(p for p in system.properties if p.name == "Small")
    first, found = taken(system, *RUN)
    assert names(found, needed_steps(system, claim, first, found)) == ["Put", "Move", "Look"]


def test_what_is_needed_alone_ends_in_the_same_failure() -> None:
    system = system_of(COPY)
    claim = next(p for p in system.properties if p.name == "Small")
    first, found = taken(system, *RUN)
    needed = needed_steps(system, claim, first, found)
    kept = [
        (step.action.name, step.arguments[0][1] if step.arguments else None)
        for step, is_needed in zip(found, needed, strict=True)
        if is_needed
    ]
    _, again = taken(system, *[(name, value if isinstance(value, int) else None) for name, value in kept])
    state = first
    for step in again:
        state = next(
            one.target
            for one in steps(system, state)
            if isinstance(one, Taken) and (one.action, one.arguments) == (step.action, step.arguments)
        )
    assert evaluate(system, claim.formula, state) is False


def test_of_a_transition_property_the_last_step_is_needed() -> None:
    system = system_of(COPY)
    claim = next(p for p in system.properties if p.name == "Quiet")
    first, found = taken(system, *RUN[:-1])
    needed = needed_steps(system, claim, first, found)
    assert needed[-1]
    assert "Noise" in names(found, needed)
    assert "Other" not in names(found, needed)
