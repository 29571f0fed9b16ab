"""Comparing a verdict with what the model expects of it."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from pluscheck.core.system import FAULTS, Expectation, Expected, Model
from pluscheck.evidence.verdict import Bounded, Proved, Reached, Unknown, Verdict, Violated
from pluscheck.pipeline.options import DEFAULT_DEPTH
from pluscheck.report.model import Outcome

Comparison = tuple[Outcome, str | None]
"""How they compare and, where the expectation is not met, how it was not."""

MET: Comparison = (Outcome.MET, None)


NO_FAULTS = Expectation(FAULTS, Expected.HOLDS, explicit=False)
"""Nobody asked about it, and something else is to hold."""


def with_faults(model: Model) -> Model:
    """Return the model, expecting no faults if it asks nothing about them and something else is to hold: no run goes on after a fault, so nothing would be shown of what comes later."""
    is_asked = any(e.property == FAULTS for e in model.expectations)
    found = (Expected.VIOLATED, Expected.REACHABLE)
    if is_asked or all(e.expected in found for e in model.expectations):
        return model
    return replace(model, expectations=(*model.expectations, NO_FAULTS))


def wanted_depth(expectations: tuple[Expectation, ...], own: int | None) -> int:
    """Return how deep a model asks to be checked: its `depth`, but never less than an expectation of it names."""
    named = [e.depth for e in expectations if e.depth is not None]
    return max([DEFAULT_DEPTH if own is None else own, *named])


def settled(verdict: Verdict, depth: int) -> Verdict:
    """Return the verdict as an answer to the question asked: whether there is a violation within `depth` steps.

    An engine whose budget ends beyond that depth has answered it.
    """
    if isinstance(verdict, Unknown) and verdict.depth >= depth:
        return Bounded(verdict.depth)
    return verdict


def compared(verdict: Verdict, expectation: Expectation, asked: int, own: int) -> Comparison:
    """Return how a settled verdict compares with the expectation.

    `asked` is the depth that was to be checked, `own` the one that the model asks for: where `asked` is less, that nothing was found
    shows nothing of the model.
    """
    if isinstance(verdict, Unknown):
        return Outcome.UNDECIDED, None
    expected = expectation.expected
    match expected:
        case Expected.HOLDS:
            return _holds(verdict, asked)
        case Expected.BOUNDED:
            return _holds(verdict, asked if expectation.depth is None else expectation.depth)
        case Expected.PROVED:
            return _proved(verdict)
        case Expected.VIOLATED:
            return _found(verdict, own, Outcome.ABSENT, "a violation was expected")
        case Expected.REACHABLE:
            return _found(verdict, own, Outcome.VACUOUS, "vacuous: nothing shows that this can happen")
        case Expected.UNREACHABLE:
            return _holds(verdict, asked)
        case _:
            assert_never(expected)


def _holds(verdict: Verdict, depth: int) -> Comparison:
    """Compare with the expectation that there is nothing to be found within `depth` steps."""
    match verdict:
        case Violated():
            return Outcome.VIOLATED, None
        case Reached():
            return Outcome.VIOLATED, "it should be unreachable"
        case Proved():
            return MET
        case Bounded(reached):
            return MET if reached >= depth else (Outcome.UNDECIDED, f"depth {depth} was expected")
        case Unknown():
            return Outcome.UNDECIDED, None
        case _:
            assert_never(verdict)


def _proved(verdict: Verdict) -> Comparison:
    """Compare with the expectation of a proof: a bound, however deep, is none."""
    match verdict:
        case Violated() | Reached():
            return Outcome.VIOLATED, None
        case Proved():
            return MET
        case Bounded() | Unknown():
            return Outcome.UNDECIDED, "a proof was expected"
        case _:
            assert_never(verdict)


def _found(verdict: Verdict, own: int, otherwise: Outcome, why: str) -> Comparison:
    """Compare with the expectation that there is a trace."""
    match verdict:
        case Violated() | Reached():
            return MET
        case Proved():
            return otherwise, why
        case Bounded(reached):
            if reached < own:
                return Outcome.UNDECIDED, f"the model asks for depth {own}"
            return otherwise, why
        case Unknown():
            return Outcome.UNDECIDED, None
        case _:
            assert_never(verdict)
