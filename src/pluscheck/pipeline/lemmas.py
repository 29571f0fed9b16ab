"""Why a lemma is no part of a proof: a step that does not keep it, from a state that nothing known rules out."""

from __future__ import annotations

from collections.abc import Iterable

from pluscheck.certify.inductive import InvariantJudge
from pluscheck.certify.opinions import Refuted
from pluscheck.certify.replay import Replay, ReplayedStep
from pluscheck.core.changes import changes
from pluscheck.core.evaluator import Fault
from pluscheck.core.explain import explain
from pluscheck.core.semantics import Taken, holds, property_named, steps
from pluscheck.core.system import State, TransitionSystem
from pluscheck.evidence.verdict import InductiveInvariant

SECONDS = 5.0
"""How long such a step is looked for."""


def step_that_breaks(system: TransitionSystem, lemma: str, known: Iterable[str]) -> Replay | None:
    """Return a step from a state where the lemma holds to one where it does not; None if none was found.

    Where it can be, the state satisfies the invariants that are `known` to hold too. No run need reach it (a counterexample to induction: Bradley, VMCAI 2011).
    """
    for names in dict.fromkeys([(lemma, *known), (lemma,)]):
        judge = InvariantJudge(system, InductiveInvariant((), names), seconds=SECONDS / 2)
        match judge.opinion(lemma):
            case Refuted(_, state) if state is not None:
                found = _from(system, lemma, state)
                if found is not None:
                    return found
            case _:
                pass
    return None


def _from(system: TransitionSystem, lemma: str, state: State) -> Replay | None:
    """Return the first step out of the state that leads to where the lemma is violated."""
    claim = property_named(system, lemma)
    try:
        if not holds(system, claim, state):
            return None
        for outcome in steps(system, state):
            if isinstance(outcome, Taken) and not holds(system, claim, outcome.target):
                step = ReplayedStep(
                    outcome.action, outcome.arguments, outcome.target, changes(system, state, outcome.target)
                )
                why = explain(system, claim.formula, outcome.target)
                return Replay(lemma, (state, outcome.target), (step,), explanation=why)
    except Fault:  # what cannot be said of this state is no explanation
        pass
    return None
