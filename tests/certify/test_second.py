"""A second search agrees with the first, says of every property what the definition says, and accepts no other count, diameter or digest."""

from __future__ import annotations

from dataclasses import replace
from os import environ

import pytest

from lowering import system_of
from pluscheck.base.errors import SpecError
from pluscheck.certify.opinions import NotJudged, Refuted, Shown
from pluscheck.certify.second import SecondSearch
from pluscheck.core.system import DEADLOCK, FAULTS, TransitionSystem
from pluscheck.engines.exhaustive import exhaustive
from pluscheck.engines.interface import Budget, Findings, ignore
from pluscheck.engines.native import native
from pluscheck.evidence.verdict import Proved, SearchedStates
from random_batches import batch_of_systems
from systems import CASES, Case

BATCH = 12
SYSTEMS = int(environ.get("PLUSCHECK_RANDOM_SYSTEMS", "96"))
MOST_STATES = 1_000


@pytest.fixture(autouse=True)
def _nothing_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pluscheck.engines.native.MOST_LISTED", 0)


@pytest.fixture(params=list(CASES))
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


def everything(system: TransitionSystem) -> frozenset[str]:
    return frozenset({DEADLOCK, FAULTS, *(claim.name for claim in system.properties)})


def searched(findings: Findings) -> SearchedStates | None:
    """What the native search has counted, if it has proved anything."""
    proofs = [v.certificate for v in findings.verdicts.values() if isinstance(v, Proved)]
    counted = [certificate for certificate in proofs if isinstance(certificate, SearchedStates)]
    assert len(set(counted)) <= 1
    return counted[0] if counted else None


def assert_judged(system: TransitionSystem) -> bool:
    """Fail unless what the second search says is what the definition says; return whether there was anything to judge."""
    names = everything(system)
    try:
        expected = exhaustive(system, names, Budget(states=MOST_STATES), ignore)
        certificate = searched(native(system, names, Budget(), ignore)) if expected.complete else None
    except SpecError:
        return False
    if certificate is None:
        return False
    judge = SecondSearch(system, certificate, seconds=30.0)
    for name in sorted(names):
        opinion = judge.opinion(name)
        assert isinstance(opinion, Shown if isinstance(expected.verdicts[name], Proved) else Refuted), (name, opinion)
    return True


def test_small_systems_are_judged_as_they_are(case: Case) -> None:
    assert assert_judged(case.system)


@pytest.mark.parametrize("first", range(0, SYSTEMS, BATCH), ids=lambda first: f"systems-{first + 1}-to-{first + BATCH}")
def test_random_systems_are_judged_as_they_are(first: int) -> None:
    judged = [assert_judged(system) for system in batch_of_systems(first, BATCH)]
    assert any(judged)


COUNTERS = r"""
sort Cell
enum Mode == { idle, busy, done }
var at : [Cell -> -3..4] = [c \in Cell |-> 0]
var how : [Cell -> Mode] = [c \in Cell |-> idle]
action Up(c \in Cell) { when at[c] < 4; at[c] := at[c] + 1; }
action Down(c \in Cell) { when at[c] > -3; at[c] := at[c] - 1; }
action Next(c \in Cell) { when how[c] # done; how[c] := IF how[c] = idle THEN busy ELSE done; }
invariant Within == \A c \in Cell : at[c] \in -3..4
model m { scope Cell = 4; }
"""


def test_what_was_not_counted_is_refuted() -> None:
    system = system_of(COUNTERS)
    findings = native(system, frozenset({"Within"}), Budget(), ignore)
    certificate = searched(findings)
    assert certificate is not None
    assert certificate.count == 24**4
    assert isinstance(SecondSearch(system, certificate, seconds=30.0).opinion("Within"), Shown)
    for wrong in (
        replace(certificate, count=certificate.count - 1),
        replace(certificate, count=certificate.count + 1),
        replace(certificate, transitions=certificate.transitions - 1),
        replace(certificate, diameter=certificate.diameter + 1),
        replace(certificate, digest="0" * 32),
    ):
        assert isinstance(SecondSearch(system, wrong, seconds=30.0).opinion("Within"), Refuted)
    assert isinstance(SecondSearch(system, certificate, seconds=30.0).opinion("Nothing"), Refuted)


def test_what_takes_too_long_is_not_judged() -> None:
    system = system_of(COUNTERS)
    certificate = searched(native(system, frozenset({"Within"}), Budget(), ignore))
    assert certificate is not None
    assert isinstance(SecondSearch(system, certificate, seconds=0.0).opinion("Within"), NotJudged)
