"""Every verdict against every expectation: what counts as met is decided here and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pluscheck.core.system import Expectation, Expected
from pluscheck.evidence.trace import Trace
from pluscheck.evidence.verdict import Bounded, Proved, ReachableSet, Reached, Reason, Unknown, Verdict, Violated
from pluscheck.pipeline.expectations import compared, settled, wanted_depth
from pluscheck.report.model import Outcome

TRACE = Trace(((),), ())
PROVED = Proved(ReachableSet(frozenset({()}), 0))
ASKED = 10

M, V, A, X, U = Outcome.MET, Outcome.VIOLATED, Outcome.ABSENT, Outcome.VACUOUS, Outcome.UNDECIDED
TABLE = {
    #                        proved bounded shallow found unknown
    Expected.HOLDS:       (M, M, U, V, U),
    Expected.VIOLATED:    (A, A, U, M, U),
    Expected.PROVED:      (M, U, U, V, U),
    Expected.BOUNDED:     (M, M, U, V, U),
    Expected.REACHABLE:   (X, X, U, M, U),
    Expected.UNREACHABLE: (M, M, U, V, U),
}  # fmt: skip
WITNESS = (Expected.REACHABLE, Expected.UNREACHABLE)


@pytest.mark.parametrize("expected", Expected)
def test_what_meets_an_expectation(expected: Expected) -> None:
    found: Verdict = Reached(TRACE) if expected in WITNESS else Violated(TRACE)
    verdicts = (PROVED, Bounded(ASKED), Bounded(ASKED - 1), found, Unknown(Reason.TIME, ASKED - 1))
    expectation = Expectation("P", expected, ASKED if expected is Expected.BOUNDED else None)
    assert tuple(compared(v, expectation, ASKED, ASKED)[0] for v in verdicts) == TABLE[expected]


@given(st.sampled_from(Reason), st.integers(-1, 40), st.integers(0, 40))
def test_a_budget_that_ends_early_is_never_a_pass(reason: Reason, reached: int, asked: int) -> None:
    verdict = settled(Unknown(reason, reached), asked)
    assert verdict == (Bounded(reached) if reached >= asked else Unknown(reason, reached))
    for expected in Expected:
        outcome, _ = compared(verdict, Expectation("P", expected, asked), asked, asked)
        if reached < asked:
            assert outcome is Outcome.UNDECIDED


@given(st.integers(0, 30), st.integers(0, 30))
def test_what_a_smaller_depth_leaves_open_is_not_absent(asked: int, own: int) -> None:
    for expected in (Expected.VIOLATED, Expected.REACHABLE):
        outcome, _ = compared(Bounded(asked), Expectation("P", expected), asked, own)
        assert (outcome is Outcome.UNDECIDED) == (asked < own)


def test_a_model_is_checked_as_deep_as_an_expectation_names() -> None:
    deep = Expectation("P", Expected.BOUNDED, 25)
    assert wanted_depth((), None) == 20
    assert wanted_depth((), 7) == 7
    assert wanted_depth((deep,), 7) == 25
    assert wanted_depth((deep,), 30) == 30
