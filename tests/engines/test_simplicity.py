"""Traces are the simplest of the shortest: held to going through all runs of their length."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, assume, given, reject, settings

from generate_systems import systems
from lowering import system_of
from pluscheck.base.errors import SpecError
from pluscheck.certify.replay import Replay, replay
from pluscheck.core.evaluator import Fault
from pluscheck.core.semantics import FaultyStart, Taken, holds, initial_states, is_deadlock, property_named, steps
from pluscheck.core.system import DEADLOCK, FAULTS, PropertyKind, State, TransitionSystem
from pluscheck.core.values import Value, show
from pluscheck.engines.bmc import bmc
from pluscheck.engines.exhaustive import exhaustive
from pluscheck.engines.interface import Budget, Engine, ignore
from pluscheck.engines.simplicity import simplified
from pluscheck.evidence.trace import Trace
from pluscheck.evidence.verdict import Reached, Violated
from pluscheck.ground.ground import GroundSystem, ground
from systems import CASES

MOST = 4_000
"""So many runs are gone through."""

Actor = tuple[str, Value | None]
Way = tuple[tuple[State, ...], tuple[Actor, ...]]


class _TooManyError(Exception):
    """There are more runs than are gone through."""


def ways(system: TransitionSystem, length: int) -> Iterator[Way]:
    """Yield all runs of so many steps: their states, and who takes each step."""
    pending: list[Way] = [((s,), ()) for s in initial_states(system) if not isinstance(s, FaultyStart)]
    for done in range(MOST):
        if not pending:
            return
        states, actors = pending.pop()
        if len(actors) == length:
            yield states, actors
            continue
        for outcome in steps(system, states[-1]):
            if isinstance(outcome, Taken):
                action = outcome.action
                own = dict(outcome.arguments).get(action.self_name) if action.self_name else None
                pending.append(((*states, outcome.target), (*actors, (action.process or action.name, own))))
        assert done < MOST
    raise _TooManyError


def ends_in(system: TransitionSystem, name: str) -> Callable[[tuple[State, ...]], bool]:
    """Return what says whether a run ends in a violation (of a witness: reaches it)."""

    def tells(states: tuple[State, ...]) -> bool:
        if name == DEADLOCK:
            return is_deadlock(system, states[-1])
        claim = property_named(system, name)
        try:
            if claim.kind is PropertyKind.TRANSITION:
                return len(states) > 1 and not holds(system, claim, states[-2], states[-1])
            return holds(system, claim, states[-1]) == (claim.kind is PropertyKind.WITNESS)
        except Fault:
            return False

    return tells


def cost(grounded: GroundSystem, states: tuple[State, ...], actors: tuple[Actor, ...]) -> tuple[int, int]:
    """Return how often another acts than before, and how many scalars ever change."""
    switches = sum(a != b for a, b in pairwise(actors))
    scalars = [grounded.layout.encode(state) for state in states]
    pairs = list(pairwise(scalars))
    return switches, sum(any(a[i] != b[i] for a, b in pairs) for i in range(len(grounded.leaves)))


def actors_of(trace: Trace, system: TransitionSystem) -> tuple[Actor, ...]:
    """Return who takes each step of a trace."""
    actions = {(action.name, action.variant): action for action in system.actions}
    found: list[Actor] = []
    for step in trace.steps:
        action = actions[step.action, step.variant]
        own = dict(step.arguments).get(action.self_name) if action.self_name else None
        found.append((action.process or action.name, own))
    return tuple(found)


def found_by(engine: Engine, system: TransitionSystem, depth: int) -> dict[str, Trace]:
    """Return the traces that an engine finds."""
    wanted = frozenset({*[p.name for p in system.properties], DEADLOCK})
    verdicts = engine(system, wanted, Budget(depth=depth, states=500), ignore).verdicts
    return {n: v.trace for n, v in verdicts.items() if isinstance(v, Violated | Reached) and n != FAULTS}


def hold_to_all_runs(system: TransitionSystem, traces: dict[str, Trace]) -> int:
    """Hold traces to all runs of their lengths; return how many there were to do better than."""
    grounded = ground(system)
    compared = 0
    for name, trace in traces.items():
        assert isinstance(replay(system, trace, name), Replay)
        tells = ends_in(system, name)
        try:
            costs = [cost(grounded, s, a) for s, a in ways(system, trace.length) if tells(s)]
        except _TooManyError:
            continue
        assert cost(grounded, trace.states, actors_of(trace, system)) == min(costs)
        compared += len(set(costs)) > 1
    return compared


@pytest.mark.parametrize("name", CASES)
def test_no_run_of_that_length_is_simpler(name: str) -> None:
    system = CASES[name].system
    by_search, by_states = found_by(bmc, system, 6), found_by(exhaustive, system, 6)
    hold_to_all_runs(system, by_search)
    made_simple = simplified(system, by_states, seconds=None)
    hold_to_all_runs(system, made_simple)
    assert {n: t.length for n, t in made_simple.items()} == {n: t.length for n, t in by_states.items()}


WALKERS = r"""
sort P
var seen : SUBSET P = {}
var coin : 0..3
process Walker(self \in P)
  var noise : 0..1 = 0;
{
  A: noise := 1 - noise;
  B: with (c \in 0..2) { coin := c; };
  C: either { noise := 0; } or { noise := 1; };
     seen := seen \cup {self};
}
witness All == \A p \in P : p \in seen
witness First == seen # {}
model m { scope P = 2; }
"""


def test_of_many_runs_one_is_simple() -> None:
    system = system_of(WALKERS)
    for traces in (found_by(bmc, system, 8), simplified(system, found_by(exhaustive, system, 8), seconds=None)):
        assert hold_to_all_runs(system, {"First": traces["First"]}) == 1
        trace = traces["All"]
        switches, changes = cost(ground(system), trace.states, actors_of(trace, system))
        assert switches == 1
        assert changes == 6  # two of `pc`, `noise` and `seen` each; the coin stays as it is
        coins = [dict(zip([v.name for v in system.variables], state, strict=True))["coin"] for state in trace.states]
        assert set(coins) == {0}
        assert [show(value) for _, value in actors_of(trace, system) if value is not None] == ["P1"] * 3 + ["P2"] * 3


GONE = """
enum Colour == { red, green, blue }
var told : Seq(Colour, 2) = <<red, red>>
var x : 0..3 = 0
var y : 0..3 = 0
action Count { x := 1; y := 1; }
action Forget { told := <<>>; }
witness Something == x = 1 \\/ told = <<>>
model m { }
"""


def test_items_that_are_gone_have_not_changed() -> None:
    system = system_of(GONE)
    for traces in (found_by(bmc, system, 2), simplified(system, found_by(exhaustive, system, 2), seconds=None)):
        assert hold_to_all_runs(system, traces) == 1
        assert [step.action for step in traces["Something"].steps] == ["Forget"]


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(systems())
def test_no_run_of_a_random_system_is_simpler(system: TransitionSystem) -> None:
    traces = found_by(exhaustive, system, 3)
    assume(any(trace.length for trace in traces.values()))
    try:
        made_simple = simplified(system, traces, seconds=None)
    except SpecError:  # too large to be unfolded
        reject()
    hold_to_all_runs(system, made_simple)


def test_values_that_come_first_are_preferred() -> None:
    system = CASES["gatherers"].system
    trace = found_by(bmc, system, 6)["NeverTwo"]
    scalars = ground(system).layout.encode(trace.states[0])
    others = [s for s, a in ways(system, trace.length) if ends_in(system, "NeverTwo")(s)]
    least = cost(ground(system), trace.states, actors_of(trace, system))
    alike = [s for s, a in ways(system, trace.length) if s in others and cost(ground(system), s, a) == least]
    assert scalars == min(ground(system).layout.encode(states[0]) for states in alike)
