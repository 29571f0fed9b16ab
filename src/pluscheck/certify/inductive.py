"""Judging an inductive invariant: asked of Z3 over the ground system, in which its conjuncts stand as further properties."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import assert_never

from pluscheck.base.errors import SpecError
from pluscheck.certify.reachable import NotJudged, Obligations, Opinion, Refuted, Shown
from pluscheck.core.exprs import Prime
from pluscheck.core.system import DEADLOCK, FAULTS, Property, PropertyKind, TransitionSystem
from pluscheck.evidence.verdict import InductiveInvariant, KInduction
from pluscheck.ground.dag import DagLimitError
from pluscheck.ground.ground import GroundProperty, GroundSystem, ground

_STATE_KINDS = frozenset({PropertyKind.INVARIANT, PropertyKind.LEMMA})
"""Kinds of property that hold of a state, or not, and can be part of an invariant."""


class InvariantJudge:
    """Judges one certificate, for one property after another, within `seconds` in all.

    A property proved by k-induction is judged where k is 1: then it is one more conjunct.
    """

    def __init__(
        self, system: TransitionSystem, certificate: InductiveInvariant | KInduction, *, seconds: float
    ) -> None:
        self._system = system
        self._certificate = certificate
        self._deadline = time.monotonic() + seconds
        self._obligations: Obligations | None = None
        self._closed: Opinion | None = None

    def opinion(self, name: str) -> Opinion:
        """Return whether the certificate shows that the property of this name holds."""
        known = {claim.name: claim.kind for claim in self._system.properties}
        if name not in known and name not in (DEADLOCK, FAULTS):
            return Refuted(f"there is no property {name}")
        match self._certificate:
            case InductiveInvariant():
                invariant = self._certificate
            case KInduction(k, of, invariant):
                if of != name:
                    return Refuted(f"it is about {of}")
                if k < 1:
                    return Refuted("k is at least 1")
                if k > 1 or known.get(name) not in _STATE_KINDS:
                    return NotJudged("more than one step is not judged")
                invariant = replace(invariant, properties=(*invariant.properties, name))
            case _:
                assert_never(self._certificate)
        try:
            if self._closed is None:
                self._closed = self._judged(invariant, known)
            if not isinstance(self._closed, Shown) or self._obligations is None:
                return self._closed
            return self._obligations.safe(name, self._deadline)
        except (DagLimitError, SpecError):
            return NotJudged("its obligations are too large")

    def _judged(self, invariant: InductiveInvariant, known: dict[str, PropertyKind]) -> Opinion:
        """Return whether the invariant is one: initiation and consecution."""
        for name in invariant.properties:
            if known.get(name) not in _STATE_KINDS:
                return Refuted(f"{name} is no invariant")
        now = [Property(PropertyKind.INVARIANT, f"now {n}", c) for n, c in enumerate(invariant.conjuncts)]
        after = [Property(PropertyKind.TRANSITION, f"next {n}", Prime(c)) for n, c in enumerate(invariant.conjuncts)]
        others = [
            Property(PropertyKind.TRANSITION, f"next {claim.name}", Prime(claim.formula))
            for claim in self._system.properties
            if claim.name in invariant.properties
        ]
        extended = replace(self._system, properties=(*self._system.properties, *now, *after, *others))
        grounded = ground(extended)
        dag = grounded.dag
        claims = {claim.property.name: claim for claim in grounded.properties}
        member = dag.all_(
            [
                grounded.canonical,
                *[_true(grounded, claims[claim.name]) for claim in now],
                *[_not_violated(grounded, claims[name]) for name in invariant.properties],
            ]
        )
        member_next = dag.all_(
            [
                *[_true(grounded, claims[claim.name]) for claim in after],
                *[_not_violated(grounded, claims[claim.name]) for claim in others],
            ]
        )
        # What an action's updates describe is canonical, by the construction of the ground system.
        self._obligations = Obligations(grounded, member, member_next)
        return self._obligations.closed(self._deadline)


def _true(system: GroundSystem, claim: GroundProperty) -> int:
    """Return the node of "the formula is true": one that faults is not."""
    dag = system.dag
    return dag.all_([claim.formula, dag.not_(dag.any_(claim.faults.values()))])


def _not_violated(system: GroundSystem, claim: GroundProperty) -> int:
    dag = system.dag
    return dag.any_([claim.formula, dag.any_(claim.faults.values())])
