"""Verdicts. A `Proved` cannot be built without a certificate, nor a `Violated` or `Reached` without a trace."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pluscheck.core.exprs import Expr
from pluscheck.core.system import State
from pluscheck.evidence.trace import Trace


@dataclass(frozen=True, slots=True)
class ReachableSet:
    """A certificate: all reachable states. It holds initially, every step keeps it, and no state in it is bad."""

    states: frozenset[State]
    diameter: int


@dataclass(frozen=True, slots=True)
class InductiveInvariant:
    """A certificate: a state predicate that holds initially, that every step keeps, and that excludes what the property excludes.

    The predicate is that all `conjuncts` evaluate to TRUE (one that faults is not true) and that none of the system's invariants named in `properties` is
    violated. Conjuncts mention variables, constants and operators of the system and no element of a sort, so that each can be said in the specification's language.
    """

    conjuncts: tuple[Expr, ...]
    properties: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KInduction:
    """A certificate: `invariant` is inductive, and among states that satisfy it no `k` steps in a row on which `property` is not violated lead to where it is.

    With that no run of fewer than `k` steps violates it (Sheeran, Singh, Stalmarck, FMCAD 2000).
    """

    k: int
    property: str
    invariant: InductiveInvariant


@dataclass(frozen=True, slots=True)
class SearchedStates:
    """What a search through all reachable states has counted, which are too many to be listed: whoever judges it has to search them again.

    `transitions` are counted for each state, action and choice of arguments; `diameter` is how many steps away the farthest state is. `digest` is one of all states, in no order:
    `native.digest` says how it is made. With `permuted` sorts only normal forms were searched, and counted (see `core.symmetry`).
    """

    count: int
    transitions: int
    diameter: int
    digest: str
    permuted: tuple[str, ...] = ()


Certificate = ReachableSet | SearchedStates | InductiveInvariant | KInduction


@dataclass(frozen=True, slots=True)
class Proved:
    """Holds in every reachable state, however deep (of a witness: it is unreachable)."""

    certificate: Certificate


@dataclass(frozen=True, slots=True)
class Bounded:
    """No violation (of a witness: not reached) within `depth` steps; nothing is claimed beyond."""

    depth: int


@dataclass(frozen=True, slots=True)
class Violated:
    """The shortest run to a violation."""

    trace: Trace


@dataclass(frozen=True, slots=True)
class Reached:
    """Of a witness: the shortest run that reaches it."""

    trace: Trace


class Reason(StrEnum):
    """Why nothing was decided."""

    TIME = "out of time"
    MEMORY = "out of memory"
    SOLVER = "the solver gave up"
    STATES = "too many states"
    SIZE = "too large for this engine"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Unknown:
    """Undecided; no violation within `depth` steps (-1: not even the initial states were decided)."""

    reason: Reason
    depth: int


Verdict = Proved | Bounded | Violated | Reached | Unknown
