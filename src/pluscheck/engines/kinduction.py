"""k-induction (Sheeran, Singh, Stalmarck, FMCAD 2000): no short run violates a property, and after some steps that do not, none does.

Few properties are inductive after a few steps by themselves. They often are among the states of an inductive invariant, which another engine may have found, or
which the specification's lemmas are.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from pluscheck.base.answers import Answer
from pluscheck.core.system import Property, PropertyKind, TransitionSystem
from pluscheck.engines.bmc import bounded
from pluscheck.engines.interface import Budget, Findings, Listener, Progress
from pluscheck.engines.limits import Limits
from pluscheck.engines.unrolling import Unroll, Unrolling, reason
from pluscheck.evidence.verdict import Bounded, InductiveInvariant, KInduction, Proved, Reason, Unknown, Verdict
from pluscheck.ground.ground import ground
from pluscheck.ground.violations import violation

NAME = "kinduction"
"""What the engine is called."""

MOST_STEPS = 3
"""The most steps that are tried: with more, what is not inductive hardly ever becomes so."""


def k_induction(system: TransitionSystem, wanted: frozenset[str], budget: Budget, listener: Listener) -> Findings:
    """Return proofs by few steps, helped by those of the system's lemmas that are inductive together, and what the bounded checker finds in as few."""
    from pluscheck.bits.unrolling import Unrolling as OverClauses  # the solver takes time to load

    return induction(system, wanted, budget, listener, OverClauses)


def induction(
    system: TransitionSystem,
    wanted: frozenset[str],
    budget: Budget,
    listener: Listener,
    unroll: Unroll,
    *,
    most: int = MOST_STEPS,
    invariant: InductiveInvariant | None = None,
) -> Findings:
    """Return proofs by at most `most` steps, and what the bounded checker finds in runs of fewer.

    `invariant` is taken to be inductive, and is a part of each certificate; None stands for lemmas that are inductive together. Of `budget.depth` no notice
    is taken: no more steps than `most` are looked at. Raises SpecError as the bounded checker does.
    """
    limits = Limits(budget, time.monotonic())

    def tell(progress: Progress) -> None:
        listener(replace(progress, engine=NAME))

    base = bounded(system, wanted, replace(budget, depth=most - 1), tell, unroll)
    verdicts = dict(base.verdicts)
    open_ = sorted(name for name in wanted if isinstance(verdicts[name], Bounded))
    try:
        if open_:
            verdicts |= _Induction(system, most, invariant, limits, listener, unroll).verdicts(open_)
    except KeyboardInterrupt:
        verdicts |= dict.fromkeys(open_, Unknown(Reason.INTERRUPTED, base.depth))
    return replace(base, engine=NAME, verdicts=verdicts, seconds=limits.seconds)


def inductive_lemmas(system: TransitionSystem, limits: Limits, listener: Listener, unroll: Unroll) -> tuple[str, ...]:
    """Return those of the system's lemmas that hold initially and that together every step keeps; none if there is no time to tell."""
    if not any(claim.kind is PropertyKind.LEMMA for claim in system.properties):
        return ()
    try:
        return _Induction(system, 1, InductiveInvariant(()), limits, listener, unroll).inductive_lemmas()
    except _StoppedError:
        return ()


