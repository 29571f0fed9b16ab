"""Which steps of a run made it end as it does: the backward slice of the writes that what fails there depends on.

A dynamic slice (Korel and Laski, 1988; Agrawal and Horgan, 1990) of data alone: that a step was possible at all is told by the guards, which every step of a
shortest run needs; what a reader asks is who wrote what is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pluscheck.core.dependence import Part, reads, reads_of
from pluscheck.core.evaluator import Fault, Setting, Thunk, deep_recursion, outermost, value_of
from pluscheck.core.semantics import Arguments
from pluscheck.core.system import Action, Bind, Property, PropertyKind, State, TransitionSystem
from pluscheck.core.types import FunctionType, RecordType, TupleType, Type
from pluscheck.core.values import Function, Record, Value

Read = tuple[str, Part]
"""A variable, and the part of it."""


@dataclass(frozen=True, slots=True)
class ActionStep:
    """A step of a run: the action, and everything that was picked."""

    action: Action
    arguments: Arguments


@dataclass(frozen=True, slots=True)
class Slice:
    """The steps that wrote something which what fails at the end depends on, one entry for each step; and what that reads at the end, by variable."""

    needed: tuple[bool, ...]
    read: frozenset[Read]


def sliced(system: TransitionSystem, claim: Property, states: Sequence[State], steps: Sequence[ActionStep]) -> Slice:
    """Return which steps of a run the failure at its end depends on; step n leads from `states[n - 1]` to `states[n]`.

    The effects of these steps alone, one after another from the initial state and without asking for guards, write the same values into all that is read there.
    Of a transition property the last step is always needed. Where something is not defined, all are.
    """
    needed = [False] * len(steps)
    is_of_step = claim.kind is PropertyKind.TRANSITION
    try:
        before, after = _read_at_end(system, claim, states)
        wanted = set(after)
        for number in range(len(steps) - 1, -1, -1):
            is_last = number == len(steps) - 1
            needed[number], wanted = _before(
                system, steps[number], states[number], states[number + 1], wanted, is_needed=is_of_step and is_last
            )
            if is_of_step and is_last:
                wanted |= before
    except Fault:
        return Slice((True,) * len(steps), frozenset())
    return Slice(tuple(needed), after)


def _read_at_end(
    system: TransitionSystem, claim: Property, states: Sequence[State]
) -> tuple[frozenset[Read], frozenset[Read]]:
    """Return what the formula's truth depends on of the last state but one (if it is about a step), and of the last."""
    is_of_step = claim.kind is PropertyKind.TRANSITION
    state, next_state = (states[-2], states[-1]) if is_of_step else (states[-1], None)
    found = reads_of(system, claim.formula, state, next_state)
    before = {(name, part) for in_next, name, part in found if is_of_step and not in_next}
    return frozenset(before), frozenset({(name, part) for in_next, name, part in found if in_next == is_of_step})


def _before(
    system: TransitionSystem, step: ActionStep, before: State, after: State, wanted: set[Read], *, is_needed: bool
) -> tuple[bool, set[Read]]:
    """Return whether a step wrote something that is wanted after it, and what is wanted before it."""
    updates = {update.variable: update.value for update in step.action.updates}
    found: set[Read] = set()
    # What a step leaves as it is (`IF c THEN v ELSE x` with c false) is not written by it, but if it is needed for something else, so is what decides that.
    besides: set[Read] = set()
    with deep_recursion(step.action.span):
        setting = _setting(system, step, before)
        for name, part in wanted:
            if name not in updates:
                found.add((name, part))
                continue
            position = next(i for i, variable in enumerate(system.variables) if variable.name == name)
            of = system.variables[position].type
            for leaf, value in _leaves(of, after[position], part):
                depends = {(variable, read) for _, variable, read in reads(updates[name], setting, leaf)}
                if (name, leaf) in depends and _at(before[position], leaf) == value:
                    found.add((name, leaf))
                    besides |= depends
                else:
                    is_needed = True
                    found |= depends
    return is_needed, found | besides if is_needed else found


def _setting(system: TransitionSystem, step: ActionStep, state: State) -> Setting:
    """Return where the updates of a step stand; what it names on the way is looked into."""
    setting = outermost(system, state).binding(dict(step.arguments))
    for clause in step.action.clauses:
        if isinstance(clause, Bind):
            setting = setting.binding({clause.name: Thunk(clause.value, setting)})
    return setting


def effect(system: TransitionSystem, step: ActionStep, state: State) -> State:
    """Return what the step's updates make of a state, whether the step is possible there or not. Raises Fault."""
    with deep_recursion(step.action.span):
        setting = _setting(system, step, state)
        new = {update.variable: value_of(update.value, setting) for update in step.action.updates}
    return tuple(new.get(variable.name, old) for variable, old in zip(system.variables, state, strict=True))


def _leaves(of: Type, value: Value, part: Part, way: Part = ()) -> Iterator[tuple[Part, Value]]:
    """Yield the smallest parts of a value that are in the part asked for, or that it is in, with their ways."""
    inner: Iterable[tuple[Value | str, Type, Value]]
    match of, value:
        case FunctionType(_, target), Function(pairs):
            inner = [(argument, target, item) for argument, item in pairs]
        case RecordType(fields), Record():
            inner = [(name, item, value[name]) for name, item in fields]
        case TupleType(items), tuple():
            inner = [(index, item, each) for index, (item, each) in enumerate(zip(items, value, strict=True), 1)]
        case _:
            yield way, value
            return
    for key, item, each in inner:
        if not part or part[0] == key:
            yield from _leaves(item, each, part[1:], (*way, key))


def _at(value: Value, way: Part) -> Value | None:
    """Return the part of a value at the end of a way; None where there is none."""
    here: Value | None = value
    for key in way:
        match here:
            case Function(pairs):
                here = next((item for argument, item in pairs if argument == key), None)
            case Record(fields):
                here = next((item for name, item in fields if name == key), None)
            case tuple():
                here = next((item for index, item in enumerate(here, 1) if index == key), None)
            case _:
                return None
    return here
