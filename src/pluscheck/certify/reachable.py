"""A second opinion on a set said to hold all reachable states: asked of a solver, since a search would only repeat itself.

With R for the set, these must have no solution: an initial state outside R; a step from R to outside R; and a state in R (or a step from it) that
violates the property. It is also refused if it is empty, for then nothing was shown of anything.
"""

from __future__ import annotations

import time

from pluscheck.base.errors import SpecError
from pluscheck.certify.discharging import discharged
from pluscheck.certify.formulas import OutgrownError
from pluscheck.certify.obligations import Inside, Obligations
from pluscheck.certify.opinions import NotJudged, Opinion, Refuted, Shown
from pluscheck.certify.reference import Reference, described
from pluscheck.core.evaluator import deep_recursion
from pluscheck.core.semantics import is_state
from pluscheck.core.system import DEADLOCK, FAULTS, TransitionSystem
from pluscheck.evidence.verdict import ReachableSet

MAX_STATES = 100_000
"""Larger sets are not judged."""


class ReachableSetJudge:
    """Judges one set, for one property after another, within `seconds` for each. That it is closed is shown once."""

    def __init__(self, system: TransitionSystem, certificate: ReachableSet, *, seconds: float) -> None:
        self._system = system
        self._certificate = certificate
        self._seconds = seconds
        self._deadline = 0.0
        self._reference = Reference(system, described(system, certificate))
        self._obligations: Obligations | None = None
        self._inside: Inside | None = None
        self._closed: Opinion | None = None

    def opinion(self, name: str) -> Opinion:
        """Return whether the set shows that the property of this name holds."""
        if name not in (DEADLOCK, FAULTS, *[claim.name for claim in self._system.properties]):
            return Refuted(f"there is no property {name}")
        self._deadline = time.monotonic() + self._seconds
        if self._obligations is not None:
            self._obligations.formulas.deadline = self._deadline
        try:
            with deep_recursion(self._system.span):
                if self._closed is None:
                    self._closed = self._is_closed(name)
                if not isinstance(self._closed, Shown) or self._obligations is None or self._inside is None:
                    return self._closed
                safety = self._obligations.of_safety(self._inside, name)
                return discharged(self._obligations, safety, name, self._reference, self._deadline)
        except OutgrownError as error:
            return NotJudged(str(error))
        except SpecError:
            return NotJudged("its obligations are too large")

    def _is_closed(self, name: str) -> Opinion:
        """Return whether the set has all initial states, and with each state all states that a step leads to."""
        states = self._certificate.states
        if not states:
            return Refuted("the set is empty")
        if len(states) > MAX_STATES:
            return NotJudged(f"the set has more than {MAX_STATES:,} states")
        if not all(is_state(self._system, state) for state in states):
            return Refuted("the set has members that are no states of the system")
        self._obligations = Obligations(self._system, deadline=self._deadline)
        self._inside = self._obligations.listed(states)
        closed = self._obligations.of_invariant(self._inside)
        return discharged(self._obligations, closed, name, self._reference, self._deadline)