class _StoppedError(Exception):
    """The budget ran out, or the solver gave up."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class _Induction:
    """The induction steps, one property after another."""

    def __init__(
        self,
        system: TransitionSystem,
        most: int,
        invariant: InductiveInvariant | None,
        limits: Limits,
        listener: Listener,
        unroll: Unroll,
    ) -> None:
        self._most = most
        self._limits = limits
        self._listener = listener
        self._unroll = unroll
        conjuncts = () if invariant is None else invariant.conjuncts
        named = tuple([Property(PropertyKind.INVARIANT, f"conjunct {i}", e) for i, e in enumerate(conjuncts)])
        self._system = ground(replace(system, properties=(*system.properties, *named)))
        self._conjuncts = [claim.name for claim in named]
        self._invariant = invariant

    def verdicts(self, names: Sequence[str]) -> dict[str, Verdict]:
        """Return what is known of properties that no short run violates."""
        found: dict[str, Verdict] = {}
        try:
            if self._invariant is None:
                self._invariant = InductiveInvariant((), self.inductive_lemmas())
            start = self._satisfying(self._invariant)
            for position, name in enumerate(names):
                k = self._least_k(name, start, names[position:])
                found[name] = Bounded(self._most - 1) if k is None else Proved(KInduction(k, name, self._invariant))
        except _StoppedError as stopped:
            found |= dict.fromkeys(names[len(found) :], Unknown(stopped.reason, self._most - 1))
        return found

    def _least_k(self, name: str, start: int, open_: Sequence[str]) -> int | None:
        """Return after how many steps without violating a property no step violates it, in runs that start where the invariant holds."""
        system = self._system
        bad = violation(system, name)
        unrolling = self._unrolling([bad.state], [bad.step], start)
        unrolling.rule_out([0])
        for k in range(1, self._most + 1):
            self._listener(Progress(NAME, self._most - 1, self._limits.seconds, tuple(open_)))
            unrolling.extend()
            if self._answer(unrolling, [0, 1]) is Answer.UNSAT:
                return k
            unrolling.rule_out([0, 1])
        return None

    def _satisfying(self, invariant: InductiveInvariant) -> int:
        """Return the node of "the invariant holds, whose conjuncts are those that this was made with"."""
        dag = self._system.dag
        parts = [self._system.canonical]
        for claim in self._system.properties:
            if claim.property.name in self._conjuncts:
                parts += [claim.formula, dag.not_(dag.any_(claim.faults.values()))]
        parts += [dag.not_(violation(self._system, name).state) for name in invariant.properties]
        return dag.all_(parts)

    def inductive_lemmas(self) -> tuple[str, ...]:
        """Return the largest set of lemmas that hold initially and that every step keeps (Houdini: Flanagan and Leino, FME 2001)."""
        system = self._system
        claims = system.system.properties
        kept = [claim.name for claim in claims if claim.kind is PropertyKind.LEMMA]
        initially = self._unrolling(self._violated(kept), [], system.init)
        while kept and self._answer(initially, [*range(len(kept))]) is Answer.SAT:
            kept = self._without_violated(kept, initially)
            initially = self._unrolling(self._violated(kept), [], system.init)
        while kept:
            start = self._satisfying(InductiveInvariant((), tuple(kept)))
            step = self._unrolling(self._violated(kept), [], start)
            step.extend()
            if self._answer(step, [*range(len(kept))]) is Answer.UNSAT:
                break
            kept = self._without_violated(kept, step)
        return tuple(kept)

    def _violated(self, names: Sequence[str]) -> list[int]:
        return [violation(self._system, name).state for name in names]

    def _without_violated(self, names: Sequence[str], unrolling: Unrolling) -> list[str]:
        """Return the names of those that hold at the end of the solver's run."""
        system, dag = self._system, self._system.dag
        nodes = self._violated(names)
        leaves = zip(system.leaves, unrolling.run().leaves[-1], strict=True)
        values = dag.values(dag.cone(nodes), {leaf.node: value for leaf, value in leaves})
        return [name for name, node in zip(names, nodes, strict=True) if not values[node]]

    def _unrolling(self, about_state: Sequence[int], about_step: Sequence[int], start: int) -> Unrolling:
        left = self._limits.megabytes_left()
        return self._unroll(self._system, about_state, about_step, from_condition=start, memory=left)

    def _answer(self, unrolling: Unrolling, questions: Sequence[int]) -> Answer:
        """Return whether a question is true at the end of some run. Raises _StoppedError where that is not decided."""
        exceeded = self._limits.exceeded()
        if exceeded is not None:
            raise _StoppedError(exceeded)
        answer = unrolling.ask(questions, seconds=self._limits.seconds_left())
        if answer is Answer.UNKNOWN:
            raise _StoppedError(reason(unrolling.gave))
        return answer
