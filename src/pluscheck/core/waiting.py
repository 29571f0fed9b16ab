"""What everybody waits for in a deadlock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never

from pluscheck.base.source import NOWHERE, Span
from pluscheck.core.evaluator import Fault, Setting, Thunk, deep_recursion, outermost, shape_of, truth, value_of
from pluscheck.core.explain import Explanation, explanation
from pluscheck.core.semantics import Arguments
from pluscheck.core.sets import elements
from pluscheck.core.system import (
    Action,
    Assertion,
    Bind,
    Clause,
    Guard,
    Pick,
    State,
    TransitionSystem,
)
from pluscheck.core.values import Atom, Function, Value, show


@dataclass(frozen=True, slots=True)
class Blocked:
    """An action with the arguments picked so far, and the clause that it cannot pass.

    That is a `Guard` that is false, for the reason explained, or a `Pick` from an empty set; `position` counts the clauses before it.
    """

    action: Action
    arguments: Arguments
    position: int
    clause: Guard | Pick
    explanation: Explanation | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """What one process waits for, at `label`; or, with neither process nor label, why an action outside of processes is not possible.

    `identifier` is None for a single process. `blocked` is empty where the process has ended.
    """

    process: str | None
    identifier: Value | None
    label: str | None
    blocked: tuple[Blocked, ...]


def waiting(system: TransitionSystem, state: State) -> tuple[Waiting, ...]:
    """Return what each process, and each action outside of processes, waits for in a state in which nothing is possible."""
    found: list[Waiting] = []
    for process in system.processes:
        counter = state[system.variable_index(process.pc)]
        where = counter.pairs if isinstance(counter, Function) else ((None, counter),)
        for identifier, label in where:
            name = label.label if isinstance(label, Atom) else show(label)
            blocked = [
                one
                for action in system.actions
                if action.process == process.name and action.label == name
                for one in stops(system, action, state)
                if identifier is None or (action.self_name, identifier) in one.arguments
            ]
            found.append(Waiting(process.name, identifier, name, _told_once(blocked)))
    outside = dict.fromkeys(action.name for action in system.actions if action.process is None)
    for name in outside:
        ways = [action for action in system.actions if action.process is None and action.name == name]
        blocked = [one for action in ways for one in stops(system, action, state)]
        found.append(Waiting(None, None, None, _told_once(blocked)))
    return tuple(found)


def _told_once(blocked: list[Blocked]) -> tuple[Blocked, ...]:
    """Return the places at which the ways through one step are stopped, each once; not that a way is not gone since the condition of an `if` is as it is."""
    # Where ways that are stopped later have passed a condition: another way with the same choices so far that is stopped by it goes where that is not so.
    passed = {key for one in blocked for key in _passed(one)}
    found: dict[tuple[Arguments, Span, Guard | Pick], Blocked] = {}
    for one in blocked:
        if (one.position, one.clause.span, one.arguments) not in passed:
            found.setdefault((one.arguments, one.clause.span, one.clause), one)
    return tuple(found.values())


def _passed(one: Blocked) -> Iterator[tuple[int, Span, Arguments]]:
    """Yield the conditions that a way has passed, by position and place, with what was picked before each."""
    picked = 0
    for position, clause in enumerate(one.action.clauses[: one.position]):
        if isinstance(clause, Guard) and clause.span != NOWHERE:
            yield position, clause.span, one.arguments[:picked]
        picked += isinstance(clause, Pick)


def stops(system: TransitionSystem, action: Action, state: State) -> list[Blocked]:
    """Return where each choice of arguments of an action is stopped; nothing for those that are possible or fault."""
    found: list[Blocked] = []
    unfinished: list[tuple[int, Setting, Arguments]] = [(0, outermost(system, state), ())]
    with deep_recursion(action.span):
        while unfinished:
            position, setting, arguments = unfinished.pop()
            if position == len(action.clauses):
                continue
            clause = action.clauses[position]
            try:
                if isinstance(clause, Guard) and not truth(clause.condition, setting):
                    found.append(Blocked(action, arguments, position, clause, explanation(clause.condition, setting)))
                    continue
                onwards = _beyond(clause, setting, arguments)
            except Fault:
                continue
            if isinstance(clause, Pick) and not onwards:
                found.append(Blocked(action, arguments, position, clause, None))
            unfinished.extend((position + 1, *after) for after in reversed(onwards))
    return found


def _beyond(clause: Clause, setting: Setting, arguments: Arguments) -> list[tuple[Setting, Arguments]]:
    """Return how a step goes on after a clause that can be passed."""
    match clause:
        case Pick(name, domain):
            return [
                (setting.binding({name: value}), (*arguments, (name, value)))
                for value in elements(shape_of(domain, setting), clause.span)
            ]
        case Bind(name, value_expr):
            value = value_of(value_expr, setting)
            # The condition of an `if` is looked into where it decides.
            bound = Thunk(value_expr, setting) if isinstance(value, bool) else value
            return [(setting.binding({name: bound}), arguments)]
        case Guard() | Assertion():
            return [(setting, arguments)]
        case _:
            assert_never(clause)
