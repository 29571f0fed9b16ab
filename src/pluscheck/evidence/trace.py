"""Traces: finite runs from an initial state."""

from __future__ import annotations

from dataclasses import dataclass, field

from pluscheck.base.source import NOWHERE, Span
from pluscheck.core.exprs import Site
from pluscheck.core.system import State
from pluscheck.core.values import Value


@dataclass(frozen=True, slots=True)
class Step:
    """One step: which action (and variant of it) with which arguments, by name, in the order of the action's picks."""

    action: str
    variant: int
    arguments: tuple[tuple[str, Value], ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Trace:
    """States and the steps between them: one step fewer than states.

    `fault` is set where the run ends because something is not defined; `faulting` is then the step that cannot be completed, or None if it is
    a property (or the initial condition: then there may be no states) that cannot be evaluated in the last state.
    """

    states: tuple[State, ...]
    steps: tuple[Step, ...]
    fault: Site | None = None
    faulting: Step | None = None

    @property
    def length(self) -> int:
        """The number of steps."""
        return len(self.steps)
