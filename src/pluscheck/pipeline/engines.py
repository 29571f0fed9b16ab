"""The engines by name. Each is imported when it is first asked for: a solver takes longer to load than some specs take to check."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec

from pluscheck.core.system import Expected, Model
from pluscheck.engines.interface import Budget, Engine, Findings, Listener
from pluscheck.evidence.verdict import Proved

PORTFOLIO = "portfolio"
"""What the engine is called that races the others."""

IN_TURN = "in-turn"
"""What the engine is called that gives each of them a turn."""


@dataclass(frozen=True, slots=True)
class EngineEntry:
    """How to get an engine, and whether it is told to end at the model's depth: one that finds all states goes on to the end.

    `needs` is a package, or a part of one, that it cannot do without and that need not be installed; `instead` is the engine that then takes its place. In the portfolio an engine has `seconds` of running time, where a proof is expected
    `seconds_for_proof` if it has such, and holds `states` at most. If it is `shortest`, its traces are the shortest; if it `sees_all`, it goes through all states, whatever it is asked. While it has to share, it
    has so many `turns` at a time.
    """

    load: Callable[[], Engine]
    ends_at_depth: bool
    needs: str | None = None
    instead: str | None = None
    seconds: float | None = None
    seconds_for_proof: float | None = None
    states: int | None = None
    shortest: bool = False
    sees_all: bool = False
    turns: int = 1

    @property
    def is_there(self) -> bool:
        """Whether what it needs is installed."""
        if self.needs is None:
            return True
        package, _, part = self.needs.partition(".")
        return find_spec(package) is not None and (not part or find_spec(self.needs) is not None)


def _bmc() -> Engine:
    """Return the bounded checker."""
    from pluscheck.engines.bmc import bmc

    return bmc


def _bmc_z3() -> Engine:
    """Return the bounded checker over Z3's terms."""
    from pluscheck.engines.bmc import bmc_z3

    return bmc_z3


def _exhaustive() -> Engine:
    """Return the breadth-first search."""
    from pluscheck.engines.exhaustive import exhaustive

    return exhaustive


def _native() -> Engine:
    """Return the search by machine code."""
    from pluscheck.engines.native import native

    return native


def _bdd() -> Engine:
    """Return the engine of decision diagrams."""
    from pluscheck.engines.bdd.search import bdd

    return bdd


def _ic3() -> Engine:
    """Return the engine that learns clauses."""
    from pluscheck.engines.ic3.engine import ic3

    return ic3


def _k_induction() -> Engine:
    """Return k-induction."""
    from pluscheck.engines.kinduction import k_induction

    return k_induction


def _spacer() -> Engine:
    """Return Z3's Spacer."""
    from pluscheck.engines.spacer import spacer

    return spacer


ENGINES: Mapping[str, EngineEntry] = {
    "bmc": EngineEntry(_bmc, ends_at_depth=True, shortest=True),
    "bmc-z3": EngineEntry(_bmc_z3, ends_at_depth=True, shortest=True),
    "exhaustive": EngineEntry(
        _exhaustive, ends_at_depth=False, seconds=10.0, states=10_000, shortest=True, sees_all=True
    ),
    "native": EngineEntry(
        _native,
        ends_at_depth=False,
        needs="llvmlite",
        instead="exhaustive",
        seconds=10.0,
        seconds_for_proof=60.0,
        states=10_000_000,
        shortest=True,
        sees_all=True,
    ),
    # The dedupe protocol with one of everybody takes 5 seconds, 20 on a busy machine; with two pages more than 100.
    "bdd": EngineEntry(
        _bdd,
        ends_at_depth=False,
        needs="dd.cudd",
        seconds=10.0,
        seconds_for_proof=30.0,
        shortest=True,
        sees_all=True,
        turns=2,
    ),
    "ic3": EngineEntry(_ic3, ends_at_depth=False, shortest=True, turns=6),
    "kinduction": EngineEntry(_k_induction, ends_at_depth=False),
    "spacer": EngineEntry(_spacer, ends_at_depth=False, shortest=True),
}
"""Engines that work alone."""

PROVERS: tuple[str, ...] = ("ic3", "bdd", "kinduction", "native")
"""Those that look for proofs in the portfolio, in the order in which they start."""


def that_is_there(name: str) -> str | None:
    """Return the engine if what it needs is installed, else what takes its place, if anything does."""
    entry = ENGINES.get(name)
    if entry is None or entry.is_there:
        return None if entry is None else name
    return entry.instead


def ends_at_depth(engine: str) -> bool:
    """Return whether an engine, or the portfolio, is told to end at the model's depth."""
    return engine in (PORTFOLIO, IN_TURN) or ENGINES[engine].ends_at_depth


def together(
    model: Model,
    wanted: frozenset[str],
    budget: Budget,
    listener: Listener,
    *,
    prove_seconds: float | None,
    accepts: Callable[[str, Proved], bool],
    is_race: bool,
) -> Findings:
    """Return what the bounded checker and all provers that are there find: in a race, or one after another.

    Of proofs only those count that are accepted. Raises SpecError.
    """
    from pluscheck.engines.in_turn import in_turn
    from pluscheck.engines.portfolio import PROVE_SECONDS, Aims, Racer, portfolio

    def expected(*kinds: Expected) -> frozenset[str]:
        return frozenset(e.property for e in model.expectations if e.expected in kinds)

    aims = Aims(
        proofs=expected(Expected.PROVED),
        violations=expected(Expected.VIOLATED),
        seconds=PROVE_SECONDS if prove_seconds is None else prove_seconds,
    )

    def racer(name: str) -> Racer:
        entry = ENGINES[name]
        return Racer(
            name,
            entry.load,
            (entry.seconds_for_proof if aims.proofs & wanted else None) or entry.seconds,
            entry.states,
            entry.turns,
            shortest=entry.shortest,
            sees_all=entry.sees_all,
        )

    there = [that_is_there(name) for name in PROVERS]
    provers = tuple(racer(name) for name in dict.fromkeys(there) if name is not None)
    run = portfolio if is_race else in_turn
    return run(
        model.system, wanted, budget, listener, searcher=racer("bmc"), provers=provers, aims=aims, accepts=accepts
    )
