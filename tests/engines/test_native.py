"""Machine code finds what the search by the definition finds: the same counts, sites, levels and verdicts, and runs of the same lengths."""

from __future__ import annotations

from os import environ
from pathlib import Path

import pytest

from pluscheck.base.codes import Code
from pluscheck.base.errors import SpecError
from pluscheck.base.source import Source
from pluscheck.certify.replay import Rejection, replay
from pluscheck.core.system import DEADLOCK, FAULTS, TransitionSystem
from pluscheck.engines.exhaustive import exhaustive
from pluscheck.engines.interface import Budget, Counts, Engine, Findings, ignore
from pluscheck.engines.native import native
from pluscheck.evidence.verdict import Reached, Verdict, Violated
from pluscheck.lang.front import elaborate
from pluscheck.lower import lower, models
from random_batches import batch_of_systems
from systems import CASES, Case

BATCH = 12
SYSTEMS = int(environ.get("PLUSCHECK_RANDOM_SYSTEMS", "120"))
MOST_STATES = 1_000

CORPUS = sorted((Path(__file__).parents[1] / "corpus").glob("*.plus"))


def everything(system: TransitionSystem) -> frozenset[str]:
    return frozenset({DEADLOCK, FAULTS, *(claim.name for claim in system.properties)})


def summary(verdict: Verdict) -> object:
    """What two searches must agree in: not which of several shortest runs they show."""
    match verdict:
        case Violated(trace) | Reached(trace):
            return type(verdict), trace.length, trace.fault is None
        case _:
            return verdict


def found(engine: Engine, system: TransitionSystem, names: frozenset[str], budget: Budget) -> Findings | Code:
    try:
        return engine(system, names, budget, ignore)
    except SpecError as error:
        return error.diagnostics[0].code


def assert_same(system: TransitionSystem, names: frozenset[str], budget: Budget) -> Findings | Code:
    """Fail unless both searches say the same; return what the native one says."""
    expected = found(exhaustive, system, names, budget)
    actual = found(native, system, names, budget)
    if isinstance(expected, Code) or isinstance(actual, Code):
        assert actual == expected
        return actual
    assert {n: summary(v) for n, v in actual.verdicts.items()} == {n: summary(v) for n, v in expected.verdicts.items()}
    assert {s: summary(v) for s, v in actual.faults.items()} == {s: summary(v) for s, v in expected.faults.items()}
    for name in ("depth", "complete", "first_taken", "labels", "states", "transitions", "diameter", "counts"):
        assert getattr(actual, name) == getattr(expected, name), name
    for name, verdict in (*actual.verdicts.items(), *((FAULTS, v) for v in actual.faults.values())):
        if isinstance(verdict, Violated | Reached):
            assert not isinstance(replay(system, verdict.trace, name), Rejection)
    return actual


@pytest.fixture(params=list(CASES))
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@pytest.mark.parametrize("depth", [None, 0, 1, 2, 3])
def test_what_is_known_of_small_systems(case: Case, depth: int | None) -> None:
    assert_same(case.system, case.wanted, Budget(depth=depth))
    for name in sorted(case.wanted):
        assert_same(case.system, frozenset({name}), Budget(depth=depth))


@pytest.mark.parametrize("first", range(0, SYSTEMS, BATCH), ids=lambda first: f"systems-{first + 1}-to-{first + BATCH}")
def test_random_systems(first: int) -> None:
    for number, system in enumerate(batch_of_systems(first, BATCH)):
        names = everything(system)
        size = found(exhaustive, system, names, Budget(states=MOST_STATES))
        is_small = isinstance(size, Code) or size.complete
        budget = Budget() if is_small and number % 4 else Budget(depth=1)
        assert_same(system, names - {FAULTS} if number % 3 == 0 else names, budget)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_the_corpus(path: Path) -> None:
    spec = elaborate(Source(path.name, path.read_text()))
    compared = 0
    for name in models(spec):
        model = lower(spec, name)
        names = frozenset(e.property for e in model.expectations)
        size = exhaustive(model.system, names, Budget(states=MOST_STATES), ignore)
        if size.complete:
            assert_same(model.system, names | {DEADLOCK, FAULTS}, Budget())
            compared += 1
        else:
            assert_same(model.system, names | {DEADLOCK, FAULTS}, Budget(depth=4))
    assert compared or models(spec)


def test_what_is_counted_of_a_system_counted_by_hand() -> None:
    spec = elaborate(
        Source(
            "Ring.plus",
            """module Ring
sort Task
var x : 0..3 = 0
action Up(t \\in Task) { await x < 2; x := x + 1; }
action Jump { await x = 1; x := 3; }
action Never { await x = 3 /\\ x = 2; x := 0; }
model m { scope Task = 2; }
""",
        )
    )
    findings = native(lower(spec, "m").system, frozenset({DEADLOCK}), Budget(), ignore)
    # 0 -Up-> 1 -Up-> 2, each for two tasks; 1 -Jump-> 3; nothing leads out of 2 and 3, both two steps away.
    assert (findings.states, findings.transitions, findings.diameter) == (4, 5, 2)
    assert findings.counts == Counts({"Up": 4, "Jump": 1}, most_steps=3, stuck=2)
