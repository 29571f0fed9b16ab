"""The judge: what a verdict may be shown as, once its evidence was looked at.

A verdict is never made stronger than an engine gave it. One whose evidence cannot be judged is made weaker; one whose evidence is wrong is rejected,
and is then no verdict at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from pluscheck.certify.reachable import NotJudged, ReachableSetJudge, Refuted, Shown
from pluscheck.certify.replay import Rejection, Replay, replay
from pluscheck.core.system import PropertyKind, TransitionSystem
from pluscheck.evidence.trace import Trace
from pluscheck.evidence.verdict import Bounded, Proved, ReachableSet, Reached, Unknown, Verdict, Violated

PROOF_SECONDS = 120.0
"""How long the obligations of one proof may take, all properties together."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A verdict that may be shown. `basis` says what it rests on; `replay` is the run that was checked, of a trace."""

    verdict: Verdict
    basis: str
    replay: Replay | None = None


Judgement = Accepted | Rejection


class Judge:
    """Judges the verdicts on one system. Proofs that share a certificate share the work of judging it."""

    def __init__(self, system: TransitionSystem, *, seconds: float = PROOF_SECONDS) -> None:
        self._system = system
        self._seconds = seconds
        self._sets: dict[int, tuple[ReachableSet, ReachableSetJudge]] = {}

    def judgement(self, name: str, verdict: Verdict) -> Judgement:
        """Return what becomes of an engine's verdict on the property of this name."""
        match verdict:
            case Violated(trace):
                if self._is_witness(name):
                    return Rejection(f"{name} is a witness, and is reached, not violated")
                return self._replayed(name, verdict, trace)
            case Reached(trace):
                if not self._is_witness(name):
                    return Rejection(f"{name} is no witness, and cannot be reached")
                return self._replayed(name, verdict, trace)
            case Proved(certificate):
                return self._proved(name, verdict, certificate)
            case Bounded(depth):
                return Accepted(verdict, f"no run of at most {depth} steps was found to violate it")
            case Unknown(reason):
                return Accepted(verdict, str(reason))
            case _:
                assert_never(verdict)

    def _is_witness(self, name: str) -> bool:
        return any(p.name == name and p.kind is PropertyKind.WITNESS for p in self._system.properties)

    def _replayed(self, name: str, verdict: Verdict, trace: Trace) -> Judgement:
        run = replay(self._system, trace, name)
        if isinstance(run, Rejection):
            return run
        return Accepted(verdict, "replayed step by step", run)

    def _proved(self, name: str, verdict: Verdict, certificate: ReachableSet) -> Judgement:
        # By identity: comparing large sets takes as long as judging them.
        _, judge = self._sets.setdefault(
            id(certificate), (certificate, ReachableSetJudge(self._system, certificate, seconds=self._seconds))
        )
        opinion = judge.opinion(name)
        count = f"{len(certificate.states):,}"
        match opinion:
            case Shown():
                return Accepted(verdict, f"all {count} reachable states, confirmed by the solver")
            case NotJudged(reason):
                return Accepted(
                    Bounded(certificate.diameter), f"{count} states were searched, but no proof was confirmed: {reason}"
                )
            case Refuted(reason):
                return Rejection(reason)
            case _:
                assert_never(opinion)
