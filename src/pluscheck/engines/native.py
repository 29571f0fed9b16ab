"""Breadth-first search by machine code made for the system: `exhaustive`, thousands of times as fast.

Where no machine code can be had, or a number may need more bits than a word has, `exhaustive` it is.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise

from pluscheck.base.errors import InternalError
from pluscheck.core.exprs import Site
from pluscheck.core.semantics import FaultyStart, initial_states, no_initial_state
from pluscheck.core.system import DEADLOCK, FAULTS, PropertyKind, TransitionSystem
from pluscheck.engines.exhaustive import exhaustive
from pluscheck.engines.interface import NOTHING_IS_REACHED, Budget, Counts, Findings, Listener, Progress
from pluscheck.engines.limits import Limits
from pluscheck.engines.traces import step_of
from pluscheck.evidence.trace import Step, Trace
from pluscheck.evidence.verdict import (
    Bounded,
    Proved,
    ReachableSet,
    Reached,
    Reason,
    SearchedStates,
    Unknown,
    Verdict,
    Violated,
)
from pluscheck.ground.ground import GroundAction, GroundSystem, ground
from pluscheck.ground.violations import violation
from pluscheck.native.context import Answer
from pluscheck.native.machine import NoMachineError
from pluscheck.native.nodes import TooWideError
from pluscheck.native.program import Watched
from pluscheck.native.search import Search, Seen, level_of

NAME = "native"
"""What the engine is called."""

MOST_LISTED = 20_000
"""A proof lists the states if they are no more than these."""

CALL = 0.1
"""Seconds that a call of machine code should take: so long it may be until a budget, or Ctrl-C, is heeded."""

FIRST_CALL = 2_000
"""How many states the first call looks at."""


def native(system: TransitionSystem, wanted: frozenset[str], budget: Budget, listener: Listener) -> Findings:
    """Return what is found by going through all reachable states, as far as the budget goes: what `exhaustive` finds.

    Raises SpecError if there is no initial state, or if the system is too large to be made ground.
    """
    started = time.monotonic()
    limits = Limits(budget, started)
    grounded = ground(system)
    targets = _targets(grounded, wanted)
    try:
        search = Search(grounded, _watched(targets))
    except (NoMachineError, TooWideError):
        return exhaustive(system, wanted, replace(budget, seconds=limits.seconds_left()), listener)
    run = _Run(grounded, wanted, limits, listener, targets, search)
    run.run()
    return run.findings()


# ------------------------------------------------------------------------------------------ what is sought


@dataclass(frozen=True, slots=True)
class _Claim:
    """The property is violated (or the witness reached)."""

    name: str
    is_witness: bool = False


@dataclass(frozen=True, slots=True)
class _AtLabel:
    """A process of this kind is at the label."""

    process: str
    label: str


_Sought = _Claim | _AtLabel | Site


@dataclass(frozen=True, slots=True)
class _Targets:
    """What is looked for, each with the node that says that it is there: in states, in those that are stuck, and in steps."""

    states: tuple[tuple[_Sought, int], ...]
    stuck: tuple[tuple[_Sought, int], ...]
    steps: tuple[tuple[_Sought, int], ...]

    def all(self) -> Iterator[_Sought]:
        """Yield them in the order in which they are numbered."""
        for group in (self.states, self.stuck, self.steps):
            for sought, _ in group:
                yield sought


def _targets(system: GroundSystem, wanted: frozenset[str]) -> _Targets:
    states: list[tuple[_Sought, int]] = []
    steps: list[tuple[_Sought, int]] = []
    for claim in system.properties:
        name, kind = claim.property.name, claim.property.kind
        if wanted.isdisjoint((name, FAULTS)):
            continue
        group = steps if kind is PropertyKind.TRANSITION else states
        if name in wanted:
            found = violation(system, name)
            group.append((_Claim(name, kind is PropertyKind.WITNESS), found.step if group is steps else found.state))
        group += claim.faults.items()
    states += [(_AtLabel(process, label), node) for (process, label), node in system.labels.items()]
    stuck: list[tuple[_Sought, int]] = list(system.terminal_faults.items())
    if DEADLOCK in wanted:
        dag = system.dag
        undefined = dag.any_(system.terminal_faults.values())
        stuck.append((_Claim(DEADLOCK), dag.and_(dag.not_(system.terminal), dag.not_(undefined))))
    return _Targets(tuple(states), tuple(stuck), tuple(steps))


def _watched(targets: _Targets) -> Watched:
    return Watched(
        states=[node for _, node in targets.states],
        stuck=[node for _, node in targets.stuck],
        steps=[node for _, node in targets.steps],
    )


# -------------------------------------------------------------------------------------------------- search


@dataclass(slots=True)
class _Run:
    system: GroundSystem
    wanted: frozenset[str]
    limits: Limits
    listener: Listener
    targets: _Targets
    search: Search
    start_faults: dict[Site, Trace] = field(default_factory=dict)
    starts: list[int] = field(default_factory=list)
    """For each level, the number of its first state."""
    first_taken: dict[str, int] = field(default_factory=dict)
    depth: int = -1
    """The last level that was gone through from end to end."""
    complete: bool = False
    stopped: Reason | None = None
    per_call: int = FIRST_CALL
    """How many states the next call looks at."""

    def run(self) -> None:
        """Go through the levels until there is no new state, nothing left to find, or no budget."""
        self._begin()
        search = self.search
        while self.stopped is None and search.looked_at < search.count:
            level, end = self.depth + 1, search.count
            self.starts.append(search.looked_at)
            last = level == self.limits.budget.depth
            self._go_through(level, end, keep=not last)
            self._note_actions(level)
            if self.stopped is not None:
                return
            self.depth = level
            if last or not self._open():
                # Nothing lies beyond if this level led nowhere new; with step properties, not every step from here was judged.
                self.complete = not search.new and search.count == end and not (last and self._judges_steps)
                return
        if self.stopped is None:
            self.complete, self.depth = True, max(0, self.depth)

    @property
    def _judges_steps(self) -> bool:
        """Whether a property of steps is evaluated."""
        claims = [p.name for p in self.system.system.properties if p.kind is PropertyKind.TRANSITION]
        return bool(claims) and (FAULTS in self.wanted or not self.wanted.isdisjoint(claims))

    def _begin(self) -> None:
        """Enter the initial states."""
        system = self.system.system
        pending: list[tuple[int, ...]] = []
        for start in initial_states(system):
            if isinstance(start, FaultyStart):
                self.start_faults.setdefault(start.site, Trace((), (), fault=start.site))
            else:
                pending.append(self.system.layout.encode(start))
            self.stopped = self.limits.exceeded(len(pending))
            if self.stopped is not None:
                break
        self.search.start(pending)
        if not pending and not self.start_faults and self.stopped is None:
            raise no_initial_state(system)

    def _go_through(self, level: int, end: int, *, keep: bool) -> None:
        """Look at the states of a level, as long as the budget lasts."""
        search = self.search
        while search.looked_at < end:
            self.listener(Progress(NAME, level, self.limits.seconds, tuple(sorted(self._open())), search.count))
            self.stopped = self.limits.exceeded(search.count)
            if self.stopped is not None:
                return
            began = time.monotonic()
            target = min(end, search.looked_at + self.per_call)
            answer = search.expand(target, keep=keep)
            if answer is Answer.FULL:
                self.stopped = self._grow()
                if self.stopped is not None:
                    return
            took = time.monotonic() - began
            if took < CALL / 2:
                self.per_call *= 2
            elif took > CALL * 2:
                self.per_call = max(FIRST_CALL, self.per_call // 2)

    def _grow(self) -> Reason | None:
        """Make room for more states; return why there is none."""
        if self.search.is_at_its_end:
            return Reason.STATES
        left = self.limits.megabytes_left()
        if left is not None and self.search.growth > left * 1_000_000:
            return Reason.MEMORY
        try:
            self.search.grow()
        except MemoryError:
            return Reason.MEMORY
        return None

    def _note_actions(self, level: int) -> None:
        """Take note of actions that were possible for the first time."""
        if len(self.first_taken) == len({action.name for action in self.system.system.actions}):
            return
        for action, count in zip(self.system.actions, self.search.taken(), strict=True):
            if count:
                self.first_taken.setdefault(action.action.name, level)
        for fault, seen in zip(self.system.faults, self._faults_seen(), strict=True):
            if seen is not None:
                self.first_taken.setdefault(fault.action.name, level)

    def _faults_seen(self) -> list[Seen | None]:
        return self.search.seen()[len(list(self.targets.all())) :]

    def _open(self) -> frozenset[str]:
        """Return the properties still undecided. `FAULTS` stays open to the end: there is always another site."""
        seen = zip(self.targets.all(), self.search.seen(), strict=False)
        return self.wanted - {sought.name for sought, at in seen if at is not None and isinstance(sought, _Claim)}

    # ------------------------------------------------------------------------------------------- findings

    def findings(self) -> Findings:
        """Return what was found."""
        seen = self.search.seen()
        verdicts: dict[str, Verdict] = {}
        faults = dict(self.start_faults)
        labels: dict[tuple[str, str], int] = {}
        runs = _Runs(self.system, self.search)
        about_steps = len(self.targets.states) + len(self.targets.stuck)
        for event, (sought, at) in enumerate(zip(self.targets.all(), seen, strict=False)):
            if at is None:
                continue
            match sought:
                case _AtLabel(process, label):
                    labels[process, label] = level_of(at.state, self.starts)
                case _Claim(name, is_witness):
                    trace = runs.trace(at, with_step=event >= about_steps)
                    verdicts[name] = Reached(trace) if is_witness else Violated(trace)
                case Site():
                    _keep(faults, sought, replace(runs.trace(at, with_step=event >= about_steps), fault=sought))
        for fault, at in zip(self.system.faults, self._faults_seen(), strict=True):
            if at is not None:
                trace = runs.trace(at, with_step=False)
                step = step_of(fault.action, fault.arguments)
                _keep(faults, fault.site, replace(trace, fault=fault.site, faulting=step))
        if faults:
            verdicts[FAULTS] = Violated(min(faults.values(), key=lambda trace: trace.length))
        undecided = self.wanted - verdicts.keys()
        if undecided:
            verdicts.update(dict.fromkeys(undecided, self._without_violation()))
        return Findings(
            engine=NAME,
            verdicts=verdicts,
            faults={site: Violated(trace) for site, trace in faults.items()},
            depth=self.depth,
            complete=self.complete,
            first_taken=self.first_taken,
            labels=labels,
            seconds=self.limits.seconds,
            states=self.search.count,
            transitions=self.search.transitions,
            diameter=self.depth if self.complete else None,
            counts=self._counts(),
        )

    def _counts(self) -> Counts:
        taken: dict[str, int] = {}
        for action, count in zip(self.system.actions, self.search.taken(), strict=True):
            if count:
                taken[action.action.name] = taken.get(action.action.name, 0) + count
        return Counts(taken, self.search.most_steps, self.search.stuck)

    def _without_violation(self) -> Verdict:
        if self.complete and not self.search.count:
            return NOTHING_IS_REACHED
        search = self.search
        if self.complete and search.count > MOST_LISTED:
            return Proved(SearchedStates(search.count, search.transitions, self.depth, search.digest()))
        if self.complete:
            decode = self.system.layout.decode
            return Proved(ReachableSet(frozenset([decode(search.scalars(n)) for n in range(search.count)]), self.depth))
        if self.stopped is not None:
            return Unknown(self.stopped, self.depth)
        return Bounded(self.depth)


def _keep(faults: dict[Site, Trace], site: Site, trace: Trace) -> None:
    """Keep the shorter of two runs to a fault."""
    if site not in faults or trace.length < faults[site].length:
        faults[site] = trace


class _Runs:
    """Runs of a search, read back."""

    def __init__(self, system: GroundSystem, search: Search) -> None:
        self._system = system
        self._search = search
        roots = [action.guard for action in system.actions]
        roots += [node for action in system.actions for node in action.updates.values()]
        self._cone = system.dag.cone(roots)

    def trace(self, at: Seen, *, with_step: bool) -> Trace:
        """Return a shortest run to where something was first seen; if it was seen in a step, with that."""
        layout, search = self._system.layout, self._search
        run = [tuple(search.scalars(number)) for number in search.ancestors(at.state)]
        steps: list[Step] = []
        for before, after in pairwise(run):
            action = self._action(before, after)
            steps.append(step_of(action.action, action.arguments))
        if with_step:
            action = self._system.actions[at.action]
            values = self._values(run[-1])
            run.append(self._after(action, run[-1], values))
            steps.append(step_of(action.action, action.arguments))
        return Trace(tuple([layout.decode(scalars) for scalars in run]), tuple(steps))

    def _values(self, scalars: tuple[int, ...]) -> dict[int, int]:
        leaves = {leaf.node: value for leaf, value in zip(self._system.leaves, scalars, strict=True)}
        return self._system.dag.values(self._cone, leaves)

    def _action(self, before: tuple[int, ...], after: tuple[int, ...]) -> GroundAction:
        """Return the first action that leads from one state to the other."""
        values = self._values(before)
        for action in self._system.actions:
            if values[action.guard] and self._after(action, before, values) == after:
                return action
        raise InternalError("no action leads from a state to one that was found from it")

    def _after(self, action: GroundAction, before: tuple[int, ...], values: dict[int, int]) -> tuple[int, ...]:
        updates = action.updates
        return tuple([values[updates[p]] if p in updates else value for p, value in enumerate(before)])
