"""What a transition system does, by definition: its initial states, the steps out of a state, and what is true of them.

Everything comes in a fixed order: of declaration for variables, actions and clauses, of `order_key` for values.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never

from pluscheck.base.codes import Code
from pluscheck.base.diagnostics import Diagnostic, Label
from pluscheck.base.errors import InternalError, SpecError
from pluscheck.core.evaluator import (
    Fault,
    Setting,
    deep_recursion,
    evaluate,
    outermost,
    shape_of,
    truth,
    value_of,
)
from pluscheck.core.exprs import Call, FaultKind, Site, Var
from pluscheck.core.sets import MAX_ELEMENTS, TooLarge, contains, elements, shape_of_type
from pluscheck.core.system import (
    Action,
    Assertion,
    Bind,
    Guard,
    Pick,
    Property,
    State,
    TransitionSystem,
    Variable,
)
from pluscheck.core.types import is_member
from pluscheck.core.values import Value
from pluscheck.core.walk import subterms

Arguments = tuple[tuple[str, Value], ...]
"""What was picked, by name, in the order of the action's picks."""


@dataclass(frozen=True, slots=True)
class FaultyStart:
    """An initial value or an initial condition that cannot be evaluated."""

    site: Site


@dataclass(frozen=True, slots=True)
class Taken:
    """A step that an action can take, and the state it leads to."""

    action: Action
    arguments: Arguments
    target: State


@dataclass(frozen=True, slots=True)
class Broken:
    """A step that cannot be completed, because something is not defined; `arguments` are those picked before that."""

    action: Action
    arguments: Arguments
    site: Site


Outcome = Taken | Broken


def initial_states(system: TransitionSystem) -> Iterator[State | FaultyStart]:
    """Yield every initial state once, and every way in which the initial condition faults.

    Raises `TooLarge` once more than `MAX_ELEMENTS` candidates were looked at.
    """
    sources = [_mentioned(system, variable) for variable in system.variables]
    # What a variable may be at first depends on few of those before it: it is evaluated once for all states in which these are the same.
    known: list[dict[tuple[Value, ...], list[Value]]] = [{} for _ in system.variables]
    looked_at = 0
    unfinished: list[State] = [()]
    while unfinished:
        looked_at += 1
        if looked_at > MAX_ELEMENTS:
            raise TooLarge(
                Code.TYPE_TOO_LARGE,
                f"more than {MAX_ELEMENTS:,} states would have to be tried as initial states",
                system.span,
                "give more variables an initial value",
            )
        values = unfinished.pop()
        try:
            if len(values) == len(system.variables):
                if all(evaluate(system, condition, values) for condition in system.init):
                    yield values
            else:
                position = len(values)
                key = tuple([values[source] for source in sources[position]])
                candidates = known[position].get(key)
                if candidates is None:
                    candidates = _initial_values(system, system.variables[position], values)
                    known[position][key] = candidates
                unfinished.extend([(*values, value) for value in reversed(candidates)])
        except Fault as fault:
            yield FaultyStart(fault.site)


def no_initial_state(system: TransitionSystem) -> SpecError:
    """Return what is to be said of a system that has no initial state, nor one whose values fault."""
    where = Label(system.span, "nothing satisfies its initial conditions")
    return SpecError([Diagnostic(Code.NO_INITIAL_STATE, f"{system.name} has no initial state", where)])


def _mentioned(system: TransitionSystem, variable: Variable) -> tuple[int, ...]:
    """Return the positions of the variables that an initial value mentions, itself or in operators."""
    names: set[str] = set()
    called: set[str] = set()
    waiting = [] if variable.initial is None else [variable.initial]
    while waiting:
        for term in list(subterms([waiting.pop()])):
            match term:
                case Var(name):
                    names.add(name)
                case Call(operator) if operator not in called:
                    called.add(operator)
                    waiting.append(system.operators[operator].body)
                case _:
                    pass
    return tuple([position for position, each in enumerate(system.variables) if each.name in names])


def _initial_values(system: TransitionSystem, variable: Variable, before: State) -> list[Value]:
    """Return what a variable may be at first, given the variables before it."""
    if variable.initial is None:
        return elements(shape_of_type(variable.type, system.scope, variable.span), variable.span)
    if not variable.any_of:
        return [evaluate(system, variable.initial, before)]
    with deep_recursion(variable.span):
        return elements(shape_of(variable.initial, outermost(system, before)), variable.span)


