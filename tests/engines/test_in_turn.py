"""Engines one after another: the same verdicts as in a race, always by the same engine."""

from __future__ import annotations

import pytest

from pluscheck.core.exprs import Lit
from pluscheck.engines.bmc import bmc
from pluscheck.engines.exhaustive import exhaustive
from pluscheck.engines.in_turn import in_turn
from pluscheck.engines.interface import Budget, Engine, Findings, ignore
from pluscheck.engines.portfolio import Aims, Racer
from pluscheck.evidence.verdict import Bounded, InductiveInvariant, Proved, Reached, Reason, Unknown, Violated
from systems import CASES, Broken, Case, Kept

GUARDED = CASES["guarded counter"]


def sceptic(_: object, wanted: frozenset[str], *__: object) -> Findings:
    """Prove nothing."""
    return Findings("sceptic", dict.fromkeys(wanted, Unknown(Reason.SOLVER, -1)), {}, -1, complete=False)


def believer(_: object, wanted: frozenset[str], *__: object) -> Findings:
    """Take everything for proved."""
    proved = Proved(InductiveInvariant((Lit(True),)))
    return Findings("believer", dict.fromkeys(wanted, proved), {}, -1, complete=False)


def racer(engine: Engine, *, shortest: bool = False) -> Racer:
    return Racer(engine.__name__, lambda: engine, shortest=shortest)


def found(case: Case, *provers: Racer, aims: Aims | None = None) -> Findings:
    budget = Budget(depth=8, seconds=60)
    searcher = racer(bmc, shortest=True)
    return in_turn(case.system, case.wanted, budget, ignore, searcher=searcher, provers=provers, aims=aims or Aims())


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_in_turn_they_decide_what_they_decide_in_a_race(case: Case) -> None:
    findings = found(case, racer(exhaustive, shortest=True))
    for name, verdict in findings.verdicts.items():
        match case.expected[name]:
            case Broken(length):
                assert isinstance(verdict, Violated | Reached)
                assert verdict.trace.length == length
            case Kept():
                assert isinstance(verdict, Proved)
    assert {site.kind for site in findings.faults} == {kind for kind, _ in case.faults}


def test_the_first_in_the_order_that_can_prove_it_does() -> None:
    aims = Aims(violations=frozenset({"Small", "Grows"}))
    by = found(GUARDED, racer(sceptic), racer(believer), racer(exhaustive, shortest=True), aims=aims).by
    assert by["InRange"] == "believer"
    assert (by["Small"], by["Two"]) == ("bmc", "bmc")


def test_what_nobody_proves_has_a_bound() -> None:
    verdicts = found(GUARDED, racer(sceptic)).verdicts
    assert verdicts["InRange"] == Bounded(8)
    assert isinstance(verdicts["Small"], Violated)
