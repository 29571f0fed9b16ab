"""What everybody waits for in a deadlock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from pluscheck.core.evaluator import Fault, Setting, deep_recursion, outermost, shape_of, truth, value_of
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

    That is a `Guard` that is false, for the reason explained, or a `Pick` from an empty set.
    """

    action: Action
    arguments: Arguments
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
                for one in _blocked(system, action, state)
                if identifier is None or (action.self_name, identifier) in one.arguments
            ]
            found.append(Waiting(process.name, identifier, name, tuple(blocked)))
    found.extend(
        Waiting(None, None, None, tuple(_blocked(system, action, state)))
        for action in system.actions
        if action.process is None
    )
    return tuple(found)


def _blocked(system: TransitionSystem, action: Action, state: State) -> list[Blocked]:
    """Return where each choice of arguments is stopped; nothing for those that are possible or fault."""
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
                    found.append(Blocked(action, arguments, clause, explanation(clause.condition, setting)))
                    continue
                onwards = _beyond(clause, setting, arguments)
            except Fault:
                continue
            if isinstance(clause, Pick) and not onwards:
                found.append(Blocked(action, arguments, clause, None))
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
            return [(setting.binding({name: value_of(value_expr, setting)}), arguments)]
        case Guard() | Assertion():
            return [(setting, arguments)]
        case _:
            assert_never(clause)