def is_initial(system: TransitionSystem, state: State) -> bool:
    """Return whether the state is an initial one, without going through all of them. Raises `Fault`."""
    for position, variable in enumerate(system.variables):
        before, value = state[:position], state[position]
        if variable.initial is None:
            possible = is_member(value, variable.type, system.scope)
        elif variable.any_of:
            with deep_recursion(variable.span):
                possible = contains(shape_of(variable.initial, outermost(system, before)), value)
        else:
            possible = evaluate(system, variable.initial, before) == value
        if not possible:
            return False
    return all(evaluate(system, condition, state) for condition in system.init)


def is_state(system: TransitionSystem, state: State) -> bool:
    """Return whether there is a value for each variable, of its type."""
    return len(state) == len(system.variables) and all(
        is_member(value, variable.type, system.scope) for value, variable in zip(state, system.variables, strict=True)
    )


def steps(system: TransitionSystem, state: State) -> Iterator[Outcome]:
    """Yield what each action, with each choice of arguments, does in the state; nothing for those that are not possible."""
    setting = outermost(system, state)
    for action in system.actions:
        yield from _outcomes(system, action, setting)


def outcomes(system: TransitionSystem, action: Action, state: State) -> list[Outcome]:
    """Return what one action can do in the state."""
    return _outcomes(system, action, outermost(system, state))


@dataclass(frozen=True, slots=True)
class _Underway:
    """A step of which the clauses before `position` were passed."""

    position: int
    setting: Setting
    arguments: Arguments


def _outcomes(system: TransitionSystem, action: Action, setting: Setting) -> list[Outcome]:
    found: list[Outcome] = []
    unfinished = [_Underway(0, setting, ())]
    with deep_recursion(action.span):
        while unfinished:
            underway = unfinished.pop()
            try:
                if underway.position == len(action.clauses):
                    target = _target(system, action, underway.setting)
                    found.append(Taken(action, underway.arguments, target))
                else:
                    unfinished.extend(reversed(_after_clause(action, underway)))
            except Fault as fault:
                found.append(Broken(action, underway.arguments, fault.site))
    return found


def _after_clause(action: Action, underway: _Underway) -> list[_Underway]:
    """Return how a step goes on after its next clause: one way for each element of a `Pick`, none after a false `Guard`."""
    clause = action.clauses[underway.position]
    setting = underway.setting
    after = underway.position + 1
    match clause:
        case Pick(name, domain):
            return [
                _Underway(after, setting.binding({name: value}), (*underway.arguments, (name, value)))
                for value in elements(shape_of(domain, setting), clause.span)
            ]
        case Guard(condition):
            return [_Underway(after, setting, underway.arguments)] if truth(condition, setting) else []
        case Bind(name, value_expr):
            value = value_of(value_expr, setting)
            return [_Underway(after, setting.binding({name: value}), underway.arguments)]
        case Assertion(condition):
            if not truth(condition, setting):
                raise Fault(Site(FaultKind.ASSERTION_FAILED, clause.span))
            return [_Underway(after, setting, underway.arguments)]
        case _:
            assert_never(clause)


def _target(system: TransitionSystem, action: Action, setting: Setting) -> State:
    """Return the next state: all updates read the current one, and what none of them assigns stays as it is."""
    new = {update.variable: value_of(update.value, setting) for update in action.updates}
    return tuple(new.get(variable.name, old) for variable, old in zip(system.variables, setting.state, strict=True))


def enabled(system: TransitionSystem, action: Action, state: State) -> bool:
    """Return whether the action is possible in the state with some arguments; a step that faults counts."""
    return bool(outcomes(system, action, state))


def is_deadlock(system: TransitionSystem, state: State) -> bool:
    """Return whether nothing can happen in the state although it is not terminal.

    A state out of which a step faults is none: the fault is what is wrong with it. Raises `Fault` where `terminal` does.
    """
    for _ in steps(system, state):
        return False
    return not is_terminal(system, state)


def is_terminal(system: TransitionSystem, state: State) -> bool:
    """Return whether nothing need happen in the state. Raises `Fault`."""
    return system.terminal is not None and bool(evaluate(system, system.terminal, state))


def holds(system: TransitionSystem, claim: Property, state: State, next_state: State | None = None) -> bool:
    """Return the truth of a property's formula: of a state, or of a step for a transition property. Raises `Fault`."""
    return bool(evaluate(system, claim.formula, state, next_state))


def property_named(system: TransitionSystem, name: str) -> Property:
    """Return the property of this name."""
    for claim in system.properties:
        if claim.name == name:
            return claim
    raise InternalError(f"no property is called {name}")
