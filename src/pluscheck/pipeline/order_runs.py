"""Where a run goes through an order: which of its steps do, and where they take one part before another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pluscheck.base.errors import InternalError
from pluscheck.certify.replay import Replay
from pluscheck.core.semantics import Arguments
from pluscheck.core.switches import Protection
from pluscheck.core.system import Action, TransitionSystem
from pluscheck.core.values import Atom, Function, Value
from pluscheck.lang import syntax as s
from pluscheck.lang.elaborated import Elaborated
from pluscheck.lang.orders import done_variable, orders_in
from pluscheck.lower.control import labels_written
from pluscheck.lower.processes import process_names
from pluscheck.report.html.setting import OrderedRun, Turned

Who = tuple[str | None, Value | None]
"""Whose step it is: the process, and its identifier."""


@dataclass(frozen=True, slots=True)
class _Step:
    """A step within an order, by its number: whose it is, which part it begins, if it does, and which parts have been run by then."""

    number: int
    who: Who
    part: str | None
    done: frozenset[str]


def ordered_run(
    elaborated: Elaborated, system: TransitionSystem, of: Sequence[Protection], run: Replay, name: Callable[[int], str]
) -> OrderedRun | None:
    """Return how a run goes through the order that the constraints `of` are about, if they are about one; `name` tells who takes a step."""
    order = next((one.switch for one in of if one.parts is not None), None)
    if order is None:
        return None
    declared = _declared(elaborated, order)
    steps = list(_steps(elaborated, system, run, declared))
    turned: dict[str, Turned] = {}
    for constraint in of:
        if constraint.parts is not None:
            earlier, later = (declared.labels[number].name for number in constraint.parts)
            found = _turned(steps, earlier, later)
            if found is not None:
                turned[constraint.name] = Turned(name(found[0]), earlier, later, *found)
    return OrderedRun(frozenset(step.number for step in steps), turned)


def _steps(elaborated: Elaborated, system: TransitionSystem, run: Replay, order: s.Order) -> Iterator[_Step]:
    """Yield the steps of a run that are within an order; the one that cannot be completed, if it is one, too."""
    labels = {(label.span.source, label.span.start) for part in order.parts for label in labels_written(part)}
    parts = {(label.span.source, label.span.start): label.name for label in order.labels}
    names = process_names(elaborated)
    taken: list[tuple[Action, Arguments]] = [(step.action, step.arguments) for step in run.steps]
    if run.faulting is not None:
        taken.append((run.faulting.action, run.faulting.arguments))
    for number, ((action, arguments), state) in enumerate(zip(taken, run.states, strict=False), 1):
        place = (action.span.source, action.span.start)
        if action.process is not None and place in labels:
            own = next((value for name, value in arguments if name == action.self_name), None)
            variable = names[action.process].variables[done_variable(order.name.name)]
            done = _done(state[system.variable_index(variable)], own)
            yield _Step(number, (action.process, own), parts.get(place), done)


def _turned(steps: Sequence[_Step], earlier: str, later: str) -> tuple[int, int | None] | None:
    """Return the first step that begins one part of an order before the one that would be earlier has been run, and the step at which that is begun then, if it is."""
    begun = next((step for step in steps if step.part == later and earlier not in step.done), None)
    if begun is None:
        return None
    # Who leaves the order and comes to it again begins anew: then nothing has been run.
    after = [step for step in steps if step.number > begun.number and step.who == begun.who and later in step.done]
    return begun.number, next((step.number for step in after if step.part == earlier), None)


def _declared(elaborated: Elaborated, order: str) -> s.Order:
    bodies = [info.decl.body for info in elaborated.processes.values()]
    bodies += [info.decl.body for info in elaborated.procedures.values()]
    for body in bodies:
        for found in orders_in(body):
            if found.name.name == order:
                return found
    raise InternalError(f"{order} is no order")


def _done(value: Value, own: Value | None) -> frozenset[str]:
    """Return the names of the parts that a process has run, of the value of the variable that says so."""
    if isinstance(value, Function) and own is not None:
        value = value.mapping[own]
    if not isinstance(value, frozenset):
        raise InternalError(f"{value!r} is no set of parts")
    return frozenset(part.label for part in value if isinstance(part, Atom))
