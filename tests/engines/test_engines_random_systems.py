"""On random small systems all engines find what the definition says: the same verdicts, and runs of the same, shortest, lengths.

The systems are the same each time; `PLUSCHECK_RANDOM_SYSTEMS` asks for another number of them, and what the tests are called says how many each looks at.
"""

from __future__ import annotations

from collections.abc import Mapping
from os import environ

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from generate_systems import conditioned_systems, systems
from lowering import system_of
from pluscheck.base.codes import Code
from pluscheck.base.errors import SpecError
from pluscheck.core.evaluator import Fault
from pluscheck.core.semantics import FaultyStart, Taken, holds, initial_states, is_terminal, steps
from pluscheck.core.system import DEADLOCK, FAULTS, PropertyKind, State, TransitionSystem
from pluscheck.engines.bmc import bmc, bmc_z3
from pluscheck.engines.exhaustive import exhaustive
from pluscheck.engines.interface import Budget, Engine, Findings, ignore
from pluscheck.evidence.verdict import Bounded, Proved, Reached, Unknown, Verdict, Violated
from pluscheck.pipeline.engines import ENGINES

BATCH = 25
SYSTEMS = int(environ.get("PLUSCHECK_RANDOM_SYSTEMS", "300"))
DEPTH = 4
"""How far the bounded checkers look."""

MOST_STATES = 300
"""Systems with more are not looked at to the end."""

SPACER_EVERY = 5
"""Spacer takes a tenth of a second for what takes others a hundredth: of so many systems it is asked about one."""

Lengths = Mapping[str, int | None]
"""For each property, how many steps the shortest run has that violates it (reaches a witness); None if there is none."""


def reference(system: TransitionSystem, names: frozenset[str]) -> Lengths | None:
    """Return what the definition says, by going through all reachable states; None if they are too many."""
    found: dict[str, int | None] = dict.fromkeys(names)

    def note(name: str, length: int) -> None:
        if found[name] is None:
            found[name] = length

    frontier: list[State] = []
    for start in initial_states(system):
        if isinstance(start, FaultyStart):
            note(FAULTS, 0)
        else:
            frontier.append(start)
    seen = set(frontier)
    length = 0
    while frontier:
        following: list[State] = []
        late: list[tuple[str, int]] = []
        for state in frontier:
            outcomes = list(steps(system, state))
            for claim in system.properties:
                for target in [o.target for o in outcomes if isinstance(o, Taken)]:
                    if claim.kind is PropertyKind.TRANSITION:
                        late += [(name, length + 1) for name in _violated(system, claim.name, state, target)]
                if claim.kind is not PropertyKind.TRANSITION:
                    for name in _violated(system, claim.name, state, None):
                        note(name, length)
            if not all(isinstance(outcome, Taken) for outcome in outcomes):
                note(FAULTS, length)
            try:
                if not outcomes and not is_terminal(system, state):
                    note(DEADLOCK, length)
            except Fault:
                note(FAULTS, length)
            for outcome in outcomes:
                if isinstance(outcome, Taken) and outcome.target not in seen:
                    seen.add(outcome.target)
                    following.append(outcome.target)
        length += 1
        for name, at in late:
            found[name] = at if found[name] is None else min(at, found[name] or 0)
        if len(seen) > MOST_STATES:
            return None
        frontier = following
    return found


def _violated(system: TransitionSystem, name: str, state: State, target: State | None) -> list[str]:
    claim = next(claim for claim in system.properties if claim.name == name)
    try:
        is_violated = holds(system, claim, state, target) == (claim.kind is PropertyKind.WITNESS)
    except Fault:
        return [FAULTS]
    return [name] if is_violated else []


def assert_right(engine: str, name: str, verdict: Verdict, length: int | None) -> None:
    """Fail if a verdict is not what the definition says; that nothing is known is said of what was not looked at."""
    said = f"{engine} says {verdict!r} of {name}, the shortest run has {length} steps"
    match verdict:
        case Proved():
            assert length is None, said
        case Violated(trace) | Reached(trace):
            assert trace.length == length, said
        case Bounded(depth):
            assert length is None or length > depth, said
        case Unknown(_, depth):
            assert length is None or length > depth, said


def verdicts(engine: str, system: TransitionSystem, names: frozenset[str]) -> Mapping[str, Verdict] | Code:
    """Return what an engine finds, or what it says is wrong with the system."""
    entry = ENGINES[engine]
    budget = Budget(depth=DEPTH if entry.ends_at_depth else None, seconds=2.0 if engine == "spacer" else 30.0)
    try:
        return entry.load()(system, names, budget, ignore).verdicts
    except SpecError as error:
        return error.diagnostics[0].code


