"""Z3's Spacer as an engine: a second opinion on what IC3 finds, one property after another.

Its answer is clauses over the predicates of the state. With their images under permutations of sorts they stay inductive, and can be said in the specification's
language. A violation that it finds is left to the bounded checker, for its shortest run.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

from pluscheck.base.answers import Answer, Gave
from pluscheck.bits.system import BitSystem
from pluscheck.bits.unrolling import Unrolling
from pluscheck.core.system import FAULTS, TransitionSystem
from pluscheck.engines.bmc import bounded
from pluscheck.engines.interface import NOTHING_IS_REACHED, Budget, Findings, Listener, Progress
from pluscheck.engines.invariants import (
    STATE_KINDS,
    Cube,
    Goals,
    Minimiser,
    NotSolvedError,
    Orbit,
    invariant,
    is_symmetric,
)
from pluscheck.engines.limits import Limits
from pluscheck.engines.unrolling import reason
from pluscheck.evidence.verdict import Bounded, Proved, Reason, Unknown, Verdict
from pluscheck.ground.ground import ground
from pluscheck.ground.predicates import symmetries
from pluscheck.smt.spacer import BooleanSystem, Clause, spacered

NAME = "spacer"
"""What the engine is called."""


def spacer(system: TransitionSystem, wanted: frozenset[str], budget: Budget, listener: Listener) -> Findings:
    """Return proofs of properties that hold and, of those that do not, shortest violations, as far as the budget goes.

    Of `budget.depth` no notice is taken. Raises SpecError if there is no initial state, or if the system is too large to be grounded.
    """
    limits = Limits(budget, time.monotonic())

    def tell(progress: Progress) -> None:
        listener(replace(progress, engine=NAME))

    start = bounded(system, wanted, replace(budget, depth=0), tell, Unrolling)
    verdicts = dict(start.verdicts)
    faults = dict(start.faults)
    open_ = sorted(name for name in wanted if isinstance(verdicts[name], Bounded))
    if start.complete:  # Spacer says nothing of a relation that has no start
        verdicts.update(dict.fromkeys(open_, NOTHING_IS_REACHED))
        return replace(start, engine=NAME, verdicts=verdicts, seconds=limits.seconds)
    verdicts.update(dict.fromkeys(open_, Unknown(Reason.INTERRUPTED, 0)))
    try:
        bits = BitSystem(ground(system))
        for position, name in enumerate(open_):
            tell(Progress(NAME, 0, limits.seconds, tuple(open_[position:])))
            verdict = _verdict(bits, name, limits)
            if verdict is not None:
                verdicts[name] = verdict
                continue
            rest = replace(budget, depth=None, seconds=limits.seconds_left())
            found = bounded(system, frozenset([name]), rest, tell, Unrolling)
            verdicts[name] = found.verdicts[name]
            if FAULTS not in wanted:  # else it has a turn of its own: those found on the way need not be the first
                verdicts = {**found.verdicts, **verdicts}
            faults = {**found.faults, **faults}
    except KeyboardInterrupt:
        pass
    return replace(start, engine=NAME, verdicts=verdicts, faults=faults, seconds=limits.seconds)


def _verdict(bits: BitSystem, name: str, limits: Limits) -> Verdict | None:
    """Return a proof of one property, or why there is none; None if it is violated."""
    bad = bits.bad(name)
    circuit = bits.circuit
    over = BooleanSystem(
        circuit.left,
        circuit.right,
        bits.state,
        bits.next,
        typed=bits.typed,
        init=bits.init,
        step=bits.step,
        bad=circuit.or_(bad.state, bad.step),
    )
    found = spacered(over, seconds=limits.seconds_left(), memory=limits.megabytes_left())
    match found.answer:
        case Answer.SAT:
            return None
        case Answer.UNKNOWN:
            return Unknown(reason(found.gave), 0)
        case Answer.UNSAT:
            if found.clauses is None:
                return Unknown(Reason.SOLVER, 0)
            return _proved(bits, name, found.clauses, limits)
        case _:
            assert_never(found.answer)


def _proved(bits: BitSystem, name: str, clauses: Sequence[Clause], limits: Limits) -> Verdict:
    """Return the proof that clauses are."""

    def gave() -> Gave | None:
        exceeded = limits.exceeded()
        if exceeded is None:
            return None
        return Gave.TIME if exceeded is Reason.TIME else Gave.MEMORY

    system = bits.system.system
    kinds = {claim.name: claim.kind for claim in system.properties}
    goals = Goals((name,), (name,) if kinds.get(name) in STATE_KINDS else (), ())
    images = symmetries(bits.system, bits.predicates) if is_symmetric(system) else ()
    orbits = dict.fromkeys(_orbit(tuple([-literal for literal in clause]), images) for clause in clauses)
    try:
        needed = Minimiser(bits, goals, [], gave).orbits(list(orbits))
    except NotSolvedError:
        return Unknown(limits.exceeded() or Reason.SOLVER, 0)
    return Proved(invariant(bits, needed, goals))


def _orbit(cube: Cube, images: Sequence[Sequence[int]]) -> Orbit:
    """Return a cube with all its images, in an order that each of them gives."""
    found = {cube}
    pending = [cube]
    while pending:
        one = pending.pop()
        for row in images:
            image = tuple(sorted([row[x - 1] if x > 0 else -row[-x - 1] for x in one], key=abs))
            if image not in found:
                found.add(image)
                pending.append(image)
    return tuple(sorted(found))
