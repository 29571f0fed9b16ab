"""Breadth-first search by machine code made for the system: `exhaustive`, thousands of times as fast.

Where no machine code can be had, or a number may need more bits than a word has, `exhaustive` it is.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise

from pluscheck.base.errors import InternalError
from pluscheck.core.exprs import Site
from pluscheck.core.semantics import FaultyStart, initial_states, no_initial_state
from pluscheck.core.symmetry import Exchange, exchanges, may_be_large, permuted, rounds
from pluscheck.core.system import DEADLOCK, FAULTS, PropertyKind, TransitionSystem
from pluscheck.core.values import Atom
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
from pluscheck.ground.ground import GroundAction, GroundFault, GroundSystem, ground
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
    started = time.monotonic()
    limits = Limits(budget, started)
    found = exchanges(system) if budget.symmetry and may_be_large(system) else ()
    grounded, permuted_by = _grounded(system, found)
    targets = _targets(grounded, wanted)
    try:
        search = Search(grounded, _watched(targets), permuted_by)
    except (NoMachineError, TooWideError):
        return exhaustive(system, wanted, replace(budget, seconds=limits.seconds_left()), listener)
    sorts = tuple(dict.fromkeys(each.sort for each in found))
    run = _Run(grounded, wanted, limits, listener, targets, search, sorts, permuted_by)
    run.run()
    return run.findings()


def _grounded(system: TransitionSystem, found: tuple[Exchange, ...]) -> tuple[GroundSystem, Permuted | None]:
    """Return the system, and the exchanges over the same scalars."""
    if not found:
        return ground(system), None
    both = ground(replace(system, actions=(*system.actions, *[each.action for each in found])))
    steps = both.actions[-len(found) :]
    if [step.action.name for step in steps] != [each.action.name for each in found]:
        raise InternalError("an exchange of elements is not one step")
    return replace(both, system=system, actions=both.actions[: -len(found)]), Permuted(
        steps, rounds(found), [(each.first, each.second) for each in found]
    )


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
        runs = _Runs(self.system, self.search, self.by)
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
                step = runs.faulting(fault)
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


class _Runs:
    """Runs of a search, read back. Where its states are normal forms, a real run is followed beside them, each of its states a permutation of the one that was found."""

    def __init__(self, system: GroundSystem, search: Search, by: Permuted | None) -> None:
        self._system = system
        self._search = search
        self._by = by
        self._permutation: dict[Atom, Atom] = {}
        """What makes the last state of the run that was read of the one that was found."""
        roots = [action.guard for action in system.actions]
        roots += [node for action in system.actions for node in action.updates.values()]
        self._cone = system.dag.cone(roots)

    def trace(self, at: Seen, *, with_step: bool) -> Trace:
        """Return a shortest run to where something was first seen; if it was seen in a step, with that."""
        layout, search = self._system.layout, self._search
        chain = [tuple(search.scalars(number)) for number in search.ancestors(at.state)]
        run = [self._start(chain[0])]
        steps: list[Step] = []
        for before, normal in pairwise(chain):
            found = next((t for _, t in self._steps(before) if tuple(search.normal(t)) == normal), None)
            if found is None:
                raise InternalError("no action leads from a state to one that was found from it")
            self._follow(run, steps, found)
            self._note(self._way_to_normal(found))
        if with_step:
            known = self._system.actions[at.action]
            self._follow(run, steps, next(after for action, after in self._steps(chain[-1]) if action is known))
        return Trace(tuple([layout.decode(scalars) for scalars in run]), tuple(steps))

    def faulting(self, fault: GroundFault) -> Step:
        """Return the step that faults at the end of the run that was read last, as this one does in the state that was found."""
        arguments = tuple([(name, permuted(value, self._permutation)) for name, value in fault.arguments])
        return step_of(fault.action, arguments)

    def _start(self, normal: tuple[int, ...]) -> tuple[int, ...]:
        """Return an initial state with this normal form."""
        self._permutation = {}
        if self._by is None:
            return normal
        for start in initial_states(self._system.system):
            if not isinstance(start, FaultyStart):
                scalars = tuple(self._system.layout.encode(start))
                if tuple(self._search.normal(scalars)) == normal:
                    self._note(self._way_to_normal(scalars))
                    return scalars
        raise InternalError("no initial state has a normal form that was found")

    def _follow(self, run: list[tuple[int, ...]], steps: list[Step], found: tuple[int, ...]) -> None:
        """Add the step to what becomes of a state that was found from the one that was found last."""
        after = found if self._by is None else self._permuted(found, self._permutation)
        action = next((action for action, there in self._steps(run[-1]) if there == after), None)
        if action is None:
            raise InternalError("a step that was found has no counterpart with other elements")
        run.append(after)
        steps.append(step_of(action.action, action.arguments))

    def _way_to_normal(self, scalars: tuple[int, ...]) -> list[tuple[Atom, Atom]]:
        """Return the exchanges that make the normal form of a state, in their order."""
        made: list[tuple[Atom, Atom]] = []
        if self._by is None:
            return made
        for number in self._by.rounds:
            first, second = self._by.pairs[number]
            exchanged = self._permuted(scalars, {first: second, second: first})
            if exchanged < scalars:
                scalars = exchanged
                made.append((first, second))
        return made

    def _note(self, made: list[tuple[Atom, Atom]]) -> None:
        """Take note that a state was found as what these exchanges make of it: to come back to it they are undone first."""
        for first, second in made:
            known = self._permutation
            self._permutation = {
                **known,
                first: known.get(second, second),
                second: known.get(first, first),
            }

    def _permuted(self, scalars: tuple[int, ...], by: Mapping[Atom, Atom]) -> tuple[int, ...]:
        layout = self._system.layout
        return tuple(layout.encode(tuple([permuted(value, by) for value in layout.decode(scalars)])))

    def _steps(self, before: tuple[int, ...]) -> Iterator[tuple[GroundAction, tuple[int, ...]]]:
        """Yield all actions that are possible, and the states they lead to."""
        leaves = {leaf.node: value for leaf, value in zip(self._system.leaves, before, strict=True)}
        values = self._system.dag.values(self._cone, leaves)
        for action in self._system.actions:
            if values[action.guard]:
                updates = action.updates
                after = tuple([values[updates[p]] if p in updates else value for p, value in enumerate(before)])
                yield action, after
