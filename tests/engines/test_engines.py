"""What every engine must find: each engine is a row of `ENGINES`."""

from __future__ import annotations

import pytest

from pluscheck.core.system import FAULTS
from pluscheck.engines.bmc import bmc, bmc_z3
from pluscheck.engines.exhaustive import exhaustive
from pluscheck.engines.interface import Budget, Engine, Findings, ignore
from pluscheck.evidence.verdict import Bounded, Proved, Reached, Unknown, Verdict, Violated
from systems import CASES, Broken, Case, Kept

ENGINES: dict[str, Engine] = {"exhaustive": exhaustive, "bmc": bmc, "bmc-z3": bmc_z3}

DEEP = Budget(depth=8, seconds=60)
"""Deeper than anything happens in `CASES`."""


def _as_expected(verdict: Verdict, expected: Broken | Kept) -> bool:
    match verdict:
        case Violated(trace) | Reached(trace):
            return expected == Broken(trace.length)
        case Proved() | Bounded():
            return expected == Kept()
        case Unknown():
            return False


@pytest.fixture(params=list(ENGINES))
def engine(request: pytest.FixtureRequest) -> Engine:
    return ENGINES[request.param]


@pytest.fixture(params=list(CASES))
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


def test_every_property_gets_the_verdict_that_is_known_with_the_shortest_trace(engine: Engine, case: Case) -> None:
    verdicts = engine(case.system, case.wanted, DEEP, ignore).verdicts
    wrong = {name: v for name, v in verdicts.items() if not _as_expected(v, case.expected[name])}
    assert wrong == {}
    assert verdicts.keys() == case.expected.keys()


def test_every_fault_is_found_at_its_site_with_the_shortest_trace(engine: Engine, case: Case) -> None:
    findings = engine(case.system, frozenset({FAULTS}), DEEP, ignore)
    assert _faults(findings) == case.faults


def test_only_what_is_wanted_is_looked_for_and_faults(engine: Engine, case: Case) -> None:
    for name in sorted(case.wanted):
        findings = engine(case.system, frozenset({name}), DEEP, ignore)
        assert findings.verdicts.keys() == {name} | ({FAULTS} if findings.faults else set())
        assert _as_expected(findings.verdicts[name], case.expected[name])


def test_a_fault_on_the_way_is_found_though_nobody_asks(engine: Engine) -> None:
    case = CASES["overflowing counter"]
    (name, *_) = sorted(case.wanted - {FAULTS})
    assert engine(case.system, frozenset({name}), DEEP, ignore).faults


@pytest.mark.parametrize("depth", range(5))
def test_nothing_beyond_the_depth_is_claimed(engine: Engine, case: Case, depth: int) -> None:
    findings = engine(case.system, case.wanted, Budget(depth=depth), ignore)
    for name, verdict in findings.verdicts.items():
        expected = case.expected[name]
        match verdict:
            case Violated(trace) | Reached(trace):
                assert trace.length <= depth
                assert expected == Broken(trace.length)
            case Proved():
                assert findings.complete
                assert expected == Kept()
            case Bounded(claimed):
                assert claimed == depth
                assert expected == Kept() or (isinstance(expected, Broken) and expected.length > depth)
            case Unknown():
                pytest.fail("a budget of depth alone ends in Bounded")


def test_coverage_tells_when_each_action_was_first_possible(engine: Engine) -> None:
    case = CASES["guarded counter"]
    assert engine(case.system, case.wanted, DEEP, ignore).first_taken == {"Inc": 0, "Reset": 3}


def test_coverage_tells_when_each_label_was_first_reached(engine: Engine) -> None:
    case = CASES["one order"]
    labels = engine(case.system, case.wanted, DEEP, ignore).labels
    assert labels == {
        (process, label): depth
        for process in ("Left", "Right")
        for label, depth in {"First": 0, "Second": 1, "Release": 2, "Done": 3}.items()
    }


def _faults(findings: Findings) -> set[tuple[object, int]]:
    return {
        (site.kind, verdict.trace.length) for site, verdict in findings.faults.items() if isinstance(verdict, Violated)
    }
