"""All reachable states as one diagram, and what is found in them.

Actions are applied one after another to the growing set (chaining: Roig, Cortadella, Pastor, 1995), which takes few rounds where layers of equal depth would take
many, and large ones. How deep a state is is then unknown: for what is found there, layers are made as far as needed to show the shortest run.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import assert_never

from pluscheck.base.errors import InternalError
from pluscheck.core.exprs import Site
from pluscheck.core.semantics import no_initial_state
from pluscheck.core.system import FAULTS, TransitionSystem
from pluscheck.engines.bdd.certificate import certificate
from pluscheck.engines.bdd.diagrams import Diagram, OutOfMemoryError, limited_memory
from pluscheck.engines.bdd.encoding import Encoding, TooLargeError
from pluscheck.engines.bdd.order import leaf_order
from pluscheck.engines.bdd.steps import Relation, image, relation
from pluscheck.engines.bdd.targets import AtLabel, Claim, Faulty, Possible, Target, targets
from pluscheck.engines.interface import NOTHING_IS_REACHED, Budget, Findings, Listener, Progress
from pluscheck.engines.limits import Limits
from pluscheck.evidence.trace import Step, Trace
from pluscheck.evidence.verdict import Bounded, Proved, Reached, Reason, Unknown, Verdict, Violated
from pluscheck.ground.ground import GroundAction, GroundFault, GroundSystem, ground

NAME = "bdd"
"""What the engine is called."""

UNKNOWN_DEPTH = -1
"""From which depth on an action is possible, where that is not known but that it is."""

_PAUSE = 0.1
"""Seconds between two signs of life."""


def bdd(system: TransitionSystem, wanted: frozenset[str], budget: Budget, listener: Listener) -> Findings:
    """Return what is found in all reachable states; with a `budget.depth`, in those within so many steps.

    A property that cannot be evaluated in a state is not violated there: the fault is what is found. With `FAULTS` wanted, all properties are looked at
    for faults, else those that are wanted. Without a depth it is known what is possible, but not from which depth on. A budget of memory holds for
    diagrams alone while one of them is made, and time is looked at between two. Raises SpecError if there is no initial state, or if the system is
    too large to be grounded.
    """
    limits = Limits(budget, time.monotonic())
    search = _Search(ground(system), wanted, limits, listener)
    search.run()
    if search.is_without_start:
        # Not raised below: who keeps an error keeps the frames that it went through, and with them diagrams, which must go in time.
        raise no_initial_state(search.system.system)
    return search.findings()


class _StopError(Exception):
    """The budget is used up."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(slots=True)
