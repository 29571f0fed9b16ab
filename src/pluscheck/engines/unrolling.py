"""What the engines that unroll runs ask of a solver: one over clauses, or one over Z3's terms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pluscheck.base.answers import Answer, Gave
from pluscheck.evidence.verdict import Reason
from pluscheck.ground.ground import GroundSystem
from pluscheck.ground.runs import Run


class Unrolling(Protocol):
    """All runs of `length` steps, from 0 up, and what may be so at their end."""

    @property
    def length(self) -> int:
        """How many steps the runs have."""

    @property
    def seconds(self) -> float:
        """Wall seconds that the solver has taken."""

    @property
    def gave(self) -> Gave | None:
        """Why the last answer was `UNKNOWN`."""

    def extend(self) -> None:
        """Add a step."""

    def ask(self, questions: Sequence[int], *, seconds: float | None) -> Answer:
        """Return whether some run of this length has one of the questions true at its end.

        Questions are counted through `about_state` and then, if there is a step, `about_step`.
        """

    def check(self, *, seconds: float | None) -> Answer:
        """Return whether there is a run of this length."""

    def answer_needed_question(self) -> bool:
        """Return whether the last answer to `ask`, which was UNSAT, rests on the question; if not, there is no run of this length at all."""

    def rule_out(self, questions: Sequence[int]) -> None:
        """Assert that none of the questions is true at the end: an UNSAT answer has shown it, or it is what is supposed."""

    def run(self) -> Run:
        """Return the run behind the last answer, which was SAT."""

    def simplest(self, question: int, known: Run, *, seconds: float | None) -> Run:
        """Return a run of this length with the question true at its end, as `known` is: one that is easy to read, if the solver looks for that."""


class Unroll(Protocol):
    """Makes an unrolling."""

    def __call__(
        self,
        system: GroundSystem,
        about_state: Sequence[int],
        about_step: Sequence[int],
        *,
        from_condition: int | None = None,
        memory: int | None = None,
    ) -> Unrolling:
        """Return the runs of no steps yet, of which nodes over the current leaves, and over both, will be asked.

        They start where `from_condition` is true, if not in an initial state; from there on, states are canonical. The solver may take so many megabytes.
        """


def reason(gave: Gave | None) -> Reason:
    """Return why nothing was decided, where a solver gave up."""
    match gave:
        case Gave.TIME:
            return Reason.TIME
        case Gave.MEMORY:
            return Reason.MEMORY
        case Gave.INTERRUPTED:
            return Reason.INTERRUPTED
        case Gave.UP | None:
            return Reason.SOLVER
