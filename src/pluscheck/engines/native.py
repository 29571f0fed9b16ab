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
from pluscheck.core.symmetry import Exchange, exchanges, may_be_large
from pluscheck.core.system import DEADLOCK, FAULTS, PropertyKind, TransitionSystem
from pluscheck.engines.exhaustive import exhaustive
from pluscheck.engines.hidden_faults import is_hiding
from pluscheck.engines.interface import NOTHING_IS_REACHED, Budget, Counts, Findings, Listener, Progress, Unfinished
from pluscheck.engines.limits import Limits
from pluscheck.engines.native_runs import Runs
from pluscheck.engines.traces import step_of
from pluscheck.engines.unfinished import unfinished
from pluscheck.evidence.trace import Trace
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
from pluscheck.ground.ground import GroundSystem, ground
from pluscheck.ground.violations import violation
from pluscheck.native.context import Answer
from pluscheck.native.machine import NoMachineError
from pluscheck.native.nodes import TooWideError
from pluscheck.native.program import Permuted, Watched
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
    limits = Limits(budget, time.monotonic())
    findings, is_hiding = _searched(system, wanted, limits, listener, _exchanges_for(system, budget))
    if is_hiding:
        again = replace(budget, symmetry=False, seconds=limits.seconds_left())
        whole, _ = _searched(system, wanted, Limits(again, time.monotonic()), listener, ())
        faults = {**findings.faults, **whole.faults}
        findings = replace(findings, faults=faults, seconds=limits.seconds)
    return findings


def _exchanges_for(system: TransitionSystem, budget: Budget) -> tuple[Exchange, ...]:
    """Return the exchanges by which states are made normal forms; none where all states are to be looked at."""
    return exchanges(system) if budget.symmetry and may_be_large(system) else ()


def _searched(
    system: TransitionSystem,
    wanted: frozenset[str],
    limits: Limits,
    listener: Listener,
    found: tuple[Exchange, ...],
) -> tuple[Findings, bool]:
    """Return what one search finds, and whether faults may be hidden from it (see `is_hiding`)."""
    grounded, permuted_by = _grounded(system, found)
    targets = _targets(grounded, wanted)
    try:
        search = Search(grounded, _watched(targets), permuted_by)
    except (NoMachineError, TooWideError):
        return exhaustive(system, wanted, replace(limits.budget, seconds=limits.seconds_left()), listener), False
    sorts = tuple(dict.fromkeys(each.sort for each in found))
    run = _Run(grounded, wanted, limits, listener, targets, search, sorts, permuted_by)
    run.run()
    findings = run.findings()
    return findings, bool(found) and is_hiding(grounded, findings.faults)


def _grounded(system: TransitionSystem, found: tuple[Exchange, ...]) -> tuple[GroundSystem, Permuted | None]:
    """Return the system, and the exchanges over the same scalars."""
    if not found:
        return ground(system), None
    both = ground(replace(system, actions=(*system.actions, *[each.action for each in found])))
    steps = both.actions[-len(found) :]
    if [step.action.name for step in steps] != [each.action.name for each in found]:
        raise InternalError("an exchange of elements is not one step")
    own = both.actions[: -len(found)]
    faults = tuple([fault for fault in both.faults if all(fault.action is not each.action for each in found)])
    possible = [action.guard for action in own] + [fault.condition for fault in faults]
    stuck = both.dag.not_(both.dag.any_(possible))
    grounded = replace(both, system=system, actions=own, faults=faults, stuck=stuck)
    return grounded, Permuted(steps, [(each.first, each.second) for each in found])


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
    permuted: tuple[str, ...] = ()
    """The sorts of which permutations of a state are looked at as one."""
    by: Permuted | None = None
    start_faults: dict[Site, Trace] = field(default_factory=dict)
    starts: list[int] = field(default_factory=list)
    """For each level, the number of its first state."""
    end: int = 0
    """The number after the last state of the level that was begun last."""
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
            self.end = end
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
        runs = Runs(self.system, self.search, self.by)
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
                    trace = runs.trace(at, with_step=event >= about_steps)
                    _keep(faults, sought, replace(trace, fault=sought))
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
            # Of an orbit with several normal forms some may be found later than the first.
            diameter=self.depth if self.complete and not self.permuted else None,
            counts=self._counts(),
            unfinished=None if self.stopped is None else self._unfinished(),
            permuted=self.permuted,
        )

    def _counted(self) -> Proved:
        search = self.search
        digest = search.digest()
        return Proved(SearchedStates(search.count, search.transitions, self.depth, digest, self.permuted))

    def _counts(self) -> Counts:
        taken: dict[str, int] = {}
        for action, count in zip(self.system.actions, self.search.taken(), strict=True):
            if count:
                taken[action.action.name] = taken.get(action.action.name, 0) + count
        return Counts(taken, self.search.most_steps, self.search.stuck)

    def _unfinished(self) -> Unfinished:
        search = self.search
        bounds = [*self.starts, self.end]
        return unfinished(
            [end - start for start, end in pairwise(bounds)],
            begun=search.count - self.end,
            waiting=search.count - search.looked_at,
            depth=self.limits.budget.depth,
            bytes_held=search.bytes,
        )

    def _without_violation(self) -> Verdict:
        if self.complete and not self.search.count:
            return NOTHING_IS_REACHED
        search = self.search
        if self.complete and search.count > MOST_LISTED:
            return self._counted()
        if self.complete and self.permuted:
            return self._counted()
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
