"""What solvers answer, whichever they are, and how to make those that are at work give up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Protocol

from pluscheck.base.errors import InternalError


class Answer(Enum):
    """What a solver says of a formula. It is never a bool: `UNKNOWN` is neither of the others."""

    SAT = "sat"
    UNSAT = "unsat"
    UNKNOWN = "unknown"

    def __bool__(self) -> bool:
        raise InternalError("an answer was used as a truth value")


class Gave(Enum):
    """Why the last answer was `UNKNOWN`."""

    TIME = "time"
    MEMORY = "memory"
    INTERRUPTED = "interrupted"
    UP = "gave up"


class Interruptible(Protocol):
    """A solver, as another thread sees it."""

    def interrupt(self) -> None:
        """Make the solver give up soon."""


_working: set[Interruptible] = set()
"""The solvers that are at work now, in whatever thread."""


@contextmanager
def at_work(solver: Interruptible) -> Iterator[None]:
    """Let `interrupt` find a solver while this lasts."""
    _working.add(solver)
    try:
        yield
    finally:
        _working.discard(solver)


def interrupt() -> None:
    """Make every solver that is at work in this process give up soon; for a thread other than theirs."""
    for solver in tuple(_working):
        solver.interrupt()
