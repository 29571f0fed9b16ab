"""Who cannot go on in a state, and why: of every process, whether its next step is possible, and what keeps it from being so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pluscheck.base.source import Span
from pluscheck.core.locks import Lock, held_only_by
from pluscheck.core.semantics import Arguments, outcomes, steps
from pluscheck.core.system import State, TransitionSystem
from pluscheck.core.values import Value
from pluscheck.core.waiting import Blocked, stops, waiting


@dataclass(frozen=True, slots=True)
class AtLabel:
    """A process at its label (both None for an action outside of processes) from which it cannot go on, and what keeps it there.

    `waits` if it has not ended: it has to wait for others. `blocked` is empty where it can go on, whichever way.
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
            blocked = () if (entry.process, entry.identifier) in going else entry.blocked
            found.append(AtLabel(entry.process, entry.identifier, entry.label, bool(blocked), blocked))
        elif entry.blocked and entry.blocked[0].action.name not in possible:
            found.append(AtLabel(None, None, None, False, entry.blocked))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class WaitsFor:
    """The lock that keeps a process from going on: it could go on, or further than it does, if nobody held it; and which holders do."""

    lock: str
    holders: tuple[Value, ...]


def waits_for(system: TransitionSystem, state: State, entry: AtLabel, here: Sequence[Lock]) -> WaitsFor | None:
    """Return the first lock that a condition which is false mentions and that keeps a process from going on, one whose holders are known if there is one.

    Whether it does is tried: a reader who waits to be the only one does not wait for himself, who locks a mutex a second time does. A condition may also mention a
    lock only to tell which way to go. Where each holder alone would not be in the way (a counting semaphore), all of them are.
    """
    itself = () if entry.identifier is None else (entry.identifier,)
    found: WaitsFor | None = None
    for one in entry.blocked:
        for lock in _mentioned(one, here):

            def gets_further(*kept: Value, one: Blocked = one, lock: Lock = lock) -> bool:
                return _gets_further(system, held_only_by(system, state, lock.path, kept), one)

            if gets_further():
                allowed: tuple[Value, ...] = ()
            elif itself and gets_further(*itself):
                allowed = itself
            else:
                continue
            holders = tuple(dict.fromkeys(who for holding in lock.holdings for who in holding.holders))
            others = [who for who in holders if who not in allowed]
            alone = tuple(who for who in others if not gets_further(who, *allowed))
            if others:
                return WaitsFor(lock.path, alone or tuple(others))
            found = found or WaitsFor(lock.path, ())
    return found


def _mentioned(blocked: Blocked, here: Sequence[Lock]) -> list[Lock]:
    """Return the locks that what is false reads, in the order of the text."""
    if blocked.explanation is None:
        return []
    paths = [shown.text for atom in blocked.explanation.atoms() for shown in atom.values]
    found = {lock.path: lock for path in paths for lock in here if _is_part(path, lock.path)}
    return list(found.values())


def _is_part(path: str, whole: str) -> bool:
    return path == whole or path.startswith((f"{whole}.", f"{whole}["))


def _gets_further(system: TransitionSystem, state: State, blocked: Blocked) -> bool:
    """Return whether the step can be taken in another state, or is stopped only behind what stops it now."""

    def is_same_choice(arguments: Arguments) -> bool:
        return arguments[: len(blocked.arguments)] == blocked.arguments

    if any(is_same_choice(outcome.arguments) for outcome in outcomes(system, blocked.action, state)):
        return True
    now = _failing(blocked)
    return any(
        is_same_choice(other.arguments)
        and (
            other.position > blocked.position
            or (other.position == blocked.position and _failing(other).isdisjoint(now))
        )
        for other in stops(system, blocked.action, state)
    )


def _failing(blocked: Blocked) -> frozenset[tuple[Span, Arguments]]:
    if blocked.explanation is None:
        return frozenset({(blocked.clause.span, ())})
    return frozenset({(atom.span, atom.bindings) for atom in blocked.explanation.atoms()})
