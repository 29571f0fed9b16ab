"""What a run would have been with one protection more: which of its steps would not have been possible, and whether it would have ended well."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pluscheck.certify.replay import Replay, ReplayedStep
from pluscheck.core.evaluator import Fault
from pluscheck.core.semantics import Arguments, Broken, Taken, holds, is_deadlock, is_initial, outcomes
from pluscheck.core.system import DEADLOCK, Action, Constant, Property, PropertyKind, State, TransitionSystem
from pluscheck.core.values import Function, Value, show
from pluscheck.core.waiting import Blocked, stops


@dataclass(frozen=True, slots=True)
class Prevention:
    """The first step of a run, counted from 1, that a protection would have prevented, and what would have; `diverts`: it is possible, but goes another way."""

    number: int
    step: ReplayedStep | Broken
    blocked: Blocked | None
    diverts: bool


def prevented(system: TransitionSystem, run: Replay) -> Iterator[tuple[str, Prevention | None]]:
    """Yield, for every switch that is off, its name and what it would have prevented; None if the run could have ended as it does all the same.

    The steps of the run are taken again in their order, each as soon as it is possible: who cannot go on waits. If what the run ends in comes about anywhere on the way,
    or at the end, the switch does not help. It is one run that this is said of; others may still end so. What is left open of an order is not asked: the system was
    lowered for it, and knows no other.
    """
    for constant in system.constants:
        if constant.is_switch and not constant.parts:
            for name, on in _switched_on(constant):
                constants = tuple(on if c.name == on.name else c for c in system.constants)
                yield name, _Again(replace(system, constants=constants), run).prevention()


class _Again:
    """Takes the steps of a run once more, in a system with a protection more."""

    def __init__(self, system: TransitionSystem, run: Replay) -> None:
        self.system = system
        self.run = run
        self.claim = next((p for p in system.properties if p.name == run.property), None)
        self.first: Prevention | None = None

    def prevention(self) -> Prevention | None:
        """Return what is different first, if the run ends well."""
        if not self.run.states:
            return None
        try:
            return self.first if is_initial(self.system, self.run.states[0]) and self._ends_well() else None
        except Fault:
            return None

    def _ends_well(self) -> bool:
        """Return whether what the run ends in does not come about. Raises Fault."""
        state = self.run.states[0]
        if self._is_bad(None, state):
            return False
        steps: list[ReplayedStep | Broken] = [*self.run.steps]
        if self.run.faulting is not None:
            steps.append(self.run.faulting)
        pending = list(enumerate(steps, 1))
        while True:
            taken = None
            waiting: set[tuple[str | None, Value | None]] = set()
            for entry in pending:
                number, step = entry
                lane = _lane(step.action, step.arguments)
                if lane not in waiting:
                    found = self._taken(number, step, state)
                    if isinstance(found, Broken):
                        return False
                    if found is not None:
                        taken = entry, found
                        break
                    waiting.add(lane)
            if taken is None:
                return not (self.run.property == DEADLOCK and is_deadlock(self.system, state))
            pending.remove(taken[0])
            before, state = state, taken[1].target
            if self._is_bad(before, state):
                return False

    def _taken(self, number: int, step: ReplayedStep | Broken, state: State) -> Taken | Broken | None:
        """Return what the step does now: the same way through it if that is possible, or else any."""
        ways = [action for action in self.system.actions if action.name == step.action.name]
        ways.sort(key=lambda action: action.variant != step.action.variant)
        for action in ways:
            for outcome in outcomes(self.system, action, state):
                if _agree(outcome.arguments, step.arguments):
                    if action.variant != step.action.variant:
                        self._note(number, step, state, diverts=True)
                    return outcome
        self._note(number, step, state, diverts=False)
        return None

    def _note(self, number: int, step: ReplayedStep | Broken, state: State, *, diverts: bool) -> None:
        """Note what is different from the run, if nothing was before."""
        if self.first is not None:
            return
        ways = [a for a in self.system.actions if a.name == step.action.name]
        if diverts:
            ways = [a for a in ways if a.variant == step.action.variant]
        found = [one for a in ways for one in stops(self.system, a, state) if _agree(one.arguments, step.arguments)]
        # Of the ways through the step, the one that gets furthest tells most.
        found.sort(key=lambda one: one.position, reverse=True)
        self.first = Prevention(number, step, found[0] if found else None, diverts)

    def _is_bad(self, before: State | None, state: State) -> bool:
        """Return whether the property is violated (a witness reached). Raises Fault."""
        match self.claim:
            case None:
                return False
            case Property(kind=PropertyKind.TRANSITION):
                return before is not None and not holds(self.system, self.claim, before, state)
            case _:
                return holds(self.system, self.claim, state) == (self.claim.kind is PropertyKind.WITNESS)


def _agree(some: Arguments, wanted: Arguments) -> bool:
    chosen = dict(wanted)
    return all(chosen.get(name, value) == value for name, value in some)


def _lane(action: Action, arguments: Sequence[tuple[str, Value]]) -> tuple[str | None, Value | None]:
    """Return whose step it is; what belongs to no process waits for itself alone."""
    own = next((value for name, value in arguments if name == action.self_name), None)
    return (action.process, own) if action.process is not None else (action.name, None)


def _switched_on(constant: Constant) -> Iterator[tuple[str, Constant]]:
    """Yield every bit of a switch that is off, by its path, and the switch with that bit on."""
    for path, value in _bits_on(constant.name, constant.value):
        yield path, replace(constant, value=value)


def _bits_on(path: str, value: Value) -> Iterator[tuple[str, Value]]:
    match value:
        case False:
            yield path, True
        case Function(pairs):
            for argument, inner in pairs:
                shown = ", ".join(map(show, argument)) if isinstance(argument, tuple) else show(argument)
                for inner_path, changed in _bits_on(f"{path}[{shown}]", inner):
                    yield inner_path, Function.of({**dict(pairs), argument: changed})
        case _:
            return