def decides(engine: str) -> bool:
    """Return whether an engine decides every property, given time."""
    return engine in ("exhaustive", "bdd", "ic3")


def random_systems(first: int) -> list[TransitionSystem]:
    """Return a batch of systems, always the same one for the same number."""
    found: list[TransitionSystem] = []

    @seed(first)
    @settings(max_examples=BATCH, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(systems() | conditioned_systems())
    def take(system: TransitionSystem) -> None:
        found.append(system)

    take()
    return found


@pytest.mark.parametrize("first", range(0, SYSTEMS, BATCH), ids=lambda first: f"systems-{first + 1}-to-{first + BATCH}")
def test_all_engines_find_what_the_definition_says(first: int) -> None:
    batch = random_systems(first)
    assert len(batch) >= BATCH
    for number, system in enumerate(batch):
        names = frozenset({DEADLOCK, FAULTS, *(claim.name for claim in system.properties)})
        expected = reference(system, names)
        if expected is None:
            continue
        is_without_start = next(initial_states(system), None) is None
        for engine, entry in ENGINES.items():
            if not entry.is_there or (engine == "spacer" and number % SPACER_EVERY):
                continue
            found = verdicts(engine, system, names)
            if is_without_start or isinstance(found, Code):
                assert is_without_start == (found is Code.NO_INITIAL_STATE), f"{number}: {engine}: {found}"
                continue
            for name in sorted(names):
                assert_right(f"{number}: {engine}", name, found[name], expected[name])
                if decides(engine):
                    decided = isinstance(found[name], Proved | Violated | Reached)
                    assert decided, f"{number}: {engine} says {found[name]} of {name}"


NO_START = """
var x : 0..3 = 7
action Up { when x < 3; x := x + 1; }
invariant Small == x < 3
transition Grows == x' > x
witness Two == x = 2
model m { }
"""


@pytest.mark.parametrize("engine", [name for name, entry in ENGINES.items() if entry.is_there])
def test_where_every_start_faults_nothing_else_is_violated(engine: str) -> None:
    names = frozenset({"Small", "Grows", "Two", DEADLOCK, FAULTS})
    found = verdicts(engine, system_of(NO_START), names)
    assert not isinstance(found, Code)
    violated = found[FAULTS]
    assert isinstance(violated, Violated)
    assert violated.trace.states == ()
    for name in names - {FAULTS}:
        assert isinstance(found[name], Proved if decides(engine) else Proved | Bounded), name


FIRST_FAULT = r"""
var x : 0..3 = 0
action Up { x := x + 1; }
invariant Divides == 3 \div x < 4
witness Three == x = 3
model m { }
"""


@pytest.mark.parametrize("engine", [name for name, entry in ENGINES.items() if entry.is_there])
def test_of_all_faults_the_first_is_told_though_others_are_found_on_the_way(engine: str) -> None:
    found = verdicts(engine, system_of(FIRST_FAULT), frozenset({"Divides", "Three", FAULTS}))
    assert not isinstance(found, Code)
    assert_right(engine, FAULTS, found[FAULTS], 0)
    assert isinstance(found[FAULTS], Violated)


# ------------------------------------------------------------------------------- sites of faults, and first steps


def _after(verdict: Verdict) -> int | None:
    return verdict.trace.length if isinstance(verdict, (Violated, Reached)) else None


def _found(findings: Findings) -> object:
    return (
        {name: _after(verdict) for name, verdict in findings.verdicts.items()},
        {site: _after(verdict) for site, verdict in findings.faults.items()},
        findings.first_taken,
    )


WANTED = frozenset({"INVARIANT", "TRANSITION", "WITNESS", DEADLOCK, FAULTS})


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(conditioned_systems())
def test_the_bounded_checkers_find_the_same_sites_and_steps_as_the_search(system: TransitionSystem) -> None:
    budget = Budget(depth=3, states=2000)
    expected = _run(exhaustive, system, budget)
    for engine in (bmc, bmc_z3):
        found = _run(engine, system, budget)
        if isinstance(expected, Findings) and isinstance(found, Findings) and expected.states < budget.states:
            assert _found(found) == _found(expected)
        elif Code.NO_INITIAL_STATE in (expected, found):
            assert found == expected


def _run(engine: Engine, system: TransitionSystem, budget: Budget) -> Findings | Code:
    try:
        return engine(system, WANTED, budget, ignore)
    except SpecError as error:
        return error.diagnostics[0].code
