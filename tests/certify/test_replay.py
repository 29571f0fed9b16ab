"""A trace is believed only if the system has the run, and the run shows what is claimed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from pluscheck.certify.replay import Rejection, Replay, replay
from pluscheck.core.exprs import FaultKind, Site
from pluscheck.core.semantics import FaultyStart, initial_states, is_state, property_named
from pluscheck.core.system import DEADLOCK, FAULTS, PropertyKind, State, TransitionSystem
from pluscheck.core.types import cardinality, values_of
from pluscheck.engines.exhaustive import exhaustive
from pluscheck.engines.interface import Budget, ignore
from pluscheck.evidence.trace import Step, Trace
from pluscheck.evidence.verdict import Reached, Violated
from systems import CASES, Broken, Case


def _traces(case: Case) -> list[tuple[str, Trace]]:
    """Return every trace there is for a system, with the name of what it violates or reaches."""
    findings = exhaustive(case.system, case.wanted, Budget(), ignore)
    found = [(name, v.trace) for name, v in findings.verdicts.items() if isinstance(v, Violated | Reached)]
    return found + [(FAULTS, v.trace) for v in findings.faults.values() if isinstance(v, Violated)]


TRACES = [
    pytest.param(case.system, name, trace, id=f"{title}-{name}-{number}")
    for title, case in CASES.items()
    for number, (name, trace) in enumerate(_traces(case))
]

each_trace = pytest.mark.parametrize(("system", "name", "trace"), TRACES)


@each_trace
def test_a_true_trace_is_replayed(system: TransitionSystem, name: str, trace: Trace) -> None:
    run = replay(system, trace, name)
    assert isinstance(run, Replay)
    assert run.states == trace.states
    assert [step.action.name for step in run.steps] == [step.action for step in trace.steps]
    assert run.fault == trace.fault
    assert (run.explanation is not None) == (name not in (DEADLOCK, FAULTS))
    assert bool(run.waiting) == (name == DEADLOCK)


@each_trace
def test_what_a_step_changed_is_all_that_differs(system: TransitionSystem, name: str, trace: Trace) -> None:
    run = replay(system, trace, name)
    assert isinstance(run, Replay)
    for before, step in zip(run.states, run.steps, strict=False):
        assert bool(step.changes) == (before != step.target)
        assert all(change.old != change.new for change in step.changes)
        changed = {change.variable.name for change in step.changes}
        differing = {v.name for v, old, new in zip(system.variables, before, step.target, strict=True) if old != new}
        assert changed == differing


# -------------------------------------------------------------------------------------------- forgeries


def _other_states(system: TransitionSystem, state: State) -> Iterator[State]:
    """Yield states that differ in one variable, of its type and not."""
    for position, variable in enumerate(system.variables):
        assert cardinality(variable.type, system.scope) < 1000
        for value in [*values_of(variable.type, system.scope), "forged", None]:
            if value != state[position]:
                yield (*state[:position], value, *state[position + 1 :])


def _with_state(trace: Trace, position: int, state: State) -> Trace:
    return replace(trace, states=(*trace.states[:position], state, *trace.states[position + 1 :]))


def _with_step(trace: Trace, position: int, step: Step) -> Trace:
    return replace(trace, steps=(*trace.steps[:position], step, *trace.steps[position + 1 :]))


@each_trace
def test_no_other_state_passes_for_one_on_the_way(system: TransitionSystem, name: str, trace: Trace) -> None:
    """The states between are decided by the steps; the first and the last may differ only if all the rest still fits."""
    for position in range(1, len(trace.states)):
        for state in _other_states(system, trace.states[position]):
            assert isinstance(replay(system, _with_state(trace, position, state), name), Rejection)


@each_trace
def test_no_state_that_is_not_initial_passes_for_the_first(system: TransitionSystem, name: str, trace: Trace) -> None:
    starts = _starts(system)
    for state in _other_states(system, trace.states[0]):
        outcome = replay(system, _with_state(trace, 0, state), name)
        if not is_state(system, state) or state not in starts:
            assert isinstance(outcome, Rejection)


def _starts(system: TransitionSystem) -> list[State]:
    return [start for start in initial_states(system) if not isinstance(start, FaultyStart)]


@each_trace
def test_no_other_action_passes_for_the_one_taken(system: TransitionSystem, name: str, trace: Trace) -> None:
    for position, step in enumerate(trace.steps):
        others = [replace(step, action=action.name) for action in system.actions if action.name != step.action]
        for forged in [*others, replace(step, action="NoSuch"), replace(step, variant=step.variant + 1)]:
            assert isinstance(replay(system, _with_step(trace, position, forged), name), Rejection)


@each_trace
def test_no_other_arguments_pass_for_those_picked(system: TransitionSystem, name: str, trace: Trace) -> None:
    for position, step in enumerate(trace.steps):
        forgeries = [
            (*step.arguments, ("extra", 1)),
            *(step.arguments[:i] + step.arguments[i + 1 :] for i in range(len(step.arguments))),
            *(
                (*step.arguments[:i], (key, other), *step.arguments[i + 1 :])
                for i, (key, value) in enumerate(step.arguments)
                for other in [*system.scope.get("Proc", ()), 1, 2, 3, "forged"]
                if other != value
            ),
            *(
                (*step.arguments[:i], ("other", value), *step.arguments[i + 1 :])
                for i, (_, value) in enumerate(step.arguments)
            ),
        ]
        for forged in forgeries:
            outcome = replay(system, _with_step(trace, position, replace(step, arguments=forged)), name)
            assert isinstance(outcome, Rejection)


@each_trace
def test_a_trace_with_a_step_more_or_less_is_rejected(system: TransitionSystem, name: str, trace: Trace) -> None:
    """All traces here are shortest: what is left of one shows nothing, unless the end is looked at alone."""
    if trace.steps:
        assert isinstance(replay(system, replace(trace, steps=trace.steps[:-1]), name), Rejection)
        assert isinstance(replay(system, replace(trace, states=trace.states[:-1]), name), Rejection)
        assert isinstance(
            replay(system, replace(trace, states=trace.states[:-1], steps=trace.steps[:-1]), name), Rejection
        )
        again = replace(trace, states=(*trace.states, trace.states[-1]), steps=(*trace.steps, trace.steps[-1]))
        assert isinstance(replay(system, again, name), Rejection)
    if len(trace.steps) > 1:
        swapped = replace(trace, steps=(trace.steps[1], trace.steps[0], *trace.steps[2:]))
        assert swapped == trace or isinstance(replay(system, swapped, name), Rejection)
        backwards = replace(trace, states=tuple(reversed(trace.states)))
        assert isinstance(replay(system, backwards, name), Rejection)


@each_trace
def test_a_trace_shows_nothing_of_a_property_that_holds(system: TransitionSystem, name: str, trace: Trace) -> None:
    case = next(case for case in CASES.values() if case.system is system)
    for other, expected in case.expected.items():
        longer = isinstance(expected, Broken) and expected.length > trace.length
        if other != name and (not isinstance(expected, Broken) or longer):
            assert isinstance(replay(system, trace, other), Rejection)
    assert isinstance(replay(system, trace, "NoSuchProperty"), Rejection)


@each_trace
def test_a_fault_elsewhere_or_of_another_kind_is_rejected(system: TransitionSystem, name: str, trace: Trace) -> None:
    if trace.fault is None:
        forged = replace(trace, fault=Site(FaultKind.OUT_OF_RANGE, system.span))
        assert isinstance(replay(system, forged, name), Rejection)
        assert isinstance(replay(system, forged, FAULTS), Rejection)
        return
    for kind in FaultKind:
        if kind is not trace.fault.kind:
            forged = replace(trace, fault=replace(trace.fault, kind=kind))
            assert isinstance(replay(system, forged, FAULTS), Rejection)
    elsewhere = replace(trace.fault, span=system.span)
    assert isinstance(replay(system, replace(trace, fault=elsewhere), FAULTS), Rejection)
    assert isinstance(replay(system, replace(trace, fault=None), FAULTS), Rejection)


@each_trace
def test_a_fault_in_another_step_is_rejected(system: TransitionSystem, name: str, trace: Trace) -> None:
    if trace.faulting is None:
        forged = replace(trace, faulting=Step(system.actions[0].name, 0, ()))
        assert isinstance(replay(system, forged, name), Rejection)
        return
    assert isinstance(replay(system, replace(trace, faulting=None), FAULTS), Rejection)
    for action in system.actions:
        if action.name != trace.faulting.action:
            forged = replace(trace, faulting=replace(trace.faulting, action=action.name))
            assert isinstance(replay(system, forged, FAULTS), Rejection)
    if trace.faulting.arguments:
        other = replace(trace.faulting, arguments=(("item", 7),))
        assert isinstance(replay(system, replace(trace, faulting=other), FAULTS), Rejection)


def test_a_trace_without_states_shows_a_fault_of_the_initial_condition_alone() -> None:
    system = CASES["queue"].system
    site = Site(FaultKind.OUT_OF_RANGE, system.span)
    for name in (FAULTS, DEADLOCK, "Full"):
        assert isinstance(replay(system, Trace((), ()), name), Rejection)
        assert isinstance(replay(system, Trace((), (), fault=site), name), Rejection)
        forged = Trace((), (), fault=site, faulting=Step("Put", 0, (("item", 1),)))
        assert isinstance(replay(system, forged, name), Rejection)


def test_the_explanation_is_of_the_last_state_or_step() -> None:
    case = CASES["guarded counter"]
    for name, trace in _traces(case):
        run = replay(case.system, trace, name)
        assert isinstance(run, Replay)
        assert run.explanation is not None
        is_witness = property_named(case.system, name).kind is PropertyKind.WITNESS
        assert run.explanation.truth == is_witness
        shown = {shown.text: shown.value for atom in run.explanation.atoms() for shown in atom.values}
        assert shown["x"] == trace.states[-2 if name == "Grows" else -1][0]
