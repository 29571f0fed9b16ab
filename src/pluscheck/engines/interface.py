"""What every engine is given and gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pluscheck.core.exprs import Lit, Site
from pluscheck.core.system import TransitionSystem
from pluscheck.evidence.verdict import InductiveInvariant, Proved, Verdict


@dataclass(frozen=True, slots=True)
class Budget:
    """How far an engine may go: steps, wall seconds from the call, bytes of the whole process, states held. None is no limit.

    Where there is `symmetry`, of states that are permutations of one another one is enough.
    """

    depth: int | None = None
    seconds: float | None = None
    memory: int | None = None
    states: int | None = None
    symmetry: bool = True


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an engine is: `depth` is being worked on, `seconds` since its start, and the properties still open.

    `found` has verdicts that are final, each told once, as soon as it is known: who races engines need not wait for the end. `unseen` is
    how many actions and labels were not possible so far, of an engine that looks for that.
    """

    engine: str
    depth: int
    seconds: float
    open: tuple[str, ...] = ()
    states: int | None = None
    found: tuple[tuple[str, Verdict], ...] = ()
    unseen: int | None = None
    clauses: int | None = None
    """Of an engine that learns clauses: how many it has. Its `depth` is then a frame."""
    obligations: int | None = None
    """Of such an engine: how many states it has yet to show to be unreachable."""


Listener = Callable[[Progress], None]


def ignore(_: Progress) -> None:
    """Listen to nothing."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What a search that goes from state to state has counted in those that it looked at.

    `taken`: out of how many states each action (by name) leads, each choice of arguments counted; those that never were possible, or always fault, are absent.
    `most_steps`: the most steps out of one state. `stuck`: how many states nothing is possible in, terminal or not.
    """

    taken: Mapping[str, int]
    most_steps: int
    stuck: int


@dataclass(frozen=True, slots=True)
class Unfinished:
    """How far a search that goes level by level was when its budget ended.

    `waiting`: how many states were found but not looked at. `bytes_held`: the memory that the states found take, None if nobody knows. `more`: an estimate of how many states there
    are besides those found, if each level goes on to be `ratio` times the one before, as the last one is; both None while the levels do not shrink.
    """

    waiting: int
    bytes_held: int | None
    more: int | None
    ratio: float | None


@dataclass(frozen=True, slots=True)
class Findings:
    """What an engine found. Not yet judged.

    `verdicts` is by property name, with `DEADLOCK` and `FAULTS` if wanted. Faults are looked for in any case, since no step goes on after one and
    no property holds where it is not defined; but only if `FAULTS` is wanted does the search go on for them alone. `faults` has a verdict for each implicit
    property that is violated, and `verdicts` has `FAULTS` if there is one; all other sites share the verdict of `FAULTS`, which is violated if any is, with the shortest trace. `first_taken` gives the least depth from which each action (by name) was
    possible (0: in an initial state; -1: at a depth that the engine cannot tell); those that never were, to `depth`, are absent. `labels` likewise for (process, label).
    """

    engine: str
    verdicts: Mapping[str, Verdict]
    faults: Mapping[Site, Verdict]
    depth: int
    """All runs of at most this many steps were considered (-1: none)."""
    complete: bool
    """Whether `depth` covers every run: there is nothing deeper."""
    first_taken: Mapping[str, int] = field(default_factory=dict)
    labels: Mapping[tuple[str, str], int] = field(default_factory=dict)
    seconds: float = 0.0
    solver_seconds: float = 0.0
    states: int | None = None
    transitions: int | None = None
    diameter: int | None = None
    counts: Counts | None = None
    unfinished: Unfinished | None = None
    permuted: tuple[str, ...] = ()
    """The sorts of which permutations of a state were counted as one."""
    covered: bool = False
    """Whether what `first_taken` and `labels` lack is never possible, though `depth` may be less than was asked for."""
    by: Mapping[str, str] = field(default_factory=dict)
    """Of several engines that ran, the one that a decisive verdict is from; empty where there was one alone."""
    tried: tuple[str, ...] = ()
    """The engines that looked for proofs, where there were several."""


NOTHING_IS_REACHED = Proved(InductiveInvariant((Lit(False),)))
"""The verdict on all but faults where every start faults: there is no state, and so no run that violates anything else."""

Engine = Callable[[TransitionSystem, frozenset[str], Budget, Listener], Findings]
"""(system, names of the properties wanted, budget, listener) → findings."""
