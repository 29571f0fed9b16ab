"""The states that a small system can reach, found by the reference semantics, to be drawn with one run through them."""

from __future__ import annotations

from dataclasses import dataclass, field

from pluscheck.base.errors import InternalError
from pluscheck.certify.replay import Replay
from pluscheck.core.changes import changes, parts
from pluscheck.core.evaluator import Fault
from pluscheck.core.semantics import Broken, FaultyStart, Taken, holds, initial_states, is_deadlock, steps
from pluscheck.core.system import DEADLOCK, FAULTS, Property, PropertyKind, State, TransitionSystem
from pluscheck.core.values import show
from pluscheck.pipeline.evidence import written
from pluscheck.pipeline.options import UsageError
from pluscheck.report.because import headline
from pluscheck.report.formats.dot import GraphState, GraphStep, StateGraph
from pluscheck.report.story import Story

MOST_STATES = 200
"""How many states are drawn; nobody reads a larger picture."""


@dataclass(slots=True)
class _Found:
    """What was found so far: states in the order in which they were, with their numbers, and the names of the steps between two of them."""

    numbers: dict[State, int] = field(default_factory=dict)
    order: list[State] = field(default_factory=list)
    initial: set[int] = field(default_factory=set)
    faulty: set[int] = field(default_factory=set)
    steps: dict[tuple[int, int], dict[str, None]] = field(default_factory=dict)


def state_graph(system: TransitionSystem, run: Replay, story: Story, *, most: int = MOST_STATES) -> StateGraph:
    """Return the graph of all reachable states with the run in it.

    Raises:
        UsageError: there are more than `most` states.
        SpecError: there are too many initial states to try.
    """
    found = _explored(system, most)
    if run.property == FAULTS and run.states:  # what faults there may be a property, not a step
        found.faulty.add(found.numbers[run.states[-1]])
    states = found.order
    claim = next((p for p in system.properties if p.name == run.property), None)
    paths = _varying(system, states)
    return StateGraph(
        title=f"{system.name}, model {system.model}: {headline(story)}",
        states=tuple(
            GraphState(
                lines=tuple(
                    f"{written(path)} = {text}" for path, text in _shown(system, state).items() if path in paths
                ),
                is_initial=number in found.initial,
                is_bad=_is_bad(system, run.property, claim, state, is_faulty=number in found.faulty),
            )
            for number, state in enumerate(states)
        ),
        steps=tuple(
            GraphStep(source, target, tuple(names), _is_bad_step(system, claim, states[source], states[target]))
            for (source, target), names in found.steps.items()
        ),
        path=tuple(found.numbers[state] for state in run.states),
        is_reached=claim is not None and claim.kind is PropertyKind.WITNESS,
    )


def _explored(system: TransitionSystem, most: int) -> _Found:
    """Return all reachable states, nearest first. Raises UsageError."""
    found = _Found()
    for state in initial_states(system):
        if not isinstance(state, FaultyStart):
            found.initial.add(_number(found, state, most))
    position = 0
    while position < len(found.order):
        state = found.order[position]
        for outcome in steps(system, state):
            match outcome:
                case Taken(action, arguments, target):
                    shown = ", ".join(
                        show(value) if name == action.self_name else f"{name} = {show(value)}"
                        for name, value in arguments
                    )
                    name = f"{action.name}({shown})" if shown else action.name
                    found.steps.setdefault((position, _number(found, target, most)), {})[name] = None
                case Broken():
                    found.faulty.add(position)
        position += 1
    return found


def _number(found: _Found, state: State, most: int) -> int:
    if state not in found.numbers and len(found.order) >= most:
        raise UsageError(
            f"the model has more than {most} reachable states, and nobody could read a picture of them: "
            "take a smaller model, or another format"
        )
    if state not in found.numbers:
        found.numbers[state] = len(found.order)
        found.order.append(state)
    return found.numbers[state]


def _shown(system: TransitionSystem, state: State) -> dict[str, str]:
    return {path: show(value) for path, value in parts(system, state)}


def _varying(system: TransitionSystem, states: list[State]) -> frozenset[str]:
    """Return the parts that are not the same in all states; of a single state, all."""
    if len(states) < 2:
        return frozenset(_shown(system, states[0])) if states else frozenset()
    return frozenset(change.path for other in states[1:] for change in changes(system, states[0], other))


def _is_bad(system: TransitionSystem, name: str, claim: Property | None, state: State, *, is_faulty: bool) -> bool:
    try:
        if name == FAULTS:
            return is_faulty
        if name == DEADLOCK:
            return is_deadlock(system, state)
        if claim is None:
            raise InternalError(f"no property is called {name}")
        if claim.kind is PropertyKind.TRANSITION:
            return False
        return holds(system, claim, state) == (claim.kind is PropertyKind.WITNESS)
    except Fault:
        return name == FAULTS


def _is_bad_step(system: TransitionSystem, claim: Property | None, state: State, target: State) -> bool:
    if claim is None or claim.kind is not PropertyKind.TRANSITION:
        return False
    try:
        return not holds(system, claim, state, target)
    except Fault:
        return False
