"""Several engines at once, each in a process of its own: the first decisive verdict on each property wins, and when nothing is open the rest are stopped.

Violations come only from engines whose traces are shortest, and no engine is told what another found: its own result never depends on who else ran. Which of
several provers is first may differ from run to run; what is proved or violated does not.

A system so small that all its states are soon gone through needs none of this, and gets no processes.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import assert_never

from pluscheck.base.errors import InternalError, SpecError
from pluscheck.base.memory import held_memory
from pluscheck.base.processes import cores
from pluscheck.core.sites import evaluated
from pluscheck.core.system import FAULTS, PropertyKind, TransitionSystem
from pluscheck.core.walk import subterms
from pluscheck.engines.exhaustive import exhaustive
from pluscheck.engines.interface import Budget, Engine, Findings, Listener, Progress
from pluscheck.engines.workers import CAN_PAUSE, Failed, Gone, Job, Message, Worker, Wrong, spoken
from pluscheck.evidence.verdict import Bounded, Certificate, Proved, Reached, Reason, Unknown, Verdict, Violated

NAME = "portfolio"
"""What the engine is called."""

SMALL_WORK = 150_000
"""How many terms may be evaluated, by rough count, before a system is no longer small: a third of a second or so."""

SMALL_STATES = 2_000
"""More states than these are not looked at without a process, however cheap they are."""

PROVE_SECONDS = 10.0
"""How long proofs are looked for after the bounded checker is through, where none is asked for."""

TICK = 0.05
"""Seconds between two signs of life."""

TURN = 1.0
"""The least seconds that an engine runs before another gets its turn."""

SHARE = 8
"""Turns grow with the race: a turn is this part of what has passed, so that slow engines are not paused ever more often."""

PATIENCE = 1.0
"""Seconds that engines have to hand over what they know, when the race is over."""


@dataclass(frozen=True, slots=True)
class Racer:
    """An engine that takes part. `load` returns it, and must be a function of a module.

    `seconds` and `states` are its own limits, in running time; it has so many `turns` at a time where engines have to share. With `shortest`, its traces are the
    shortest that there are, and count; one that `sees_all` goes through all states, and is asked for everything.
    """

    name: str
    load: Callable[[], Engine]
    seconds: float | None = None
    states: int | None = None
    turns: int = 1
    shortest: bool = False
    sees_all: bool = False


@dataclass(frozen=True, slots=True)
class Aims:
    """What is hoped for: `proofs` are worth the whole budget, others `seconds` after the bounded checker is through.

    Of `violations` a proof is not looked for until the bounded checker has found none.
    """

    proofs: frozenset[str] = frozenset()
    violations: frozenset[str] = frozenset()
    seconds: float = PROVE_SECONDS


Accepts = Callable[[str, Proved], bool]
"""Whether a proof of a property is one that counts: an engine may find what no judge can judge, and others should have their chance then."""


def any_proof(_name: str, _verdict: Proved) -> bool:
    """Take every proof for one."""
    return True


def portfolio(
    system: TransitionSystem,
    wanted: frozenset[str],
    budget: Budget,
    listener: Listener,
    *,
    searcher: Racer,
    provers: tuple[Racer, ...],
    aims: Aims,
    accepts: Accepts = any_proof,
    slots: int | None = None,
) -> Findings:
    """Return what the engines find together. `searcher` goes through longer and longer runs, to `budget.depth`.

    `slots` is how many run at a time, else as many as there are cores. Raises SpecError if there is no initial state, or if the system is too large.
    """
    small = _small(system, wanted, budget, listener)
    if small is not None:
        return small
    return _Race(system, wanted, budget, listener, searcher, provers, aims, accepts, slots or cores()).run()


# --------------------------------------------------------------------------------------------- small


def _small(system: TransitionSystem, wanted: frozenset[str], budget: Budget, listener: Listener) -> Findings | None:
    """Return what is found of a system that is small enough to be gone through at once, else None.

    What counts is the number of states and the size of what is evaluated in each, no clock: the answer is always the same.
    """
    states = min(SMALL_STATES, SMALL_WORK // _size(system))
    found = exhaustive(system, wanted, replace(budget, depth=None, states=states), listener)
    if not found.complete and any(isinstance(verdict, Unknown | Bounded) for verdict in found.verdicts.values()):
        return None
    return replace(found, engine=NAME, by=dict.fromkeys(found.verdicts, found.engine), tried=(found.engine,))


def _size(system: TransitionSystem) -> int:
    """Return how many terms the system has, each once; at least 1."""
    return 1 + sum(1 for _ in subterms(evaluated(system)))


# ---------------------------------------------------------------------------------------------- race


@dataclass(slots=True)
class _Entry:
    """An engine in the race, with what it is to decide: not started yet, at work, or paused."""

    racer: Racer
    wanted: frozenset[str]
    worker: Worker | None = None

    @property
    def is_running(self) -> bool:
        return self.worker is not None and not self.worker.paused

    @property
    def turn(self) -> float:
        """How long it has been running since its last pause."""
        return 0.0 if self.worker is None else self.worker.turn


@dataclass(slots=True)
class _Race:
    system: TransitionSystem
    wanted: frozenset[str]
    budget: Budget
    listener: Listener
    searcher: Racer
    provers: tuple[Racer, ...]
    aims: Aims
    accepts: Accepts
    slots: int
    started: float = field(default_factory=time.monotonic)
    entries: list[_Entry] = field(default_factory=list)
    """Those started and not ended."""
    queue: deque[_Entry] = field(default_factory=deque)
    """Those that wait for a turn, paused or not started."""
    given: frozenset[str] = frozenset()
    """The properties that provers were given."""
    decided: dict[str, tuple[Verdict, str]] = field(default_factory=dict)
    """Decisive verdicts, and the engine that each is from."""
    certificates: dict[Certificate, Certificate] = field(default_factory=dict)
    searched: Findings | None = None
    """What the searcher found, once it is through."""
    searched_at: float | None = None
    decided_at: float | None = None
    """When nothing was open any more."""
    progress: Progress | None = None
    """The searcher's last."""
    unseen: int | None = None
    complete: Findings | None = None
    """What an engine found that went through all states."""
    stopped: Reason | None = None

    def run(self) -> Findings:
        """Return what is found, when nothing is open or time is up. Raises SpecError."""
        self.queue.append(_Entry(self.searcher, self.wanted))
        witnesses = {p.name for p in self.system.properties if p.kind is PropertyKind.WITNESS}
        self._enter_provers(self.wanted - witnesses - self.aims.violations)
        try:
            while not self._is_over():
                self._take_turns()
                self._hear(TICK)
                self._hold_limits()
                self._tell()
            self._collect()
        except KeyboardInterrupt:
            self.stopped = Reason.INTERRUPTED
        finally:
            for entry in (*self.entries, *self.queue):
                if entry.worker is not None:
                    entry.worker.end()
        return self._findings()

    @property
    def _seconds(self) -> float:
        return time.monotonic() - self.started

    @property
    def _open(self) -> frozenset[str]:
        return self.wanted - self.decided.keys()

    def _is_over(self) -> bool:
        """Return whether there is nothing left to find, to wait for, or to spend."""
        if self.budget.seconds is not None and self._seconds > self.budget.seconds:
            self.stopped = Reason.TIME
            return True
        if self.complete is not None or not (self.entries or self.queue):
            return True
        if not self._open:
            # What is left is which actions are possible at all: worth a while, and no more.
            self.decided_at = self.decided_at or time.monotonic()
            late = time.monotonic() - self.decided_at > self.aims.seconds
            return self.searched_at is not None or self.unseen == 0 or late
        if self.searched_at is None or self._open & self.aims.proofs:
            return False
        return time.monotonic() - self.searched_at > self.aims.seconds

    # -------------------------------------------------------------------------------------- turns

    def _enter_provers(self, names: frozenset[str]) -> None:
        """Let the provers look for proofs of these properties."""
        if names:
            first_time = not self.given
            self.given |= names
            for prover in self.provers:
                if not prover.sees_all:
                    self.queue.append(_Entry(prover, names))
                elif first_time:
                    self.queue.append(_Entry(prover, self._open))

    def _take_turns(self) -> None:
        """Start what waits where there is room; where there is none, let who ran longest make room once its turn is over."""
        slots = self.slots if CAN_PAUSE else len(self.entries) + len(self.queue)
        while self.queue and sum(entry.is_running for entry in self.entries) < slots:
            self._start(self._next(after=None))
        if not self.queue:
            return
        turn = max(TURN, self._seconds / SHARE)
        over = [e for e in self.entries if e.turn > turn * e.racer.turns and self._may_pause(e)]
        if over:
            longest = max(over, key=lambda e: e.turn / e.racer.turns)
            if longest.worker is not None:
                longest.worker.pause()
            self.entries.remove(longest)
            self.queue.append(longest)
            self._start(self._next(after=longest))

    def _may_pause(self, entry: _Entry) -> bool:
        """Return whether others may have the entry's place: the searcher keeps its own, if there is another."""
        return self.slots == 1 or entry.racer is not self.searcher

    def _next(self, after: _Entry | None) -> _Entry:
        """Take the next one from the queue: on one core the searcher has every other turn."""
        chosen = next((e for e in self.queue if e.racer is self.searcher and e is not after), None)
        if chosen is None:
            chosen = next((e for e in self.queue if e is not after), self.queue[0])
        self.queue.remove(chosen)
        return chosen

    def _start(self, entry: _Entry) -> None:
        """Let an engine begin, or go on."""
        if entry.worker is not None:
            entry.worker.resume()
            self.entries.append(entry)
            return
        is_searcher = entry.racer is self.searcher
        wanted = entry.wanted if is_searcher else entry.wanted & self._open
        if not wanted:
            return
        left = None if self.budget.seconds is None else max(TICK, self.budget.seconds - self._seconds)
        depth = self.budget.depth if is_searcher else None
        budget = replace(self.budget, depth=depth, seconds=left, states=entry.racer.states)
        entry.worker = Worker(Job(entry.racer.name, entry.racer.load, self.system, wanted, budget))
        self.entries.append(entry)

    def _hold_limits(self) -> None:
        """End who has had its time, whose question is answered, or, where memory is short, who holds most of it."""
        for entry in [*self.entries, *self.queue]:
            worker, racer = entry.worker, entry.racer
            if worker is None or racer is self.searcher:
                continue
            if (racer.seconds is not None and worker.seconds > racer.seconds) or not worker.job.wanted & self._open:
                self._end(entry)
        if self.budget.memory is not None:
            held = {id(e): e.worker.memory() for e in (*self.entries, *self.queue) if e.worker is not None}
            if held_memory() + sum(held.values()) > self.budget.memory:
                provers = [e for e in (*self.entries, *self.queue) if id(e) in held and e.racer is not self.searcher]
                if provers:
                    self._end(max(provers, key=lambda e: held[id(e)]))

    def _end(self, entry: _Entry) -> None:
        """Take an engine out of the race."""
        if entry.worker is not None:
            entry.worker.end()
        if entry in self.entries:
            self.entries.remove(entry)
        if entry in self.queue:
            self.queue.remove(entry)

    # --------------------------------------------------------------------------------------- news

    def _hear(self, seconds: float) -> None:
        """Take note of all that is said within so many seconds; return as soon as something was."""
        running = {e.worker: e for e in self.entries if e.worker is not None}
        for worker in spoken(list(running), seconds=seconds):
            while (message := worker.received()) is not None:
                self._note(running[worker], message)
                if worker.ended:
                    break

    def _note(self, entry: _Entry, message: Message) -> None:
        is_searcher = entry.racer is self.searcher
        match message:
            case Progress():
                for name, verdict in message.found:
                    self._decide(name, verdict, entry.racer)
                if is_searcher:
                    self.progress, self.unseen = message, message.unseen
                self.listener(replace(message, open=tuple(sorted(self._open)), seconds=self._seconds, found=()))
                return
            case Findings():
                self._note_findings(entry.racer, message)
            case Wrong(diagnostics):
                if is_searcher:
                    raise SpecError(diagnostics)
            case Failed(engine, error, where):
                raise InternalError(f"{engine}: {error}\n{where}")
            case Gone(_, reason):
                if is_searcher:
                    self._searcher_is_through(self._nothing(reason))
            case _:
                assert_never(message)
        self._end(entry)

    def _note_findings(self, racer: Racer, findings: Findings) -> None:
        for name, verdict in findings.verdicts.items():
            self._decide(name, verdict, racer)
        if racer is self.searcher:
            self._searcher_is_through(findings)
        elif racer.sees_all and findings.complete and self.wanted <= findings.verdicts.keys() | self.decided.keys():
            self.complete = findings

    def _searcher_is_through(self, findings: Findings) -> None:
        """Take note that no longer runs will be looked at: what is still open is for the provers, whatever it is."""
        self.searched, self.searched_at = findings, time.monotonic()
        self._enter_provers(self._open - self.given)

    def _decide(self, name: str, verdict: Verdict, racer: Racer) -> None:
        """Take note of a verdict if it is decisive. Raises InternalError if it contradicts another."""
        match verdict:
            case Bounded() | Unknown():
                return
            case Violated() | Reached():
                if not racer.shortest:
                    return
            case Proved():
                pass
            case _:
                assert_never(verdict)
        if isinstance(
            verdict, Proved
        ):  # what is told in parts comes in copies: who judges it looks at one certificate once
            verdict = Proved(self.certificates.setdefault(verdict.certificate, verdict.certificate))
            if name not in self.decided and not self.accepts(name, verdict):
                return
        known = self.decided.setdefault(name, (verdict, racer.name))
        if isinstance(known[0], Proved) != isinstance(verdict, Proved):
            raise InternalError(f"{known[1]} and {racer.name} contradict each other on {name}")

    def _tell(self) -> None:
        """Give a sign of life, which is how a listener can end the race."""
        progress = self.progress or Progress(self.searcher.name, 0, 0.0)
        self.listener(replace(progress, open=tuple(sorted(self._open)), seconds=self._seconds, found=()))

    def _collect(self) -> None:
        """Let all who are still at work hand over what they know, if that is asked for: to be told what is open, or what was possible."""
        if self.complete is not None:
            return
        for entry in [*self.entries, *self.queue]:
            if entry.worker is None or (entry.racer is not self.searcher and not self._open):
                self._end(entry)
            else:
                entry.worker.ask_to_stop()
        self.entries += [entry for entry in self.queue if entry not in self.entries]
        self.queue.clear()
        until = time.monotonic() + PATIENCE
        while self.entries and time.monotonic() < until:
            self._hear(TICK)

    # ----------------------------------------------------------------------------------- findings

    def _nothing(self, reason: Reason) -> Findings:
        """Return what is known of a searcher that could not say it itself."""
        depth = -1 if self.progress is None else self.progress.depth - 1
        verdicts: dict[str, Verdict] = dict.fromkeys(self.wanted, Unknown(reason, depth))
        return Findings(self.searcher.name, verdicts, {}, depth, complete=False)

    def _undecided(self, verdict: Verdict) -> Verdict:
        """Return a verdict that decides nothing; who was asked to stop does not know why."""
        if isinstance(verdict, Unknown) and verdict.reason is Reason.INTERRUPTED and self.stopped is not None:
            return Unknown(self.stopped, verdict.depth)
        return verdict

    def _findings(self) -> Findings:
        """Return what was found, by whom."""
        if self.complete is not None:
            base = self.complete
        else:
            base = self.searched or self._nothing(self.stopped or Reason.TIME)
        verdicts = {name: verdict for name, (verdict, _) in self.decided.items()}
        verdicts.update({name: self._undecided(base.verdicts[name]) for name in self._open})
        faults = dict(base.faults)
        first = verdicts.get(FAULTS)
        if isinstance(first, Violated) and not faults and first.trace.fault is not None:
            faults[first.trace.fault] = first
        return replace(
            base,
            engine=NAME,
            verdicts=verdicts,
            faults=faults,
            covered=self.unseen == 0 or base.complete,
            by={name: engine for name, (_, engine) in self.decided.items()},
            tried=tuple(prover.name for prover in self.provers),
            seconds=self._seconds,
        )
