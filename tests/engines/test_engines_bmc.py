"""The bounded checker finds what the exhaustive search finds, as soon as it does."""

from __future__ import annotations

import pytest

from pluscheck.core.semantics import Broken, Taken, initial_states, outcomes, steps
from pluscheck.core.system import FAULTS, TransitionSystem
from pluscheck.engines.bmc import bmc
from pluscheck.engines.exhaustive import exhaustive
from pluscheck.engines.interface import Budget, ignore
from pluscheck.evidence.trace import Trace
from pluscheck.evidence.verdict import Bounded, Reached, Verdict, Violated
from systems import CASES, Case

DEPTH = 8


def found_after(verdict: Verdict) -> int | None:
    """The length of the verdict's trace, None if it has none."""
    return verdict.trace.length if isinstance(verdict, (Violated, Reached)) else None


def assert_is_run(system: TransitionSystem, trace: Trace) -> None:
    """The reference semantics takes the trace's steps, with these arguments, and faults where it says."""
    if trace.states:
        assert trace.states[0] in set(initial_states(system))
    for before, step, after in zip(trace.states, trace.steps, trace.states[1:], strict=False):
        action = next(a for a in system.actions if (a.name, a.variant) == (step.action, step.variant))
        assert Taken(action, step.arguments, after) in outcomes(system, action, before)
    if trace.faulting is not None:
        broken = [o for o in steps(system, trace.states[-1]) if isinstance(o, Broken)]
        assert (trace.faulting.action, trace.faulting.arguments, trace.fault) in [
            (b.action.name, b.arguments, b.site) for b in broken
        ]


@pytest.mark.parametrize("name", CASES)
def test_bounded_and_exhaustive_search_agree(name: str) -> None:
    case: Case = CASES[name]
    found = bmc(case.system, case.wanted, Budget(depth=DEPTH), ignore)
    other = exhaustive(case.system, case.wanted, Budget(depth=DEPTH), ignore)
    assert {p: found_after(v) for p, v in found.verdicts.items()} == {
        p: found_after(v) for p, v in other.verdicts.items()
    }
    assert {s: found_after(v) for s, v in found.faults.items()} == {s: found_after(v) for s, v in other.faults.items()}
    assert found.first_taken == other.first_taken
    assert found.labels == other.labels
    assert found.depth == DEPTH
    for verdict in [*found.verdicts.values(), *found.faults.values()]:
        if isinstance(verdict, (Violated, Reached)):
            assert_is_run(case.system, verdict.trace)


@pytest.mark.parametrize("name", CASES)
def test_the_same_input_gives_the_same_findings(name: str) -> None:
    case: Case = CASES[name]
    first, second = (bmc(case.system, case.wanted, Budget(depth=5), ignore) for _ in range(2))
    assert (first.verdicts, first.faults) == (second.verdicts, second.faults)


def test_a_run_that_cannot_go_on_covers_everything() -> None:
    case = CASES["one order"]
    found = bmc(case.system, case.wanted, Budget(depth=20), ignore)
    assert found.complete
    assert found.depth == 20
    assert found.verdicts[FAULTS] == Bounded(20)
