"""Traces as stored proofs have them: the initial state, and of each step its action, variant and arguments, and what it changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pluscheck.base.codes import Code
from pluscheck.base.errors import SpecError
from pluscheck.base.source import Span
from pluscheck.core import types as t
from pluscheck.core.exprs import FaultKind, Site
from pluscheck.core.semantics import Arguments, Broken, Taken, outcomes
from pluscheck.core.sites import evaluated
from pluscheck.core.system import Action, Assertion, State, TransitionSystem
from pluscheck.core.values import Function, Record, Value
from pluscheck.core.walk import subterms
from pluscheck.evidence.trace import Step, Trace
from pluscheck.proofs.document import StoredFault, StoredStep, StoredTrace
from pluscheck.proofs.json_text import Json, Object, json_object, refused
from pluscheck.proofs.values import Labels, value_json, value_of_json

# ------------------------------------------------------------------------------------------------ writing


def stored_trace(system: TransitionSystem, trace: Trace) -> StoredTrace:
    """Return a trace that was replayed, as a file has it."""
    labels = Labels(system)
    initial = None
    if trace.states:
        members = zip(system.variables, trace.states[0], strict=True)
        initial = json_object(*((variable.name, value_json(value, labels)) for variable, value in members))
    steps = tuple(
        StoredStep(
            step.action,
            step.variant,
            _arguments(step.arguments, labels),
            tuple(_changes(system, before, after, labels)),
        )
        for before, step, after in zip(trace.states, trace.steps, trace.states[1:], strict=False)
    )
    return StoredTrace(initial, steps, None if trace.fault is None else _fault(system, trace, trace.fault, labels))


def _arguments(arguments: Arguments, labels: Labels) -> Json:
    return json_object(*((name, value_json(value, labels)) for name, value in arguments))


def _fault(system: TransitionSystem, trace: Trace, site: Site, labels: Labels) -> StoredFault:
    """Return the fault; the step before it has the arguments that were picked before it, since what comes after does not matter."""
    step = None
    if trace.faulting is not None:
        arguments = trace.faulting.arguments
        for outcome in outcomes(system, _action(system, trace.faulting), trace.states[-1]):
            picked = arguments[: len(outcome.arguments)]
            if isinstance(outcome, Broken) and outcome.site == site and outcome.arguments == picked:
                arguments = picked
                break
        step = StoredStep(trace.faulting.action, trace.faulting.variant, _arguments(arguments, labels), ())
    return StoredFault(site.kind.value, _text_of(site.span), step)


def _text_of(span: Span) -> str:
    """Return the text that faults, however it is laid out."""
    return "".join(span.text.split())


def _place(span: Span) -> tuple[str, int, int]:
    return span.source.name, span.start, span.end


def _action(system: TransitionSystem, step: Step) -> Action:
    return next(a for a in system.actions if (a.name, a.variant) == (step.action, step.variant))


def _changes(system: TransitionSystem, before: State, after: State, labels: Labels) -> Iterator[Json]:
    """Yield what differs, down to the smallest part that has a name."""
    for variable, old, new in zip(system.variables, before, after, strict=True):
        yield from _differences(variable.type, (Json(variable.name),), old, new, labels)


def _differences(of: t.Type, at: tuple[Json, ...], old: Value, new: Value, labels: Labels) -> Iterator[Json]:
    if old == new:
        return
    match of, old, new:
        case t.FunctionType(_, target), Function(), Function():
            for argument, part in old.pairs:
                inner = (*at, value_json(argument, labels))
                yield from _differences(target, inner, part, new.mapping[argument], labels)
        case t.RecordType(fields), Record(), Record():
            for name, item in fields:
                yield from _differences(item, (*at, Json(name)), old[name], new[name], labels)
        case _:
            yield json_object(("at", Json(at)), ("from", value_json(old, labels)), ("to", value_json(new, labels)))


# ------------------------------------------------------------------------------------------------ reading


def traces_in(system: TransitionSystem, stored: StoredTrace) -> Iterator[Trace]:
    """Yield what the stored trace may be: one trace, but for places that fault and have the same text. Whether the system has it, `certify` says.

    Raises SpecError: PC805 where something is no value of its type, PC807 where a state or step cannot be what it is said to be.
    """
    reading = _Reading(system)
    trace = reading.trace(stored)
    if stored.fault is None:
        yield trace
    else:
        yield from reading.faulting(trace, stored.fault)


class _Reading:
    def __init__(self, system: TransitionSystem) -> None:
        self._system = system
        self._labels = Labels(system)

    def trace(self, stored: StoredTrace) -> Trace:
        """Return the trace up to its fault."""
        if stored.initial is None:
            if stored.steps:
                raise _rejected(stored.steps[0], "there is a step, and no state before it")
            return Trace((), ())
        states = [self._initial(stored.initial)]
        steps: list[Step] = []
        for step in stored.steps:
            taken = self._outcome(step, states[-1])
            steps.append(Step(step.action, step.variant, taken.arguments, taken.action.span))
            states.append(self._after(step, states[-1]))
        return Trace(tuple(states), tuple(steps))

    def faulting(self, trace: Trace, fault: StoredFault) -> Iterator[Trace]:
        """Yield the trace with each site at which that may fault, and the step that cannot be completed."""
        step = None
        if fault.step is not None:
            if not trace.states:
                raise _rejected(fault.step, "there is a step, and no state before it")
            broken = self._outcome(fault.step, trace.states[-1], broken=True)
            step = Step(fault.step.action, fault.step.variant, broken.arguments, broken.action.span)
        kind = next((kind for kind in FaultKind if kind.value == fault.code), None)
        places = {part.span for part in subterms(evaluated(self._system))}
        places |= {c.span for a in self._system.actions for c in a.clauses if isinstance(c, Assertion)}
        spans = sorted((span for span in places if _text_of(span) == fault.text), key=_place)
        if kind is None or not spans:
            raise refused(Code.PROOF_REJECTED, "no such part of the specification can fault", fault.span, "this fault")
        for span in spans:
            yield replace(trace, fault=Site(kind, span), faulting=step)

    def _initial(self, node: Json) -> State:
        system = self._system
        names = sorted(variable.name for variable in system.variables)
        if not isinstance(node.value, Object) or [key for key, _ in node.value.members] != names:
            raise refused(
                Code.PROOF_VALUE, "a state has a value for each variable, and nothing else", node.span, "no state"
            )
        values = dict(node.value.members)
        return tuple(value_of_json(values[v.name], v.type, system, self._labels) for v in system.variables)

    def _outcome(self, step: StoredStep, state: State, *, broken: bool = False) -> Taken | Broken:
        """Return what the action does with these arguments in the state."""
        for action in self._system.actions:
            if (action.name, action.variant) == (step.action, step.variant):
                for outcome in outcomes(self._system, action, state):
                    given = _arguments(outcome.arguments, self._labels)
                    if isinstance(outcome, Broken) is broken and given == step.arguments:
                        return outcome
                raise _rejected(
                    step, f"{step.action} {'does not fault' if broken else 'is not possible'} here with these arguments"
                )
        raise _rejected(step, f"there is no action {step.action[:60]} with a variant {step.variant}")

    def _after(self, step: StoredStep, before: State) -> State:
        """Return the state in which everything is as before, but for the changes."""
        after = list(before)
        names = {variable.name: position for position, variable in enumerate(self._system.variables)}
        for change in step.changes:
            match change.value:
                case Object((("at", Json(tuple((Json(str(name)), *path)))), ("from", old), ("to", new))) if (
                    name in names
                ):
                    position = names[name]
                    of = self._system.variables[position].type
                    after[position] = self._replaced(after[position], of, path, old, new, change)
                case _:
                    raise refused(
                        Code.PROOF_VALUE,
                        "a change has `at` (the variable first), `from` and `to`",
                        change.span,
                        "no change",
                    )
        return tuple(after)

    def _replaced(self, whole: Value, of: t.Type, path: list[Json], old: Json, new: Json, change: Json) -> Value:
        """Return the value with the part at the path replaced."""
        match path, of, whole:
            case [], _, _:
                if value_json(whole, self._labels) != old:
                    raise refused(Code.PROOF_REJECTED, "it is not this before the step", old.span, "another value")
                return value_of_json(new, of, self._system, self._labels)
            case [argument, *rest], t.FunctionType(domain, target), Function():
                at = value_of_json(argument, domain, self._system, self._labels)
                part = self._replaced(whole.mapping[at], target, rest, old, new, change)
                return Function(tuple((a, part if a == at else v) for a, v in whole.pairs))
            case [Json(str(name)), *rest], t.RecordType(fields), Record() if name in dict(fields):
                return whole.with_field(name, self._replaced(whole[name], dict(fields)[name], rest, old, new, change))
            case _:
                raise refused(Code.PROOF_VALUE, "there is no such part of the variable", change.span, "this change")


def _rejected(step: StoredStep, message: str) -> SpecError:
    return refused(Code.PROOF_REJECTED, message, step.span, "this step")
