"""On systems that nobody thought of, all that the search finds is accepted, and nothing that it refutes can be proved."""

from __future__ import annotations

from hypothesis import HealthCheck, assume, given, settings

from generate_systems import systems
from pluscheck.base.errors import SpecError
from pluscheck.certify.reachable import NotJudged, ReachableSetJudge, Refuted, Shown
from pluscheck.certify.replay import Rejection, Replay, replay
from pluscheck.core.system import DEADLOCK, FAULTS, TransitionSystem
from pluscheck.engines.exhaustive import exhaustive
from pluscheck.engines.interface import Budget, Findings, ignore
from pluscheck.evidence.verdict import Proved, ReachableSet, Reached, Violated


def _searched(system: TransitionSystem, **budget: int) -> Findings:
    wanted = frozenset({DEADLOCK, FAULTS, *(claim.name for claim in system.properties)})
    try:
        return exhaustive(system, wanted, Budget(**budget), ignore)
    except SpecError:  # nothing is initial, or something too large
        assume(False)
        raise


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(systems())
def test_every_trace_of_the_search_is_replayed_and_none_without_its_last_step(system: TransitionSystem) -> None:
    findings = _searched(system, depth=2, states=1000)
    traces = [(name, v.trace) for name, v in findings.verdicts.items() if isinstance(v, Violated | Reached)]
    traces += [(FAULTS, v.trace) for v in findings.faults.values() if isinstance(v, Violated)]
    for name, trace in traces:
        run = replay(system, trace, name)
        assert isinstance(run, Replay)
        assert run.states == trace.states
        for other in {name for name, _ in traces} - {name}:
            shorter = all(t.length > trace.length for n, t in traces if n == other)
            assert not shorter or isinstance(replay(system, trace, other), Rejection)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(systems())
def test_the_solver_confirms_each_proof_of_the_search_and_refutes_all_else(system: TransitionSystem) -> None:
    findings = _searched(system, states=60)
    assume(findings.complete)
    reachable = _reachable(findings)
    judge = ReachableSetJudge(system, reachable, seconds=60)
    for name, verdict in findings.verdicts.items():
        opinion = judge.opinion(name)
        assert isinstance(opinion, Shown if isinstance(verdict, Proved) else Refuted | NotJudged)
    for state in list(reachable.states)[:3]:
        smaller = ReachableSetJudge(system, ReachableSet(reachable.states - {state}, 0), seconds=60)
        assert not any(isinstance(smaller.opinion(name), Shown) for name in findings.verdicts)


def _reachable(findings: Findings) -> ReachableSet:
    """Return the set of all reachable states, if there is a proof that carries it."""
    for verdict in findings.verdicts.values():
        if isinstance(verdict, Proved):
            return verdict.certificate
    assume(False)
    raise AssertionError
