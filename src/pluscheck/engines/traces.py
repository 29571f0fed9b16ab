"""From a run of a ground system to evidence."""

from __future__ import annotations

from pluscheck.core.system import Action
from pluscheck.evidence.trace import Step, Trace
from pluscheck.ground.ground import Arguments, GroundSystem
from pluscheck.ground.runs import Run


def trace_of(system: GroundSystem, run: Run) -> Trace:
    """Return the run as evidence."""
    steps = tuple([step_of(taken.action, taken.arguments) for taken in run.actions(system)])
    return Trace(run.states(system), steps)


def step_of(action: Action, arguments: Arguments) -> Step:
    """Return a step as evidence has it."""
    return Step(action.name, action.variant, arguments, action.span)
