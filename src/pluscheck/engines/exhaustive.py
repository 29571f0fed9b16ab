"""Breadth-first search over the reference semantics, state by state: slow and obvious, the second opinion of every other engine.

Levels are finished one after another, so what is found first is found with the fewest steps.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from pluscheck.core.evaluator import Fault
from pluscheck.core.exprs import Site
from pluscheck.core.semantics import (
    Broken,
    FaultyStart,
    Taken,
    holds,
    initial_states,
    is_terminal,
    no_initial_state,
    steps,
)
from pluscheck.core.system import DEADLOCK, FAULTS, Property, PropertyKind, State, TransitionSystem
from pluscheck.core.values import Atom, Function
from pluscheck.engines.interface import NOTHING_IS_REACHED, Budget, Counts, Findings, Listener, Progress, Unfinished
from pluscheck.engines.limits import Limits
from pluscheck.engines.unfinished import unfinished
from pluscheck.evidence.trace import Step, Trace
from pluscheck.evidence.verdict import Bounded, Proved, ReachableSet, Reached, Reason, Unknown, Verdict, Violated

NAME = "exhaustive"
"""What the engine is called."""


def exhaustive(system: TransitionSystem, wanted: frozenset[str], budget: Budget, listener: Listener) -> Findings:
    """Return what is found by going through all reachable states, as far as the budget goes.

    A property that cannot be evaluated in a state is not violated there: the fault is what is found. With `FAULTS` wanted, every property of the
    system is evaluated, since any of them may fault, else those that are wanted. Raises SpecError if there is no initial state.
    """
    search = _Search(system, wanted, Limits(budget, time.monotonic()), listener)
    search.run()
    return search.findings()


@dataclass(slots=True)
class _Search:
    system: TransitionSystem
    wanted: frozenset[str]
    limits: Limits
    listener: Listener
    parents: dict[State, tuple[State, Step] | None] = field(default_factory=dict)
    """How each state was first reached; None for an initial one."""
    found: dict[str, Verdict] = field(default_factory=dict)
    faults: dict[Site, Trace] = field(default_factory=dict)
    first_taken: dict[str, int] = field(default_factory=dict)
    labels: dict[tuple[str, str], int] = field(default_factory=dict)
    depth: int = -1
    """The last level that was gone through from end to end."""
    transitions: int = 0
    taken: dict[str, int] = field(default_factory=dict)
    most_steps: int = 0
    stuck: int = 0
    levels: list[int] = field(default_factory=list)
    """How many states each level has that was begun."""
    looked_at: int = 0
    complete: bool = False
    stopped: Reason | None = None

    # ------------------------------------------------------------------------------------- levels

    def run(self) -> None:
        """Go through the levels until there is no new state, nothing left to find, or no budget."""
        frontier = self._initial_level()
        while frontier and self.stopped is None:
            level = self.depth + 1
            self.listener(Progress(NAME, level, self.limits.seconds, tuple(sorted(self._open())), len(self.parents)))
            last = level == self.limits.budget.depth
            successors = self._next_level(frontier, level, last=last)
            if self.stopped is not None:
                return
            self.depth = level
            if last or not self._open():
                # Nothing lies beyond if this level led nowhere new; with step properties, not every step from here was judged.
                self.complete = not successors and not (last and self._step_properties())
                return
            frontier = successors
        if self.stopped is None:
            self.complete, self.depth = True, max(0, self.depth)

    def _initial_level(self) -> list[State]:
        level: list[State] = []
        for start in initial_states(self.system):
            if isinstance(start, FaultyStart):
                self._fault(start.site, Trace((), (), fault=start.site))
            else:
                self.parents[start] = None
                level.append(start)
            self.stopped = self.limits.exceeded(len(self.parents))
            if self.stopped is not None:
                break
        if not level and not self.faults and self.stopped is None:
            raise no_initial_state(self.system)
        return level

    def _next_level(self, frontier: list[State], level: int, *, last: bool) -> list[State]:
        """Judge the states of a level and the steps out of them; return the states that are new.

        Of the `last` level, the states that are new are counted among the successors but not kept.
        """
        successors: list[State] = []
        self.levels.append(len(frontier))
        for state in frontier:
            self.stopped = self.limits.exceeded(len(self.parents))
            if self.stopped is not None:
                return []
            self.looked_at += 1
            self._judge_state(state, level)
            stuck, before = True, self.transitions
            for outcome in steps(self.system, state):
                stuck = False
                match outcome:
                    case Broken(action, arguments, site):
                        step = Step(action.name, action.variant, arguments, action.span)
                        self._fault(site, self._trace(state, fault=site, faulting=step))
                        self.first_taken.setdefault(action.name, level)
                    case Taken(action, arguments, target):
                        self.transitions += 1
                        self.taken[action.name] = self.taken.get(action.name, 0) + 1
                        self.first_taken.setdefault(action.name, level)
                        step = Step(action.name, action.variant, arguments, action.span)
                        if not last:
                            self._judge_step(state, step, target)
                        if target not in self.parents:
                            successors.append(target)
                            if not last:
                                self.parents[target] = (state, step)
            self.most_steps = max(self.most_steps, self.transitions - before)
            if stuck:
                self.stuck += 1
                self._judge_stuck(state)
        return successors

    # ----------------------------------------------------------------------------------- judgements

    def _judge_state(self, state: State, level: int) -> None:
        for process in self.system.processes:
            position = self.system.variable_index(process.pc)
            value = state[position]
            here = value.mapping.values() if isinstance(value, Function) else (value,)
            for label in here:
                if isinstance(label, Atom):
                    self.labels.setdefault((process.name, label.label), level)
        for claim in self._evaluated(PropertyKind.INVARIANT, PropertyKind.LEMMA, PropertyKind.WITNESS):
            try:
                true = holds(self.system, claim, state)
            except Fault as fault:
                self._fault(fault.site, self._trace(state, fault=fault.site))
                continue
            if claim.name in self._open() and true == (claim.kind is PropertyKind.WITNESS):
                trace = self._trace(state)
                self.found[claim.name] = Reached(trace) if true else Violated(trace)

    def _judge_step(self, state: State, step: Step, target: State) -> None:
        for claim in self._step_properties():
            try:
                true = holds(self.system, claim, state, target)
            except Fault as fault:
                self._fault(fault.site, self._trace(state, (step, target), fault=fault.site))
                continue
            if not true and claim.name in self._open():
                self.found[claim.name] = Violated(self._trace(state, (step, target)))

    def _judge_stuck(self, state: State) -> None:
        try:
            if not is_terminal(self.system, state) and DEADLOCK in self._open():
                self.found[DEADLOCK] = Violated(self._trace(state))
        except Fault as fault:
            self._fault(fault.site, self._trace(state, fault=fault.site))

    def _fault(self, site: Site, trace: Trace) -> None:
        if site not in self.faults or trace.length < self.faults[site].length:
            self.faults[site] = trace

    def _open(self) -> frozenset[str]:
        """Return the properties still undecided. `FAULTS` stays open to the end: there is always another site."""
        return self.wanted - self.found.keys()

    def _evaluated(self, *kinds: PropertyKind) -> list[Property]:
        """Return the properties of these kinds that are wanted, or may fault. A decided one may still fault elsewhere."""
        return [p for p in self.system.properties if p.kind in kinds and not self.wanted.isdisjoint((p.name, FAULTS))]

    def _step_properties(self) -> list[Property]:
        return self._evaluated(PropertyKind.TRANSITION)

    def _trace(
        self,
        state: State,
        *more: tuple[Step, State],
        fault: Site | None = None,
        faulting: Step | None = None,
    ) -> Trace:
        """Return the run that first reached the state, and then takes `more` steps."""
        backwards: list[tuple[Step, State]] = []
        first = state
        while (parent := self.parents[first]) is not None:
            before, step = parent
            backwards.append((step, first))
            first = before
        run = (*reversed(backwards), *more)
        return Trace(
            (first, *(reached for _, reached in run)), tuple(step for step, _ in run), fault=fault, faulting=faulting
        )

    # ------------------------------------------------------------------------------------- findings

    def findings(self) -> Findings:
        """Return what was found."""
        verdicts = dict(self.found)
        if self.faults:
            verdicts[FAULTS] = Violated(min(self.faults.values(), key=lambda trace: trace.length))
        undecided = self.wanted - verdicts.keys()
        if undecided:
            verdicts.update(dict.fromkeys(undecided, self._without_violation()))
        return Findings(
            engine=NAME,
            verdicts=verdicts,
            faults={site: Violated(trace) for site, trace in self.faults.items()},
            depth=self.depth,
            complete=self.complete,
            first_taken=self.first_taken,
            labels=self.labels,
            seconds=self.limits.seconds,
            states=len(self.parents),
            transitions=self.transitions,
            diameter=self.depth if self.complete else None,
            counts=Counts(self.taken, self.most_steps, self.stuck),
            unfinished=None if self.stopped is None else self._unfinished(),
        )

    def _unfinished(self) -> Unfinished:
        found = len(self.parents)
        return unfinished(
            self.levels,
            begun=found - sum(self.levels),
            waiting=found - self.looked_at,
            depth=self.limits.budget.depth,
            bytes_held=None,
        )

    def _without_violation(self) -> Verdict:
        if self.complete and not self.parents:
            return NOTHING_IS_REACHED
        if self.complete:
            return Proved(ReachableSet(frozenset(self.parents), self.depth))
        if self.stopped is not None:
            return Unknown(self.stopped, self.depth)
        return Bounded(self.depth)
