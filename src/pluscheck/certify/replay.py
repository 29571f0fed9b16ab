"""Replaying a trace: every state and step of it is checked against the reference semantics before anyone sees it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pluscheck.core.changes import Change, changes
from pluscheck.core.evaluator import Fault
from pluscheck.core.explain import Explanation, explain
from pluscheck.core.exprs import Site
from pluscheck.core.semantics import (
    Arguments,
    Broken,
    FaultyStart,
    Taken,
    holds,
    initial_states,
    is_deadlock,
    is_initial,
    is_state,
    is_terminal,
    outcomes,
    steps,
)
from pluscheck.core.system import (
    DEADLOCK,
    FAULTS,
    Action,
    Property,
    PropertyKind,
    State,
    TransitionSystem,
)
from pluscheck.core.waiting import Waiting, waiting
from pluscheck.evidence.trace import Step, Trace


@dataclass(frozen=True, slots=True)
class ReplayedStep:
    """A step that the system takes: with which arguments, to which state, and what differs from the state before."""

    action: Action
    arguments: Arguments
    target: State
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Replay:
    """A run of the system that violates a property (or reaches a witness), and why it does.

    `states` are the initial state and each step's target. `explanation` is that of the property's formula in the last state or step, `waiting` is
    for a deadlock; `fault` is the site of a violated implicit property, and `faulting` the step that cannot be completed, if it is one.
    """

    property: str
    states: tuple[State, ...]
    steps: tuple[ReplayedStep, ...]
    explanation: Explanation | None = None
    waiting: tuple[Waiting, ...] = ()
    fault: Site | None = None
    faulting: Broken | None = None


@dataclass(frozen=True, slots=True)
class Rejection:
    """Evidence that does not show what it claims: a defect of the engine it came from."""

    reason: str


class _Refused(Exception):  # noqa: N818 - never leaves this module
    """The trace does not show what it claims."""


def replay(system: TransitionSystem, trace: Trace, name: str) -> Replay | Rejection:
    """Return the run that the trace describes, if the system has it and it violates the property of this name (reaches it, for a witness)."""
    try:
        run = _run(system, trace)
        match name:
            case _ if name == FAULTS:
                return _faulting_end(system, trace, run)
            case _ if trace.fault is not None or trace.faulting is not None:
                raise _Refused(f"the trace ends in a fault, which does not violate {name}")
            case _ if not trace.states:
                raise _Refused("the trace has no states")
            case _ if name == DEADLOCK:
                return _deadlocked_end(system, trace, run)
            case _:
                return _end(system, trace, run, name)
    except _Refused as refused:
        return Rejection(str(refused))
    except Fault as fault:
        return Rejection(f"replaying the trace runs into {fault}")


def _run(system: TransitionSystem, trace: Trace) -> tuple[ReplayedStep, ...]:
    """Return the steps of the trace, all of which the system can take."""
    if len(trace.states) != len(trace.steps) + (1 if trace.states else 0):
        raise _Refused(f"{len(trace.states)} states do not fit {len(trace.steps)} steps")
    for number, state in enumerate(trace.states):
        if not is_state(system, state):
            raise _Refused(f"what is called state {number} is no state of the system")
    if trace.states and not is_initial(system, trace.states[0]):
        raise _Refused("the first state is not an initial state")
    return tuple(
        _replayed(system, number, before, step, after)
        for number, (before, step, after) in enumerate(
            zip(trace.states, trace.steps, trace.states[1:], strict=False), 1
        )
    )


def _replayed(system: TransitionSystem, number: int, before: State, step: Step, after: State) -> ReplayedStep:
    action = _action_of(system, step)
    for outcome in outcomes(system, action, before):
        if isinstance(outcome, Taken) and outcome.arguments == step.arguments:
            if outcome.target != after:
                raise _Refused(f"step {number}, {step.action}, leads to another state")
            return ReplayedStep(action, outcome.arguments, after, changes(system, before, after))
    raise _Refused(f"step {number}, {step.action}, is not possible with these arguments")


def _action_of(system: TransitionSystem, step: Step) -> Action:
    for action in system.actions:
        if (action.name, action.variant) == (step.action, step.variant):
            return action
    raise _Refused(f"there is no action {step.action} with a variant {step.variant}")


# ------------------------------------------------------------------------------------ what a run ends in


def _end(system: TransitionSystem, trace: Trace, run: tuple[ReplayedStep, ...], name: str) -> Replay:
    """Return the replay of a run that violates a property, or reaches it."""
    claim = _property_of(system, name)
    state, next_state = trace.states[-1], None
    if claim.kind is PropertyKind.TRANSITION:
        if not run:
            raise _Refused("a transition property is not violated without a step")
        state, next_state = trace.states[-2:]
    if holds(system, claim, state, next_state) != (claim.kind is PropertyKind.WITNESS):
        raise _Refused(f"{name} is not violated (or, as a witness, not reached) where the run ends")
    return Replay(name, trace.states, run, explanation=explain(system, claim.formula, state, next_state))


def _property_of(system: TransitionSystem, name: str) -> Property:
    for claim in system.properties:
        if claim.name == name:
            return claim
    raise _Refused(f"no property is called {name}")


def _deadlocked_end(system: TransitionSystem, trace: Trace, run: tuple[ReplayedStep, ...]) -> Replay:
    last = trace.states[-1]
    if not is_deadlock(system, last):
        raise _Refused("the last state is no deadlock")
    return Replay(DEADLOCK, trace.states, run, waiting=waiting(system, last))


def _faulting_end(system: TransitionSystem, trace: Trace, run: tuple[ReplayedStep, ...]) -> Replay:
    """Return the replay of a run that ends at the fault which the trace names."""
    if trace.fault is None:
        raise _Refused("the trace names no fault")
    if trace.faulting is None:
        if trace.fault not in _faults_without_step(system, trace.states):
            raise _Refused("nothing that is evaluated where the run ends faults at the site named")
        return Replay(FAULTS, trace.states, run, fault=trace.fault)
    if not trace.states:
        raise _Refused("the trace has a step and no states")
    action = _action_of(system, trace.faulting)
    for outcome in outcomes(system, action, trace.states[-1]):
        # What would have been picked after the fault does not matter.
        if (
            isinstance(outcome, Broken)
            and outcome.site == trace.fault
            and outcome.arguments == trace.faulting.arguments[: len(outcome.arguments)]
        ):
            return Replay(FAULTS, trace.states, run, fault=trace.fault, faulting=outcome)
    raise _Refused(f"{trace.faulting.action} does not fault at the site named with these arguments")


def _faults_without_step(system: TransitionSystem, states: tuple[State, ...]) -> Iterator[Site]:
    """Yield the sites at which the initial condition (if there are no states), a property or `terminal` faults where a run ends."""
    if not states:
        yield from (start.site for start in initial_states(system) if isinstance(start, FaultyStart))
        return
    for claim in system.properties:
        try:
            if claim.kind is not PropertyKind.TRANSITION:
                holds(system, claim, states[-1])
            elif len(states) > 1:
                holds(system, claim, states[-2], states[-1])
        except Fault as fault:
            yield fault.site
    try:
        if not any(True for _ in steps(system, states[-1])):
            is_terminal(system, states[-1])
    except Fault as fault:
        yield fault.site
