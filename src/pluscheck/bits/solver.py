"""A SAT solver of python-sat: clauses come, never go, and are asked about under assumptions."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from pysat.solvers import Glucose4

from pluscheck.base.answers import Answer, Gave, at_work

_CONFLICTS: Final = 2_000
"""So many conflicts may pass before it is asked whether to go on: a few milliseconds, up to a second."""

Stop = Callable[[], Gave | None]
"""Returns why to give up, if it is time to."""


class SatSolver:
    """A set of clauses over variables counted from 1. It never blocks a signal, nor the interpreter, for long."""

    def __init__(self, clauses: Iterable[Sequence[int]] = (), *, stop: Stop) -> None:
        self._solver = Glucose4(bootstrap_with=clauses)
        self._stop = stop
        self.gave: Gave | None = None
        """Why the last answer was `UNKNOWN`."""
        self.seconds = 0.0
        """Wall seconds taken."""
        self._interrupted = False

    def add(self, clause: Sequence[int]) -> None:
        """Add a clause."""
        self._solver.add_clause(clause)

    def extend(self, clauses: Iterable[Sequence[int]]) -> None:
        """Add clauses."""
        self._solver.append_formula(clauses)

    @property
    def conflicts(self) -> int:
        """How many conflicts there were in all."""
        found: int = self._solver.accum_stats()["conflicts"]
        return found

    def solve(self, assumptions: Sequence[int] = (), *, conflicts: int | None = None) -> Answer:
        """Return whether the clauses can be satisfied together with the assumptions; `UNKNOWN` after so many conflicts."""
        solver = self._solver
        last = None if conflicts is None else self.conflicts + conflicts
        started = time.perf_counter()
        self._interrupted = False
        with at_work(self):
            while True:
                solver.conf_budget(_CONFLICTS if last is None else max(0, min(_CONFLICTS, last - self.conflicts)))
                # Without the interpreter's lock, so that its own handler sees a signal: python-sat's would jump out of the solver.
                found = solver.solve_limited(assumptions, expect_interrupt=True)
                if found is not None:
                    break
                self.gave = Gave.INTERRUPTED if self._interrupted else self._stop()
                if self.gave is None and last is not None and self.conflicts >= last:
                    self.gave = Gave.UP
                if self.gave is not None:
                    break
        if self._interrupted:
            solver.clear_interrupt()
        self.seconds += time.perf_counter() - started
        if found is None:
            return Answer.UNKNOWN
        return Answer.SAT if found else Answer.UNSAT

    def model(self) -> Sequence[int]:
        """Return each variable, at its number less 1, negative if it is FALSE. The last answer was SAT."""
        model: list[int] = self._solver.get_model()
        return model

    def core(self) -> Sequence[int]:
        """Return assumptions that cannot be true together. The last answer was UNSAT."""
        return self._solver.get_core() or ()

    def interrupt(self) -> None:
        """Make the solver give up soon; for a thread other than its own."""
        self._interrupted = True
        self._solver.interrupt()

    def close(self) -> None:
        """Give back what the solver holds."""
        self._solver.delete()
