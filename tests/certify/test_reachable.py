"""A set is believed to hold all reachable states only if the solver finds nothing that is missing, and nothing in it that violates the property."""

from __future__ import annotations

from itertools import product

import pytest

from pluscheck.certify import reachable
from pluscheck.certify.reachable import NotJudged, Opinion, ReachableSetJudge, Refuted, Shown
from pluscheck.core.semantics import FaultyStart, initial_states
from pluscheck.core.system import DEADLOCK
from pluscheck.core.types import values_of
from pluscheck.engines.exhaustive import exhaustive
from pluscheck.engines.interface import Budget, ignore
from pluscheck.evidence.verdict import Proved, ReachableSet
from systems import CASES, Broken, Case


@pytest.fixture(params=list(CASES))
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


def _certificate(case: Case) -> ReachableSet:
    """Return the set of all reachable states."""
    verdicts = exhaustive(case.system, case.wanted, Budget(), ignore).verdicts
    return next(v for v in verdicts.values() if isinstance(v, Proved)).certificate


def _opinions(case: Case, certificate: ReachableSet) -> dict[str, Opinion]:
    judge = ReachableSetJudge(case.system, certificate, seconds=60)
    return {name: judge.opinion(name) for name in sorted(case.wanted)}


def _set_of(case: Case, states: frozenset[tuple]) -> ReachableSet:
    return ReachableSet(states, case.diameter)


def test_the_true_set_shows_what_holds_and_refutes_what_does_not(case: Case) -> None:
    for name, opinion in _opinions(case, _certificate(case)).items():
        assert isinstance(opinion, Refuted if isinstance(case.expected[name], Broken) else Shown)


def test_a_set_with_any_state_missing_shows_nothing(case: Case) -> None:
    """A set is inductive or not, and that of all reachable states is the least that is."""
    whole = _certificate(case).states
    for state in whole:
        opinions = _opinions(case, _set_of(case, whole - {state})).values()
        assert all(isinstance(opinion, Refuted) for opinion in opinions)


def test_an_empty_set_shows_nothing(case: Case) -> None:
    opinions = _opinions(case, _set_of(case, frozenset())).values()
    assert all(isinstance(opinion, Refuted) for opinion in opinions)


def test_a_set_of_what_is_no_state_shows_nothing(case: Case) -> None:
    for forged in [(), ("forged",) * len(case.system.variables)]:
        opinions = _opinions(case, _set_of(case, _certificate(case).states | {forged})).values()
        assert all(isinstance(opinion, Refuted) for opinion in opinions)


def test_the_initial_states_alone_show_nothing_where_there_are_steps() -> None:
    case = CASES["one order"]
    starts = frozenset(s for s in initial_states(case.system) if not isinstance(s, FaultyStart))
    assert isinstance(_opinions(case, _set_of(case, starts))[DEADLOCK], Refuted)


def test_a_set_larger_than_the_least_shows_what_holds_in_all_of_it() -> None:
    case = CASES["gatherers"]
    # Closed with nothing held may add anything, so with more held it is closed under steps, and stuck.
    added = next(iter(s for s in _all_states(case) if s not in _certificate(case).states and len(s[1]) == 2))
    opinions = _opinions(case, _set_of(case, _certificate(case).states | {added}))
    assert isinstance(opinions["Once"], Shown)


def _all_states(case: Case) -> list[tuple]:
    return list(product(*[values_of(v.type, case.system.scope) for v in case.system.variables]))


def test_a_set_that_is_too_large_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    case = CASES["one order"]
    monkeypatch.setattr(reachable, "MAX_STATES", case.states)
    assert isinstance(_opinions(case, _certificate(case))[DEADLOCK], Shown)
    monkeypatch.setattr(reachable, "MAX_STATES", case.states - 1)
    assert all(isinstance(opinion, NotJudged) for opinion in _opinions(case, _certificate(case)).values())


def test_without_time_nothing_is_judged(case: Case) -> None:
    judge = ReachableSetJudge(case.system, _certificate(case), seconds=0)
    assert all(isinstance(judge.opinion(name), NotJudged) for name in case.wanted)
