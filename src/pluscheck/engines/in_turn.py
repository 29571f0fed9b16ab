"""The engines of the portfolio one after another, in a fixed order: slower than a race, and whoever finds something is always the same.

What is expected to be found is looked for by the bounded checker; what is to hold is given to each prover in turn, and to the bounded checker last.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pluscheck.core.exprs import Site
from pluscheck.core.system import FAULTS, PropertyKind, TransitionSystem
from pluscheck.engines.interface import Budget, Findings, Listener
from pluscheck.engines.portfolio import Accepts, Aims, Racer, any_proof
from pluscheck.evidence.verdict import Proved, Reached, Reason, Unknown, Verdict, Violated

NAME = "in-turn"
"""What the engine is called."""

LONGEST = 60.0
"""How many seconds a prover has where a proof is expected and nothing else limits it."""


def in_turn(
    system: TransitionSystem,
    wanted: frozenset[str],
    budget: Budget,
    listener: Listener,
    *,
    searcher: Racer,
    provers: tuple[Racer, ...],
    aims: Aims,
    accepts: Accepts = any_proof,
) -> Findings:
    """Return what the engines find, one after another. Raises SpecError."""
    turns = _Turns(system, wanted, budget, listener, accepts)
    witnesses = {p.name for p in system.properties if p.kind is PropertyKind.WITNESS}
    to_find = wanted & (witnesses | aims.violations)
    try:
        turns.search(searcher, to_find)
        for prover in provers:
            open_ = turns.open - to_find
            longest = LONGEST if open_ & aims.proofs else aims.seconds
            turns.prove(prover, open_, longest if prover.seconds is None else min(prover.seconds, longest))
        turns.search(searcher, turns.open - to_find)
        for prover in provers:  # what should be found and is not may be impossible
            longest = aims.seconds if prover.seconds is None else min(prover.seconds, aims.seconds)
            turns.prove(prover, turns.open & to_find, longest)
    except KeyboardInterrupt:
        turns.stopped = Reason.INTERRUPTED
    return turns.findings(tuple(prover.name for prover in provers))


@dataclass(slots=True)
class _Turns:
    system: TransitionSystem
    wanted: frozenset[str]
    budget: Budget
    listener: Listener
    accepts: Accepts
    started: float = field(default_factory=time.monotonic)
    found: dict[str, tuple[Verdict, str]] = field(default_factory=dict)
    """Decisive verdicts, and the engine that each is from."""
    rest: dict[str, Verdict] = field(default_factory=dict)
    """What the searcher says of the others."""
    faults: Mapping[Site, Verdict] = field(default_factory=dict)
    stopped: Reason = Reason.TIME

    @property
    def open(self) -> frozenset[str]:
        return self.wanted - self.found.keys()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started

    def search(self, searcher: Racer, names: frozenset[str]) -> None:
        """Let the bounded checker look at these properties."""
        if not names:
            return
        findings = self._run(searcher, names, replace(self.budget, seconds=self._left(None)))
        self.faults = {**self.faults, **findings.faults}
        self.rest.update({name: verdict for name, verdict in findings.verdicts.items() if name not in self.found})

    def prove(self, prover: Racer, names: frozenset[str], seconds: float) -> None:
        """Let a prover look at these properties."""
        if names:
            self._run(
                prover, names, replace(self.budget, depth=None, seconds=self._left(seconds), states=prover.states)
            )

    def _run(self, racer: Racer, names: frozenset[str], budget: Budget) -> Findings:
        findings = racer.load()(self.system, names, budget, self.listener)
        for name, verdict in findings.verdicts.items():
            if isinstance(verdict, Proved):
                counts = self.accepts(name, verdict)
            else:
                counts = racer.shortest and isinstance(verdict, Violated | Reached)
            if counts:
                self.found.setdefault(name, (verdict, racer.name))
        if racer.shortest and isinstance(findings.verdicts.get(FAULTS), Violated):
            self.faults = {**findings.faults, **self.faults}
        return findings

    def _left(self, seconds: float | None) -> float | None:
        """Return how many seconds are left, and no more than `seconds`."""
        if self.budget.seconds is None:
            return seconds
        left = max(0.001, self.budget.seconds - self.seconds)
        return left if seconds is None else min(left, seconds)

    def findings(self, tried: tuple[str, ...]) -> Findings:
        """Return what was found, by whom."""
        verdicts = {name: verdict for name, (verdict, _) in self.found.items()}
        for name in self.open:
            verdicts[name] = self.rest.get(name, Unknown(self.stopped, -1))
        return Findings(
            engine=NAME,
            verdicts=verdicts,
            faults=self.faults,
            depth=-1,  # of no length were runs looked at for everything, and so not for what is possible
            complete=False,
            seconds=self.seconds,
            by={name: engine for name, (_, engine) in self.found.items()},
            tried=tried,
        )
