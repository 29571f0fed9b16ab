"""What a conjunct is for: a state that nothing else excludes, shown by the reference semantics."""

from __future__ import annotations

import pytest

from lowering import system_of
from pluscheck.certify.inductive import judge
from pluscheck.certify.necessity import Excluded, Necessity, NotNeeded
from pluscheck.certify.opinions import Shown
from pluscheck.core.evaluator import evaluate
from pluscheck.core.exprs import Compare, Comparison, Eq, Expr, Lit, Var
from pluscheck.core.semantics import holds, property_named, steps
from pluscheck.evidence.verdict import InductiveInvariant

SPEC = """
var x : 0..9000 = 0
var y : 0..9000 = 0
var z : 0..9 = 0
action Both { await x < 8000; x := x + 2; y := y + 2; }
action Swap { x := y; y := x; }
action Other { z := (z + 3) % 9; }
terminal == TRUE
invariant Apart == ~(x = 10 /\\ y = 12)
invariant Low == z < 9
model m { }
"""
EQUAL = Eq(Var("x"), Var("y"))
SMALL = Compare(Comparison.LE, Var("x"), Lit(8001))
IDLE = Compare(Comparison.LE, Var("z"), Lit(9))
LOW = Compare(Comparison.LT, Var("z"), Lit(9))


@pytest.mark.parametrize(
    ("conjuncts", "name"),
    [((EQUAL, IDLE), "Apart"), ((EQUAL, SMALL, LOW), "Low"), ((IDLE, LOW), "Low"), ((SMALL, EQUAL), "Apart")],
)
def test_a_state_is_excluded_by_that_conjunct_alone_and_leads_to_what_it_must_not(
    conjuncts: tuple[Expr, ...], name: str
) -> None:
    system = system_of(SPEC)
    certificate = InductiveInvariant(conjuncts)
    assert isinstance(judge(system, certificate, name, seconds=20), Shown)
    necessity = Necessity(system, certificate, seconds=20)
    for number, conjunct in enumerate(conjuncts):
        others = [other for other in conjuncts if other is not conjunct]
        found = necessity.of(number, name)
        match found:
            case Excluded(state, step):
                assert not evaluate(system, conjunct, state)
                assert all(evaluate(system, other, state) for other in others)
                if step is None:
                    assert not holds(system, property_named(system, name), state)
                else:
                    assert step in list(steps(system, state))
                    assert not all(evaluate(system, other, step.target) for other in others)
            case NotNeeded():
                left = InductiveInvariant(tuple(others))
                assert isinstance(judge(system, left, name, seconds=20), Shown)
            case None:
                pytest.fail("this is not too hard")


def test_what_is_needed_depends_on_the_property() -> None:
    system = system_of(SPEC)
    necessity = Necessity(system, InductiveInvariant((EQUAL, LOW)), seconds=20)
    assert isinstance(necessity.of(0, "Apart"), Excluded)
    assert isinstance(necessity.of(1, "Apart"), NotNeeded)
    assert isinstance(necessity.of(0, "Low"), NotNeeded)
    assert isinstance(necessity.of(1, "Low"), Excluded)
