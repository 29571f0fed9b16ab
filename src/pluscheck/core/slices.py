"""Which steps of a run made it end as it does: the backward slice of the writes that what fails there depends on.

A dynamic slice (Korel and Laski, 1988) of data alone, found by leaving steps out: that a step was possible at all is told by the guards, which every step of a
shortest run needs; what a reader asks is who wrote what is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pluscheck.core.evaluator import Fault, Setting, deep_recursion, outermost, value_of
from pluscheck.core.explain import Explanation, explain
from pluscheck.core.semantics import Arguments
from pluscheck.core.system import Action, Bind, Property, PropertyKind, State, TransitionSystem

MOST_EFFECTS = 20_000
"""So many effects of steps are evaluated to leave steps out by way of trial, a second or two; those that were not tried by then count as needed.

Counted, not timed: what is said of a run does not depend on the machine.
"""


@dataclass(frozen=True, slots=True)
class ActionStep:
    """A step of a run: the action, and everything that was picked."""

    action: Action
    arguments: Arguments


def needed_steps(
    system: TransitionSystem, claim: Property, initial: State, steps: Sequence[ActionStep]
) -> tuple[bool, ...]:
    """Return for each step whether what the property says at the end depends on what the step wrote.

    The effects of the steps that are needed, one after another from the initial state and without asking for guards, make the property's formula true or false at
    the end for the same reasons, with the same values, as the whole run does. Of a transition property the last step is always needed.
    """
    last = len(steps) - 1 if claim.kind is PropertyKind.TRANSITION else None
    needed = [True] * len(steps)
    wanted = _end(system, claim, initial, steps, needed)
    if wanted is None:
        return tuple(needed)
    left = MOST_EFFECTS
    # Large parts first, so that of a long run most is left out in few trials; then ever smaller ones, from the end.
    size = max(1, len(steps) // 2)
    while True:
        for start in range(len(steps) - size, -size, -size):
            part = [number for number in range(max(0, start), start + size) if needed[number] and number != last]
            if not part or left <= 0:
                continue
            for number in part:
                needed[number] = False
            left -= sum(needed)
            if _end(system, claim, initial, steps, needed) != wanted:
                for number in part:
                    needed[number] = True
        if size == 1:
            return tuple(needed)
        size //= 2


def _end(
    system: TransitionSystem, claim: Property, initial: State, steps: Sequence[ActionStep], taken: Sequence[bool]
) -> list[Explanation] | None:
    """Return the smallest parts that decide the property's formula after the effects of the steps taken; None if something is not defined."""
    before = state = initial
    try:
        for step, is_taken in zip(steps, taken, strict=True):
            if is_taken:
                before, state = state, _effect(system, step, state)
        if claim.kind is PropertyKind.TRANSITION:
            return list(explain(system, claim.formula, before, state).atoms())
        return list(explain(system, claim.formula, state).atoms())
    except Fault:
        return None


def _effect(system: TransitionSystem, step: ActionStep, state: State) -> State:
    """Return what the step's updates make of a state, whether the step is possible there or not. Raises Fault."""
    setting: Setting = outermost(system, state).binding(dict(step.arguments))
    with deep_recursion(step.action.span):
        for clause in step.action.clauses:
            if isinstance(clause, Bind):
                setting = setting.binding({clause.name: value_of(clause.value, setting)})
        new = {update.variable: value_of(update.value, setting) for update in step.action.updates}
    return tuple(new.get(variable.name, old) for variable, old in zip(system.variables, state, strict=True))