class _Search:
    system: GroundSystem
    wanted: frozenset[str]
    limits: Limits
    listener: Listener
    found: dict[str, Verdict] = field(default_factory=dict)
    faults: dict[Site, Trace] = field(default_factory=dict)
    first_taken: dict[str, int] = field(default_factory=dict)
    labels: dict[tuple[str, str], int] = field(default_factory=dict)
    depth: int = -1
    """All runs of so many steps were considered."""
    complete: bool = False
    stopped: Reason | None = None
    proof: Proved | None = None
    states: int | None = None
    diameter: int | None = None
    is_without_start: bool = False
    last_sign: float = -_PAUSE

    def run(self) -> None:
        """Find what there is to find, as far as the budget goes."""
        try:
            with limited_memory():
                self._search()
        except _StopError as stop:
            self.stopped = stop.reason
        except OutOfMemoryError:
            self.stopped = Reason.MEMORY
        except TooLargeError:
            self.stopped = Reason.SIZE
        except KeyboardInterrupt:
            self.stopped = Reason.INTERRUPTED

    def _search(self) -> None:
        self.go_on()
        encoding = Encoding(self.system, leaf_order(self.system), memory=self.limits.budget.memory)
        start = encoding.current.boolean(self.system.init) & encoding.valid
        self._faulty_start(encoding)
        if start == encoding.diagrams.false:
            self.is_without_start = not self.faults
            if self.faults:
                self.complete, self.depth, self.states, self.diameter = True, 0, 0, 0
                self.proof = NOTHING_IS_REACHED
            return
        open_ = targets(encoding, self.wanted)
        relations = []
        for action in self.system.actions:
            self.go_on()
            made = relation(encoding, action)
            if made is not None:
                relations.append(made)
        layers = _Layers(self, encoding, relations, start)
        if self.limits.budget.depth is not None:
            self._by_layers(encoding, layers, open_, self.limits.budget.depth)
            return
        reached = self._chain(encoding, relations, start, open_, layers)
        if reached is None:
            return
        for target in open_:
            if target.states & reached != encoding.diagrams.false:
                self._take_note(target)
        self._all_is_known(encoding, relations, reached, open_)

    def _faulty_start(self, encoding: Encoding) -> None:
        """Find the faults in evaluating what the initial states are."""
        for site, condition in self.system.init_faults.items():
            where = encoding.current.boolean(condition) & encoding.current.boolean(self.system.canonical)
            if where & encoding.valid != encoding.diagrams.false:
                self.faults[site] = Trace((), (), fault=site)

    def _by_layers(self, encoding: Encoding, layers: _Layers, open_: Sequence[Target], depth: int) -> None:
        """Find what there is within so many steps."""
        rest = list(open_)
        for level in range(depth + 1):
            rest = self._found_at(layers, level, rest)
            self.depth = level
            if not self._undecided() or level == depth:
                break
            if layers.layer(level + 1) == encoding.diagrams.false:
                break
        beyond = layers.layer(self.depth + 1)
        # With properties of steps, not every step from the last layer was judged.
        about_steps = any(target.step is not None for target in open_)
        if beyond == encoding.diagrams.false and not (self.depth == depth and about_steps):
            self.diameter = self.depth
            self._all_is_known(encoding, layers.relations, layers.reached, open_)

    def _found_at(self, layers: _Layers, level: int, open_: Sequence[Target]) -> list[Target]:
        """Take note of what is found in a layer, and return what is not."""
        false = layers.encoding.diagrams.false
        rest: list[Target] = []
        # A fault that both a state and a step from an earlier one may show is found in the state.
        for target in sorted(open_, key=lambda target: target.step is not None):
            if self._is_known(target):
                continue
            where = target.states & layers.layer(level)
            last_step_is_beyond = target.step is not None and level == self.limits.budget.depth
            if where == false or last_step_is_beyond:
                rest.append(target)
            else:
                self._record(target, level, layers, where)
        return rest

    def _record(self, target: Target, level: int, layers: _Layers, where: Diagram) -> None:
        match target.sought:
            case Claim(name, is_witness):
                trace = layers.trace(level, where, target)
                self.found[name] = Reached(trace) if is_witness else Violated(trace)
            case Faulty(site):
                self.faults[site] = layers.trace(level, where, target)
            case Possible(action):
                self.first_taken[action] = level
            case AtLabel(process, label):
                self.labels[process, label] = level
            case _:
                assert_never(target.sought)

    def _is_known(self, target: Target) -> bool:
        match target.sought:
            case Claim(name):
                return name in self.found
            case Faulty(site):
                return site in self.faults
            case Possible(action):
                return action in self.first_taken
            case AtLabel(process, label):
                return (process, label) in self.labels
            case _:
                assert_never(target.sought)

    def _all_is_known(
        self, encoding: Encoding, relations: Sequence[Relation], reached: Diagram, open_: Sequence[Target]
    ) -> None:
        """Take note that these are all reachable states."""
        self.complete = True
        self.states = encoding.count(reached)
        faulty = frozenset({FAULTS}) if self.faults else frozenset()
        names = self._undecided() - faulty
        if names:
            self.proof = Proved(certificate(encoding, relations, reached, open_, names, self.limits, self.go_on))

    def _chain(
        self,
        encoding: Encoding,
        relations: Sequence[Relation],
        start: Diagram,
        open_: Sequence[Target],
        layers: _Layers,
    ) -> Diagram | None:
        """Return all reachable states, or None if there is nothing left to find before they are known."""
        false = encoding.diagrams.false
        reached = start
        seen = [false] * len(relations)
        while True:
            self._show(layers, [t for t in open_ if self._matters(t) and t.states & reached != false], open_)
            if not self._undecided():
                return None
            self.depth += 1
            before = reached
            for number, step in enumerate(relations):
                self.go_on()
                if reached != seen[number]:
                    new = reached & ~seen[number]
                    seen[number] = reached
                    reached |= image(encoding, step, new)
            if reached == before:
                return reached

    def _show(self, layers: _Layers, hit: Sequence[Target], open_: Sequence[Target]) -> None:
        """Show shortest runs to targets that are known to be reachable; of the others, what is found on the way."""
        level = 0
        rest: Sequence[Target] = open_
        while not all(self._is_known(target) for target in hit):
            if layers.layer(level) == layers.encoding.diagrams.false:
                raise InternalError("no layer has what is said to be reachable")
            rest = self._found_at(layers, level, rest)
            level += 1

    def _matters(self, target: Target) -> bool:
        """Return whether a run to the target is to be shown."""
        match target.sought:
            case Claim() | Faulty():
                return not self._is_known(target)
            case Possible() | AtLabel():
                return False
            case _:
                assert_never(target.sought)

    def _take_note(self, target: Target) -> None:
        """Take note that something is possible somewhere, at a depth not known."""
        match target.sought:
            case Possible(action):
                self.first_taken.setdefault(action, UNKNOWN_DEPTH)
            case AtLabel(process, label):
                self.labels.setdefault((process, label), UNKNOWN_DEPTH)
            case Claim() | Faulty():
                pass
            case _:
                assert_never(target.sought)

    def go_on(self) -> None:
        """Give a sign of life, if the last one is some time ago; raises _StopError if the budget is used up."""
        now = self.limits.seconds
        if now - self.last_sign < _PAUSE:
            return
        self.last_sign = now
        self.listener(Progress(NAME, self.depth + 1, now, tuple(sorted(self._undecided()))))
        reason = self.limits.exceeded()
        if reason is not None:
            raise _StopError(reason)

    def _undecided(self) -> frozenset[str]:
        """Return the properties still open. `FAULTS` stays open to the end: there is always another site."""
        return self.wanted - self.found.keys()

    def findings(self) -> Findings:
        """Return what was found."""
        verdicts = dict(self.found)
        if self.faults:
            verdicts[FAULTS] = Violated(min(self.faults.values(), key=lambda trace: trace.length))
        rest: Verdict = Bounded(self.depth)
        if self.stopped is not None:
            rest = Unknown(self.stopped, self.depth)
        elif self.proof is not None:
            rest = self.proof
        verdicts.update(dict.fromkeys(self.wanted - verdicts.keys(), rest))
        return Findings(
            engine=NAME,
            verdicts=verdicts,
            faults={site: Violated(trace) for site, trace in self.faults.items()},
            depth=self.depth,
            complete=self.complete,
            first_taken=self.first_taken,
            labels=self.labels,
            seconds=self.limits.seconds,
            states=self.states,
            diameter=self.diameter,
        )


