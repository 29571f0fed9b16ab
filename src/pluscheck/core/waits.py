"""Who cannot go on in a state, and why: of every process, whether its next step is possible, and what keeps it from being so."""

from __future__ import annotations

from dataclasses import dataclass

from pluscheck.core.semantics import steps
from pluscheck.core.system import State, TransitionSystem
from pluscheck.core.values import Value
from pluscheck.core.waiting import Blocked, waiting


@dataclass(frozen=True, slots=True)
class AtLabel:
    """A process at its label (both None for all that is outside of processes), and the choices of its actions that are not possible there.

    `waits` if none is possible although it has not ended: it has to wait for others.
    """

    process: str | None
    identifier: Value | None
    label: str | None
    waits: bool
    blocked: tuple[Blocked, ...]


def at_labels(system: TransitionSystem, state: State) -> tuple[AtLabel, ...]:
    """Return where each process is, and after them each action outside of processes that is possible for no arguments."""
    going: set[tuple[str | None, Value | None]] = set()
    possible: set[str] = set()
    for outcome in steps(system, state):
        action = outcome.action
        own = next((value for name, value in outcome.arguments if name == action.self_name), None)
        going.add((action.process, own))
        possible.add(action.name)
    found: list[AtLabel] = []
    for entry in waiting(system, state):
        if entry.process is not None:
            waits = bool(entry.blocked) and (entry.process, entry.identifier) not in going
            found.append(AtLabel(entry.process, entry.identifier, entry.label, waits, entry.blocked))
        elif entry.blocked and entry.blocked[0].action.name not in possible:
            found.append(AtLabel(None, None, None, False, entry.blocked))
    return tuple(found)
