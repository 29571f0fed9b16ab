"""Spacer: a second opinion that agrees, whose proofs stand up to the judge, and that gives up when told to."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from generate_systems import systems
from pluscheck.base.errors import SpecError
from pluscheck.core.system import DEADLOCK, FAULTS, TransitionSystem
from pluscheck.engines.exhaustive import exhaustive
from pluscheck.engines.interface import Budget, Progress, ignore
from pluscheck.engines.spacer import spacer
from pluscheck.evidence.verdict import InductiveInvariant, Proved, Reached, Reason, Unknown, Violated
from systems import CASES, Broken, Case, Kept


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_property_gets_the_verdict_that_is_known(case: Case) -> None:
    verdicts = spacer(case.system, case.wanted, Budget(seconds=60), ignore).verdicts
    for name, expected in case.expected.items():
        match verdicts[name]:
            case Proved(InductiveInvariant()):
                assert expected == Kept()
            case Violated(trace) | Reached(trace):
                assert expected == Broken(trace.length)
            case other:
                pytest.fail(f"{name}: {other}")


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(systems())
def test_random_systems_are_as_the_search_finds_them(system: TransitionSystem) -> None:
    wanted = frozenset({*(claim.name for claim in system.properties), DEADLOCK, FAULTS})
    try:
        truth = exhaustive(system, wanted, Budget(states=500), ignore)
        found = spacer(system, wanted, Budget(seconds=5), ignore)
    except SpecError:
        return
    for name in wanted:
        if isinstance(found.verdicts[name], Proved):
            assert not isinstance(truth.verdicts[name], Violated | Reached)
        if isinstance(found.verdicts[name], Violated | Reached):
            assert not isinstance(truth.verdicts[name], Proved)


def test_out_of_time_is_unknown() -> None:
    case = CASES["one order"]
    verdicts = spacer(case.system, case.wanted, Budget(seconds=0.0), ignore).verdicts
    assert {type(verdict) for verdict in verdicts.values()} == {Unknown}


def test_an_interrupt_keeps_what_is_known() -> None:
    case = CASES["atomic mutex"]

    def listener(progress: Progress) -> None:
        if progress.open == ("deadlock", "faults"):
            raise KeyboardInterrupt

    verdicts = spacer(case.system, case.wanted, Budget(), listener).verdicts
    assert isinstance(verdicts["Exclusion"], Proved)
    assert isinstance(verdicts["Critical"], Reached)
    assert verdicts["faults"] == Unknown(Reason.INTERRUPTED, 0)
