"""Judging an invariant: by the reference semantics where all states can be looked at, else by solvers that are given its obligations as text."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import assert_never

from pluscheck.base.errors import SpecError
from pluscheck.certify.discharging import discharged
from pluscheck.certify.enumeration import Enumeration, OutOfTimeError
from pluscheck.certify.formulas import OutgrownError
from pluscheck.certify.obligations import STATE_KINDS, Inside, Obligation, Obligations
from pluscheck.certify.opinions import NotJudged, Opinion, Refuted, Shown
from pluscheck.certify.reference import Reference, described
from pluscheck.certify.solvers import is_installed
from pluscheck.core.evaluator import deep_recursion
from pluscheck.core.system import DEADLOCK, FAULTS, TransitionSystem
from pluscheck.evidence.verdict import InductiveInvariant, KInduction

REFERENCE = "reference semantics"
"""Who has looked at every state."""


class InvariantJudge:
    """Judges one certificate, for one property after another, within `seconds` for each. That it is closed is shown once.

    `with_solvers` are further solvers, by the names of `solvers.OTHERS`, that must agree; one that is not installed, or gives up, does not.
    """

    def __init__(
        self,
        system: TransitionSystem,
        certificate: InductiveInvariant | KInduction,
        *,
        seconds: float,
        with_solvers: Sequence[str] = (),
    ) -> None:
        self._system = system
        self._certificate = certificate
        self._seconds = seconds
        self._deadline = 0.0
        self._others = tuple(with_solvers)
        self._invariant = certificate.invariant if isinstance(certificate, KInduction) else certificate
        self._reference = Reference(system, described(system, self._invariant))
        self._enumeration = Enumeration(system, self._reference)
        self._obligations: Obligations | None = None
        self._inside: Inside | None = None
        self._closed: Opinion | None = None
        self._looked_at_all: bool | None = None

    def opinion(self, name: str) -> Opinion:
        """Return whether the certificate shows that the property of this name holds."""
        wrong = self._wrong_form(name)
        if wrong is not None:
            return wrong
        self._deadline = time.monotonic() + self._seconds
        if self._obligations is not None:
            self._obligations.formulas.deadline = self._deadline
        try:
            with deep_recursion(self._system.span):
                return self._opinion(name)
        except OutgrownError as error:
            return NotJudged(str(error))
        except SpecError:
            return NotJudged("its obligations are too large")

    def _wrong_form(self, name: str) -> Refuted | NotJudged | None:
        known = {claim.name: claim.kind for claim in self._system.properties}
        if name not in known and name not in (DEADLOCK, FAULTS):
            return Refuted(f"there is no property {name}")
        if isinstance(self._certificate, KInduction):
            if self._certificate.property != name:
                return Refuted(f"it is about {self._certificate.property}")
            if self._certificate.k < 1:
                return Refuted("k is at least 1")
        for used in self._invariant.properties:
            if known.get(used) not in STATE_KINDS:
                return Refuted(f"{used} is no invariant")
        for solver in self._others:
            if not is_installed(solver):
                return NotJudged(f"{solver} is not installed: pip install 'pluscheck[solvers]'")
        return None

    def _opinion(self, name: str) -> Opinion:
        if isinstance(self._certificate, InductiveInvariant) and self._looked_at_all is not False and not self._others:
            looked = self._looked_at(name)
            if looked is not None:
                return looked
        if self._obligations is None or self._inside is None:
            self._obligations = Obligations(self._system, deadline=self._deadline)
            self._inside = self._obligations.satisfying(self._invariant)
        if self._closed is None:
            self._closed = self._discharged(self._obligations, self._obligations.of_invariant(self._inside), name)
        if not isinstance(self._closed, Shown):
            return self._closed
        match self._certificate:
            case InductiveInvariant():
                rest = self._obligations.of_safety(self._inside, name)
            case KInduction():
                rest = self._obligations.of_induction(self._certificate)
            case _:
                assert_never(self._certificate)
        return self._discharged(self._obligations, rest, name)

    def _looked_at(self, name: str) -> Opinion | None:
        """Return what looking at all states says; None if they are too many."""
        if self._looked_at_all is None:
            self._looked_at_all = self._enumeration.is_small()
        if not self._looked_at_all:
            return None
        # Half of the time, so that the solvers have the other.
        deadline = time.monotonic() + max(0.0, self._deadline - time.monotonic()) / 2
        try:
            if self._closed is None:
                failure = self._enumeration.closed(deadline)
                self._closed = Refuted(*failure) if failure is not None else Shown((REFERENCE,))
            if not isinstance(self._closed, Shown):
                return self._closed
            unsafe = self._enumeration.safe(name, deadline)
        except (OutOfTimeError, SpecError):
            self._looked_at_all, self._closed = False, None
            return None
        return Refuted(*unsafe) if unsafe is not None else Shown((REFERENCE,))

    def _discharged(self, made: Obligations, obligations: Sequence[Obligation], name: str) -> Opinion:
        """Return whether no obligation has a solution; `name` is the property's, if they are about one."""
        return discharged(made, obligations, name, self._reference, self._deadline, with_solvers=self._others)


def judge(
    system: TransitionSystem,
    certificate: InductiveInvariant | KInduction,
    name: str,
    *,
    seconds: float,
    with_solvers: Sequence[str] = (),
) -> Opinion:
    """Return whether the certificate shows that the property of this name holds."""
    return InvariantJudge(system, certificate, seconds=seconds, with_solvers=with_solvers).opinion(name)
