"""k-induction: what it proves holds, after the fewest steps that show it; and what helps it."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from generate_systems import systems
from pluscheck.base.errors import SpecError
from pluscheck.core.exprs import Eq, Lit, Not, Var
from pluscheck.core.system import DEADLOCK, FAULTS, Action, Assignment, Guard, Property, PropertyKind, TransitionSystem
from pluscheck.core.types import RangeType
from pluscheck.engines.exhaustive import exhaustive
from pluscheck.engines.interface import Budget, Progress, ignore
from pluscheck.engines.kinduction import induction, k_induction
from pluscheck.evidence.verdict import (
    Bounded,
    InductiveInvariant,
    KInduction,
    Proved,
    Reached,
    Reason,
    Unknown,
    Violated,
)
from pluscheck.smt.unrolling import Unrolling
from systems import CASES, Broken, Case, built, invariant, var

WIDE = RangeType(0, 7)


def chain(*moves: tuple[int, int], lemma: Property | None = None) -> TransitionSystem:
    """`x` starts at 0 and moves from the one to the other of each pair; it should never be 7."""
    actions = tuple(
        Action(f"Move{i}", 0, (), (Guard(Eq(Var("x"), Lit(a))),), (Assignment("x", Lit(b)),))
        for i, (a, b) in enumerate(moves)
    )
    claims = (invariant("NotSeven", Not(Eq(Var("x"), Lit(7)))),)
    return built("Chain", (var("x", WIDE, 0),), actions, claims if lemma is None else (*claims, lemma))


def lemma(name: str, *excluded: int) -> Property:
    formula = Not(Eq(Var("x"), Lit(excluded[0])))
    return Property(PropertyKind.LEMMA, name, formula)


def verdict(system: TransitionSystem, **options: object) -> object:
    wanted = frozenset({"NotSeven"})
    return induction(system, wanted, Budget(), ignore, Unrolling, **options).verdicts["NotSeven"]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("moves", "k"),
    [
        ([(0, 1), (1, 0)], 1),
        # From 6, where no run gets, it would be one step to 7; from 5 two.
        ([(0, 0), (6, 7)], 2),
        ([(0, 0), (5, 6), (6, 7)], 3),
    ],
)
def test_as_many_steps_as_it_takes(moves: list[tuple[int, int]], k: int) -> None:
    assert verdict(chain(*moves)) == Proved(KInduction(k, "NotSeven", InductiveInvariant(())))


def test_what_takes_more_steps_is_bounded() -> None:
    assert verdict(chain((0, 0), (4, 5), (5, 6), (6, 7))) == Bounded(2)
    assert verdict(chain((0, 0), (4, 5), (5, 6), (6, 7)), most=4) == Proved(
        KInduction(4, "NotSeven", InductiveInvariant(()))
    )


def test_an_invariant_helps_and_is_part_of_the_certificate() -> None:
    known = InductiveInvariant((Not(Eq(Var("x"), Lit(6))),))
    assert verdict(chain((0, 0), (6, 6), (6, 7)), invariant=known) == Proved(KInduction(1, "NotSeven", known))


@pytest.mark.parametrize("excluded", [6, 5, 0])
def test_lemmas_help_where_they_are_inductive(excluded: int) -> None:
    """6 is not reached, which is inductive; that 5 is not is not, since it can be reached from 4; 0 is where it starts."""
    system = chain((0, 0), (6, 6), (6, 7), (4, 5), lemma=lemma("Unreached", excluded))
    helped = Proved(KInduction(1, "NotSeven", InductiveInvariant((), ("Unreached",))))
    assert verdict(system) == (helped if excluded == 6 else Bounded(2))


def test_a_short_violation_is_found() -> None:
    found = verdict(chain((0, 5), (5, 7)))
    assert isinstance(found, Violated)
    assert found.trace.length == 2


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_nothing_that_is_wrong_is_proved(case: Case) -> None:
    verdicts = k_induction(case.system, case.wanted, Budget(), ignore).verdicts
    assert verdicts.keys() >= case.wanted
    for name, found in verdicts.items():
        match found:
            case Proved(KInduction(k, named)):
                assert case.expected[name] not in (Broken(length) for length in range(9))
                assert 1 <= k <= 3
                assert named == name
            case Violated(trace) | Reached(trace):
                assert case.expected[name] == Broken(trace.length)
            case other:
                assert other == Bounded(2)


def test_properties_of_every_kind_are_proved() -> None:
    found = k_induction(CASES["guarded counter"].system, CASES["guarded counter"].wanted, Budget(), ignore).verdicts
    proved = {name for name, verdict in found.items() if isinstance(verdict, Proved)}
    assert proved == {"InRange", "Negative", DEADLOCK, FAULTS}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(systems())
def test_what_is_proved_of_random_systems_holds(system: TransitionSystem) -> None:
    wanted = frozenset({*(claim.name for claim in system.properties), DEADLOCK, FAULTS})
    try:
        found = k_induction(system, wanted, Budget(), ignore)
        truth = exhaustive(system, wanted, Budget(states=2000), ignore)
    except SpecError:
        return
    for name in wanted:
        if isinstance(found.verdicts[name], Proved):
            assert isinstance(truth.verdicts[name], Proved | Bounded | Unknown)


def test_out_of_time_is_unknown() -> None:
    case = CASES["atomic mutex"]
    verdicts = k_induction(case.system, case.wanted, Budget(seconds=0.0), ignore).verdicts
    assert set(verdicts.values()) == {Unknown(Reason.TIME, -1)}


def test_an_interrupt_in_the_induction_step_keeps_what_is_known() -> None:
    case = CASES["atomic mutex"]
    told: list[Progress] = []

    def listener(progress: Progress) -> None:
        told.append(progress)
        if len(told) > 3:  # the base case goes through runs of 0, 1 and 2 steps
            raise KeyboardInterrupt

    verdicts = k_induction(case.system, case.wanted, Budget(), listener).verdicts
    assert isinstance(verdicts["Critical"], Reached)
    assert {v for n, v in verdicts.items() if n != "Critical"} == {Unknown(Reason.INTERRUPTED, 2)}