class _Layers:
    """The reachable states by depth, as far as they were asked for."""

    def __init__(self, search: _Search, encoding: Encoding, relations: Sequence[Relation], start: Diagram) -> None:
        self._search = search
        self.encoding = encoding
        self.relations = relations
        self._layers = [start]
        self.reached = start

    def layer(self, level: int) -> Diagram:
        """Return the states that are so deep and no less."""
        while len(self._layers) <= level:
            new = self.encoding.diagrams.false
            for step in self.relations:
                self._search.go_on()
                new |= image(self.encoding, step, self._layers[-1])
            new &= ~self.reached
            self._layers.append(new)
            self.reached |= new
        return self._layers[level]

    def trace(self, level: int, where: Diagram, target: Target) -> Trace:
        """Return a shortest run to one of these states of a layer, and on to what the target shows."""
        scalars = self.encoding.a_state(where)
        states = [scalars]
        steps: list[Step] = []
        for before in range(level - 1, -1, -1):
            action, scalars = self._predecessor(self._layers[before], scalars)
            states.insert(0, scalars)
            steps.insert(0, _step(action))
        if target.step is not None:
            states.append(self._successor(target.step, states[-1]))
            steps.append(_step(target.step))
        decoded = tuple([self.encoding.system.layout.decode(state) for state in states])
        faulting = None if target.faulting is None else _step(target.faulting)
        fault = target.sought.site if isinstance(target.sought, Faulty) else None
        return Trace(decoded, tuple(steps), fault=fault, faulting=faulting)

    def _predecessor(self, layer: Diagram, scalars: Sequence[int]) -> tuple[GroundAction, tuple[int, ...]]:
        """Return the first action, and a state of the layer from which it leads to the state with these leaves."""
        encoding = self.encoding
        false = encoding.diagrams.false
        for step in self.relations:
            unchanged: dict[str, bool] = {}
            for position, (bits, value) in enumerate(zip(encoding.bits, scalars, strict=True)):
                if position not in step.action.updates:
                    unchanged.update(bits.cube(value))
            where = layer & encoding.diagrams.cube(unchanged) & step.guard
            for position, node in step.action.updates.items():
                if where == false:
                    break
                where &= encoding.value_is(position, node, scalars[position])
            if where != false:
                return step.action, encoding.a_state(where)
        raise InternalError("no action leads to a state of a layer")

    def _successor(self, action: GroundAction, scalars: Sequence[int]) -> tuple[int, ...]:
        """Return the leaves of the state that the action leads to."""
        system = self.encoding.system
        leaves = {leaf.node: value for leaf, value in zip(system.leaves, scalars, strict=True)}
        values = system.dag.values(system.dag.cone(action.updates.values()), leaves)
        return tuple([values[action.updates[p]] if p in action.updates else value for p, value in enumerate(scalars)])


def _step(of: GroundAction | GroundFault) -> Step:
    return Step(of.action.name, of.action.variant, of.arguments, of.action.span)
