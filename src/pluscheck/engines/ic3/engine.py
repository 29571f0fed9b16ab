"""IC3 as an engine: all properties at once, then those that a counterexample has cleared away from, then one witness after another."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from pluscheck.base.answers import Gave
from pluscheck.bits.system import BitSystem
from pluscheck.bits.unrolling import Unrolling
from pluscheck.core.exprs import Site
from pluscheck.core.system import FAULTS, PropertyKind, TransitionSystem
from pluscheck.engines.bmc import bounded
from pluscheck.engines.ic3.queries import Queries, StoppedError
from pluscheck.engines.ic3.search import Inductive, Search
from pluscheck.engines.interface import Budget, Findings, Listener, Progress
from pluscheck.engines.invariants import STATE_KINDS, Goals, Minimiser, NotSolvedError, invariant, is_symmetric
from pluscheck.engines.kinduction import inductive_lemmas
from pluscheck.engines.limits import Limits
from pluscheck.evidence.verdict import Proved, Reached, Reason, Unknown, Verdict, Violated
from pluscheck.ground.ground import ground
from pluscheck.ground.predicates import symmetries

NAME = "ic3"
"""What the engine is called."""


def ic3(system: TransitionSystem, wanted: frozenset[str], budget: Budget, listener: Listener) -> Findings:
    """Return proofs of properties that hold and, of those that do not, shortest violations, as far as the budget goes.

    Of `budget.depth` no notice is taken. Raises SpecError if there is no initial state, or if the system is too large to be grounded.
    """
    limits = Limits(budget, time.monotonic())

    def tell(progress: Progress) -> None:
        listener(replace(progress, engine=NAME))

    start = bounded(system, wanted, replace(budget, depth=0), tell, Unrolling)
    run = _Run(system, limits, tell, dict.fromkeys(wanted, Unknown(Reason.TIME, 0)))
    run.verdicts.update({n: v for n, v in start.verdicts.items() if isinstance(v, Violated | Reached)})
    stopped: Reason | None = None
    try:
        if not run.is_over(start.verdicts.values()):
            run.prove()
    except KeyboardInterrupt:
        stopped = Reason.INTERRUPTED
    except StoppedError as error:
        stopped = error.reason
    except NotSolvedError:
        stopped = limits.exceeded() or Reason.SOLVER
    if stopped is not None:
        run.give_up(stopped)
    faults = {**run.faults, **start.faults}
    return replace(start, engine=NAME, verdicts=run.verdicts, faults=faults, seconds=limits.seconds)


@dataclass(slots=True)
class _Run:
    system: TransitionSystem
    limits: Limits
    listener: Listener
    verdicts: dict[str, Verdict]
    faults: dict[Site, Verdict] = field(default_factory=dict)
    _sought: tuple[str, ...] = ()
    """What the search that is under way, or was the last, is to decide, and the frame that it is at."""
    _frame: int = 0

    @property
    def open(self) -> tuple[str, ...]:
        """The properties that are not decided, sorted."""
        return tuple(sorted(name for name, verdict in self.verdicts.items() if isinstance(verdict, Unknown)))

    def is_over(self, first: Iterable[Verdict]) -> bool:
        """Return whether nothing is open, or initial states took all the time."""
        for verdict in first:
            if isinstance(verdict, Unknown):
                self.give_up(verdict.reason)
                return True
        return not self.open

    def give_up(self, why: Reason) -> None:
        """Say of all that is open why it is; frames that exclude a violation speak for runs of so many steps."""
        for name in self.open:
            self.verdicts[name] = Unknown(why, max(0, self._frame - 1) if name in self._sought else 0)

    def prove(self) -> None:
        """Decide what is open. Raises StoppedError, NotSolvedError."""
        bits = BitSystem(ground(self.system))
        lemmas = inductive_lemmas(self.system, self.limits, self.listener, Unrolling)
        witnesses = {p.name for p in self.system.properties if p.kind is PropertyKind.WITNESS}
        together = tuple(name for name in self.open if name not in witnesses)
        for goals in (together, *[(name,) for name in self.open if name in witnesses]):
            if goals:
                self._decide(bits, goals, lemmas)

    def _decide(self, bits: BitSystem, names: tuple[str, ...], lemmas: tuple[str, ...]) -> None:
        """Decide some properties in one search, in which those that are violated are dropped one by one."""
        self._sought, self._frame = names, 0
        known = [bits.bad(name).state ^ 1 for name in lemmas]
        images = symmetries(bits.system, bits.predicates) if is_symmetric(self.system) else ()
        search = Search(Queries(bits, names, known, self._gave), images, self._tell)
        open_ = names
        while open_:
            found = search.run(frozenset(open_))
            if isinstance(found, Inductive):
                self._proved(bits, open_, lemmas, known, [lemma.orbit for lemma in found.lemmas])
                return
            self._violated(found.goal, found.steps)
            self._sought = open_ = tuple(name for name in open_ if name != found.goal and name in self.open)

    def _proved(
        self,
        bits: BitSystem,
        names: tuple[str, ...],
        lemmas: tuple[str, ...],
        known: Sequence[int],
        orbits: Sequence[tuple[tuple[int, ...], ...]],
    ) -> None:
        kinds = {claim.name: claim.kind for claim in self.system.properties}
        of_states = tuple(name for name in names if kinds.get(name) in STATE_KINDS)
        used = tuple(name for name in lemmas if name not in of_states)
        goals = Goals(names, of_states, used)
        needed = Minimiser(bits, goals, known, self._gave).orbits(orbits)
        certificate = invariant(bits, needed, goals)
        self.verdicts.update({name: Proved(certificate) for name in names})
        proved = tuple((name, self.verdicts[name]) for name in names)
        self.listener(Progress(NAME, self._frame, self.limits.seconds, self.open, found=proved))

    def _violated(self, name: str, steps: int) -> None:
        """Find a shortest violation; there is one of so many steps."""
        budget = replace(self.limits.budget, depth=steps, seconds=self.limits.seconds_left())
        # Of faults those count that anything wanted has: only who asks for all of them is told the first.
        asked = frozenset([name, FAULTS]) & frozenset(self.open)
        found = bounded(self.system, asked, budget, self.listener, Unrolling)
        for each in sorted(asked):
            verdict = found.verdicts[each]
            if isinstance(verdict, Violated | Reached):
                self.verdicts[each] = verdict
                self.listener(Progress(NAME, self._frame, self.limits.seconds, self.open, found=((each, verdict),)))
            elif each == name:
                self.verdicts[name] = Unknown(verdict.reason if isinstance(verdict, Unknown) else Reason.SOLVER, 0)
        if FAULTS in found.verdicts:
            self.verdicts.setdefault(FAULTS, found.verdicts[FAULTS])
        for site, fault in found.faults.items():
            self.faults.setdefault(site, fault)

    def _tell(self, frame: int, clauses: int, obligations: int) -> None:
        """Say how far the search is. Raises StoppedError."""
        self._frame = frame
        exceeded = self.limits.exceeded()
        if exceeded is not None:
            raise StoppedError(exceeded)
        self.listener(Progress(NAME, frame, self.limits.seconds, self.open, clauses=clauses, obligations=obligations))

    def _gave(self) -> Gave | None:
        exceeded = self.limits.exceeded()
        if exceeded is None:
            return None
        return Gave.TIME if exceeded is Reason.TIME else Gave.MEMORY
